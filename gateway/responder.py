"""Give each request exactly one answer before its deadline.

Owns the deadlines, the bound on what waits, and the reply on the wire. Where an answer comes from is not its concern.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from centralcloud_client import headers
from centralcloud_client.wire import WireError
from gateway import metrics
from gateway.request import Request

_SWEEP_SECONDS: Final = 0.02
_SWEEPS_PER_SECOND: Final = 50
#: Bounds on what may wait for workers in one gateway.
_MAX_WAITING: Final = 20_000
_MAX_WAITING_BYTES: Final = 256 * 1024 * 1024

_log = structlog.get_logger(__name__)


class Responder:
    """Answers requests, those that nobody answered in time included."""

    def __init__(self, nats: Client, tasks_flow: Callable[[], bool]) -> None:
        self._nats = nats
        #: Whether the broker takes tasks: decides what a missed deadline is called.
        self._tasks_flow = tasks_flow
        #: What is due, by the number of the sweep that comes next after it: cheaper than one order of all.
        self._due: dict[int, list[Request]] = {}
        self._swept = _sweep_of(time.monotonic())
        self.waiting = 0
        self._waiting_bytes = 0

    def admit(self, request: Request, size: int = 0) -> None:
        """Let a request wait until its deadline; raises WireError when too much waits or time is up.

        A second call for the same request adds `size` to what it holds.
        """
        if self.waiting >= _MAX_WAITING or self._waiting_bytes + size > _MAX_WAITING_BYTES:
            raise WireError("backpressure", "too many requests wait for an answer", retryable=True)
        if request.left() <= 0:
            raise self._too_late()
        self._waiting_bytes += size
        if request.waiting >= 0:
            request.waiting += size
            return
        request.waiting = size
        self.waiting += 1
        self._note_due(request)

    def remind(self, request: Request, due: float, late: Callable[[], Awaitable[None]]) -> None:
        """Let `late` answer a waiting request at `due` (monotonic seconds), unless it was answered or due before."""
        request.late = late
        if due < request.due:
            request.due = due
            self._note_due(request)

    async def answer(
        self, request: Request, data: bytes, outcome: str, more_headers: Mapping[str, str] | None = None
    ) -> None:
        """Send the one answer; a second one is dropped."""
        if request.answered:
            return
        request.answered = True
        if request.waiting >= 0:
            self.waiting -= 1
            self._waiting_bytes -= request.waiting
            if request.forget is not None:
                request.forget()
        request.endpoint.note(time.monotonic() - request.received, outcome)
        try:
            await self._nats.publish(request.reply, data, headers=dict(more_headers) if more_headers else None)
        except (NatsError, ValueError) as error:
            # The asker asks again when the connection is back.
            _log.warning("an answer could not be sent", subject=request.subject, error=repr(error))

    async def refuse(self, request: Request, error: WireError) -> None:
        """Send an error as the one answer."""
        request.endpoint.last_error = error.message
        await self.answer(request, error.reply(), error.code, error_headers(error.code, error.message))

    async def run(self) -> None:
        """Answer those whose time is up, until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            metrics.IN_FLIGHT.set(self.waiting)
            reached = _sweep_of(time.monotonic())
            while self._swept < reached:
                for request in self._due.pop(self._swept, ()):
                    if not request.answered:
                        await self._when_due(request)
                self._swept += 1

    async def _when_due(self, request: Request) -> None:
        if request.due > time.monotonic():
            self._note_due(request)
        elif request.late is not None:
            await request.late()
        else:
            await self.refuse(request, self._too_late())

    def _note_due(self, request: Request) -> None:
        # Never in a sweep that was: there it would lie for ever.
        self._due.setdefault(max(_sweep_of(request.due), self._swept + 1), []).append(request)

    async def finish(self, seconds: float) -> None:
        """Wait for what is in flight, then tell the rest that this gateway leaves."""
        until = time.monotonic() + seconds
        while self.waiting and time.monotonic() < until:  # noqa: ASYNC110 - once in a life
            await asyncio.sleep(_SWEEP_SECONDS)
        for request in [request for requests in self._due.values() for request in requests]:
            if request.late is not None and not request.answered:
                await request.late()
            await self.refuse(request, unavailable("this gateway is stopping; ask again"))

    def _too_late(self) -> WireError:
        if not self._tasks_flow():
            return unavailable("the task broker is not reachable")
        return WireError("deadline_exceeded", "no worker answered in time", retryable=True)


def _sweep_of(seconds: float) -> int:
    """Return the number of the sweep before which a time of the monotonic clock has surely passed."""
    return int(seconds * _SWEEPS_PER_SECOND) + 1


def unavailable(message: str) -> WireError:
    """Return the error for what may work again in a moment."""
    return WireError("unavailable", message, retryable=True)


def error_headers(code: str, message: str) -> dict[str, str]:
    """Return the headers that mirror an error."""
    plain = message.encode("ascii", "replace").decode()
    return {headers.ERROR_CODE: code, headers.ERROR: "".join(c if " " <= c <= "~" else " " for c in plain)[:500]}


class _Outcome(msgspec.Struct):
    ok: bool = True
    status: str = "ok"


_outcome: Final = msgspec.json.Decoder(_Outcome)


def outcome_of(reply: bytes) -> str:
    """Return what a worker's complete reply amounts to, for the metrics; raises msgspec.DecodeError."""
    said = _outcome.decode(reply)
    return said.status if said.ok else "error"
