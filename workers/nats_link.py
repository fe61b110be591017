"""One NATS connection for a process of threads, on an event loop in a thread of its own.

Owns connecting and reconnecting for ever. Nothing is buffered while NATS is away: what could not be sent is lost, and
whoever needs more (learn acks, the feed) is built to repeat.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

import nats
import structlog
import uvloop
from nats.aio.client import Client
from nats.errors import Error as NatsError

_log = structlog.get_logger(__name__)
_RETRY_SECONDS: Final = 0.5

T = TypeVar("T")


class NatsLink:
    """A connection that threads may share; made after any fork, never before."""

    def __init__(self, url: str, *, user: str | None, password: str | None, name: str) -> None:
        self._options: dict[str, Any] = {
            "servers": [url],
            "name": name,
            # What JetStream answers us is nothing for instances, who may listen to `_INBOX.>`.
            "inbox_prefix": "_CENTRE",
            "connect_timeout": 2,
            "reconnect_time_wait": _RETRY_SECONDS,
            "max_reconnect_attempts": -1,
            "ping_interval": 5,
            "max_outstanding_pings": 2,
            "pending_size": 0,
            "error_cb": self._on_error,
        }
        if password is not None:
            self._options |= {"user": user, "password": password}
        self._loop = uvloop.new_event_loop()
        self._client = Client()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="nats", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether the connection stands right now."""
        return self._client.is_connected

    def publish(self, subject: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Hand one message to the connection and return at once; lost when NATS is away."""
        self._soon(self._publish(subject, data, dict(headers) if headers else None))

    def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Hand over many messages (subject, data) in one step, in order."""
        self._soon(self._publish_all(list(messages)))

    def call(self, work: Callable[[Client], Awaitable[T]], seconds: float) -> T:
        """Run a coroutine on the connection and return its result; raise TimeoutError or what it raises.

        Raises ConnectionError before the first connection stands.
        """

        async def run() -> T:
            if not self._client.servers:
                raise ConnectionError("NATS has not answered yet")
            return await asyncio.wait_for(work(self._client), seconds)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(seconds + 1)

    def close(self) -> None:
        """Send what is pending and close, in two seconds at most."""
        self._closing = True

        async def shut() -> None:
            if self._client.is_connected:
                await self._client.flush(timeout=1)
            await self._client.close()

        try:
            asyncio.run_coroutine_threadsafe(asyncio.wait_for(shut(), 2), self._loop).result(3)
        except (TimeoutError, NatsError, OSError) as error:
            _log.warning("NATS connection did not close in order", error=str(error))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=1)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._connect())
        self._loop.run_forever()

    async def _connect(self) -> None:
        while not self._closing:
            try:
                self._client = await nats.connect(**self._options, allow_reconnect=True)
            except (NatsError, OSError, TimeoutError) as error:
                _log.warning("NATS does not answer, trying again", error=str(error) or type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _publish(self, subject: str, data: bytes, headers: dict[str, str] | None) -> None:
        await self._client.publish(subject, data, headers=headers)

    async def _publish_all(self, messages: list[tuple[str, bytes]]) -> None:
        for subject, data in messages:
            await self._client.publish(subject, data)

    def _soon(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).add_done_callback(_report)

    async def _on_error(self, error: Exception) -> None:
        _log.debug("NATS connection", error=str(error) or type(error).__name__)


def _report(done: "Future[None]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.warning("not published: NATS is away", error=str(error) or type(error).__name__)
