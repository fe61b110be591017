"""Send Celery tasks by name from threads of their own, so that Redis never blocks the event loop.

Owns the producer-only Celery app, the lanes (one thread each) and the breaker they share. Knows task names, no body.
Downstream: the queues in Redis; what a task means is its caller's business.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from gateway.breaker import Breaker, State
from tasks.names import ROUTES

#: Seconds for a broker that accepts and does not answer. Short: askers are waiting.
_SOCKET_SECONDS = 1.0
#: A send that takes longer than this counts as a broker that hangs.
_STUCK_SECONDS = 0.7

_log = structlog.get_logger(__name__)


class BrokerDownError(Exception):
    """Redis does not take tasks at the moment."""


@dataclass(frozen=True, slots=True)
class _Send:
    name: str
    kwargs: Mapping[str, Any]
    expires: float
    trace: str
    future: "asyncio.Future[None]"
    loop: asyncio.AbstractEventLoop


def producer_app() -> Celery:
    """Return a Celery app that sends by name and runs nothing."""
    app = Celery("gateway", set_as_current=False)
    app.config_from_object("celeryconfig")
    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        "socket_timeout": _SOCKET_SECONDS,
        "socket_connect_timeout": _SOCKET_SECONDS,
        # One connection attempt, no waiting: the breaker decides about the next.
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
    }
    return app


class TaskSender:
    """One lane into the queues: a thread that sends what it is given, in order.

    The lookups and the learns have a lane each, so that a megabyte of learns delays no lookup.
    """

    def __init__(self, app: Celery, breaker: Breaker, name: str) -> None:
        self._app = app
        self._breaker = breaker
        self._work: queue.SimpleQueue[_Send | None] = queue.SimpleQueue()
        self._busy_since = 0.0
        self._thread = threading.Thread(target=self._run, name=f"send-{name}", daemon=True)
        self._thread.start()

    @property
    def available(self) -> bool:
        """Whether Redis took the last tasks, and takes the current one without hanging."""
        return self._breaker.state is State.CLOSED and not self._stuck()

    async def send(self, name: str, kwargs: Mapping[str, Any], *, expires: float, trace: str) -> None:
        """Enqueue one task that is worthless after `expires` seconds; raises BrokerDownError."""
        if self._stuck() or not self._breaker.may_pass():
            raise BrokerDownError("the task broker is not reachable")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._work.put(_Send(name, kwargs, expires, trace, future, loop))
        try:
            await future
        except (OperationalError, OSError) as error:
            self._note_failure(error)
            raise BrokerDownError(str(error)) from None
        except asyncio.CancelledError:
            # Unknown outcome: a trial must not leave the breaker half-open for ever.
            self._breaker.failed()
            raise
        except Exception:
            self._breaker.succeeded()
            raise
        if self._breaker.state is not State.CLOSED:
            _log.info("the task broker takes tasks again")
        self._breaker.succeeded()

    def close(self) -> None:
        """Let the thread end when it has sent what it was given; a hanging one is left behind."""
        self._work.put(None)
        self._thread.join(_SOCKET_SECONDS)

    def _note_failure(self, error: Exception) -> None:
        was = self._breaker.state
        self._breaker.failed()
        if was is State.CLOSED and self._breaker.state is State.OPEN:
            _log.warning("the task broker is not reachable", error=str(error))

    def _stuck(self) -> bool:
        since = self._busy_since
        return since > 0 and time.monotonic() - since > _STUCK_SECONDS

    def _run(self) -> None:
        while (send := self._work.get()) is not None:
            error: Exception | None = None
            self._busy_since = time.monotonic()
            try:
                self._publish(send)
            except Exception as failure:  # noqa: BLE001 - it belongs to the one who waits
                error = failure
            self._busy_since = 0.0
            # The loop may be gone when the process ends.
            with suppress(RuntimeError):
                send.loop.call_soon_threadsafe(_settle, send.future, error)

    def _publish(self, send: _Send) -> None:
        self._app.send_task(
            send.name,
            kwargs=dict(send.kwargs),
            queue=ROUTES[send.name],
            expires=max(0.1, send.expires),
            # Events and Flower would print them.
            argsrepr="",
            kwargsrepr="",
            headers={"trace": send.trace, "sent_at": time.time()},
            retry=False,
            ignore_result=True,
        )


def _settle(future: "asyncio.Future[None]", error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
