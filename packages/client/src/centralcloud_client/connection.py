"""The connection to NATS: made in the background, remade forever, never waited for.

A lost connection is replaced by a new one instead of mended, so that nothing written before the loss is delivered
after it, and whoever waits for a reply hears of the loss at once. What is asked and followed belongs to `exchange` and
`feed`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from centralcloud_client.ending import end
from centralcloud_client.errors import ClientClosedError, NoAnswerError, UnreachableError
from centralcloud_client.options import Options

logger = logging.getLogger("centralcloud_client")

#: A stopped server is noticed after two missed pings.
PING_INTERVAL: Final = 5
MAX_OUTSTANDING_PINGS: Final = 2
_CONNECT_TIMEOUT: Final = 2
#: How often the state of the connection is looked at beside its own callbacks, which a stopped server can hold up.
_LOOK_SECONDS: Final = 1.0
#: How long the first call of a client waits for the first attempt to connect.
_FIRST_ATTEMPT_SECONDS: Final = 3.0

Handler = Callable[[Msg], Awaitable[None]]


class Connection:
    """One NATS connection at a time, for one event loop."""

    def __init__(self, options: Options, *, on_connected: Callable[[], None], on_lost: Callable[[], None]) -> None:
        self._options = options
        self._subscriptions: Mapping[str, Handler] = {}
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._client: Client | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._attempted = asyncio.Event()
        #: What waits for a reply on the present connection.
        self._asking: set[asyncio.Future[Msg]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False
        self.last_error: str | None = None

    def follow(self, subscriptions: Mapping[str, Handler]) -> None:
        """Subscribe on every new connection, before anything is asked on it."""
        self._subscriptions = subscriptions

    def start(self) -> None:
        """Begin to connect, in the background."""
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep(), name="centralcloud-connection")

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        return self._client is not None and self._client.is_connected

    @property
    def max_payload(self) -> int:
        """Bytes that NATS takes in one message, while connected."""
        return self._client.max_payload if self._client is not None else 0

    async def attempted(self) -> None:
        """Wait until the first attempt to connect has succeeded or failed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._attempted.wait(), _FIRST_ATTEMPT_SECONDS)

    async def request(self, subject: str, body: bytes, headers: dict[str, str] | None, seconds: float) -> Msg:
        """Send and wait for the reply; raises UnreachableError, at once when the connection is lost meanwhile.

        Also raises nats.errors.MaxPayloadError; past `seconds`, NoAnswerError; once closed, ClientClosedError.
        """
        self._require_open()
        client = self._client
        if client is None or not client.is_connected:
            raise UnreachableError(f"no connection to {self.server}: {self.last_error or 'not yet connected'}")
        asking = asyncio.ensure_future(client.request(subject, body, timeout=seconds, headers=headers))
        self._asking.add(asking)
        try:
            return await asking
        except asyncio.CancelledError:
            if self._client is client or _is_cancelled():
                raise
            self._require_open()
            raise UnreachableError(f"the connection to {self.server} was lost") from None
        except nats.errors.MaxPayloadError:
            raise
        except nats.errors.NoRespondersError as error:
            raise UnreachableError(f"nobody serves {subject}") from error
        except (nats.errors.TimeoutError, TimeoutError) as error:
            raise NoAnswerError(f"no answer from {subject} within {seconds:g} s") from error
        except (nats.errors.Error, OSError) as error:
            raise UnreachableError(f"{subject}: {error}") from error
        finally:
            self._asking.discard(asking)

    def _require_open(self) -> None:
        if self._closed:
            raise ClientClosedError("this client was closed")

    @property
    def server(self) -> str:
        """The servers' addresses, without credentials."""
        return ", ".join(server.rsplit("@", 1)[-1].removeprefix("nats://") for server in self._options.servers)

    async def close(self) -> None:
        """Stop connecting and close; whoever waits for a reply hears of it."""
        self._closed = True
        if self._keeper is not None:
            await end(self._keeper)
            self._keeper = None
        if self._closing:
            await asyncio.wait(self._closing, timeout=2.0)

    async def _keep(self) -> None:
        while True:
            client = Client()
            try:
                await self._connect(client)
                await self._until_lost(client)
            except asyncio.CancelledError:
                # Not as a task: a loop that ends would not wait for it.
                self._let_go()
                await _end(client)
                raise
            except Exception as error:  # noqa: BLE001  # nothing may end the connecting for good
                self._note(error)
            self._let_go()
            self._discard(client)
            await asyncio.sleep(self._options.reconnect_wait)

    def _let_go(self) -> None:
        """Tell everybody that there is no connection."""
        self._client = None
        self._lost.set()
        for asking in self._asking:
            asking.cancel()
        self._on_lost()

    async def _connect(self, client: Client) -> None:
        lost = asyncio.Event()

        async def closed() -> None:
            lost.set()

        await client.connect(
            servers=list(self._options.servers),
            name="centralcloud-client",
            error_cb=self._error,
            closed_cb=closed,
            user=self._options.user,
            password=self._options.password,
            token=self._options.token,
            allow_reconnect=False,
            max_reconnect_attempts=-1,
            reconnect_time_wait=self._options.reconnect_wait,  # type: ignore[arg-type]  # seconds; the library sleeps on it, fractions too
            connect_timeout=_CONNECT_TIMEOUT,
            ping_interval=PING_INTERVAL,
            max_outstanding_pings=MAX_OUTSTANDING_PINGS,
        )
        for subject, handler in self._subscriptions.items():
            await client.subscribe(subject, cb=handler)
        # The server has the subscriptions before anybody asks for what went before them.
        await client.flush(timeout=_CONNECT_TIMEOUT)
        self._lost = lost
        self._client = client
        self.last_error = None
        self._attempted.set()
        self._on_connected()

    async def _until_lost(self, client: Client) -> None:
        while client.is_connected and not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), _LOOK_SECONDS)

    def _discard(self, client: Client) -> None:
        task = asyncio.get_running_loop().create_task(_end(client))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _error(self, error: Exception) -> None:
        self._note(error)

    def _note(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        if text != self.last_error:
            logger.info("NATS at %s: %s", self.server, text)
        self.last_error = text
        self._attempted.set()


async def _end(client: Client) -> None:
    # A stopped server never takes what is left to flush: give up on a clean end. One that was never begun to connect
    # asserts that it was.
    with contextlib.suppress(TimeoutError, OSError, nats.errors.Error, AssertionError):
        await asyncio.wait_for(client.close(), 1.0)


def _is_cancelled() -> bool:
    """Whether the caller itself was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
