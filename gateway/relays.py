"""Requests that a worker answers completely: enqueue, wait, hand its bytes on unchanged.

Owns the way there and back. What the bytes say is the worker's; validation came before, in `handlers`.
"""

import asyncio
from functools import partial
from typing import Any

import msgspec
import structlog
from nats.aio.msg import Msg

from centralcloud_client import headers
from centralcloud_client.wire import MAX_REPLY_BYTES, WireError
from gateway.inbox import Inbox
from gateway.request import Request
from gateway.responder import Responder, outcome_of, unavailable
from gateway.task_sender import BrokerDownError, TaskSender

_log = structlog.get_logger(__name__)


class Relays:
    """Passes requests to queues and workers' replies to askers."""

    def __init__(self, sender: TaskSender, inbox: Inbox, responder: Responder) -> None:
        self._sender = sender
        self._inbox = inbox
        self._responder = responder
        #: A task nobody holds may vanish.
        self._sending: set[asyncio.Task[None]] = set()

    def pass_on(self, request: Request, task: str, kwargs: dict[str, Any], size: int = 0) -> None:
        """Enqueue a task that answers the request, without waiting for it; raises WireError when too much waits.

        `size` is what the kwargs hold, in bytes, roughly.
        """
        self._responder.admit(request, size)
        reply_to = self._inbox.expect(partial(self._answered, request))
        request.forget = partial(self._inbox.forget, reply_to)
        message = {**kwargs, "reply_to": reply_to, "deadline": request.due_at()}
        sending = asyncio.get_running_loop().create_task(self._send(request, task, message))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _send(self, request: Request, task: str, message: dict[str, Any]) -> None:
        try:
            await self._sender.send(task, message, expires=request.left(), trace=request.trace)
        except BrokerDownError as error:
            await self._responder.refuse(request, unavailable(str(error)))
        except Exception:  # noqa: BLE001 - silence is the one thing that must not be
            _log.exception("a task could not be sent", task=task, trace=request.trace)
            await self._responder.refuse(request, unavailable("the gateway failed; the error is in its log"))

    async def _answered(self, request: Request, message: Msg) -> None:
        if len(message.data) > MAX_REPLY_BYTES:
            error = WireError(
                "too_large", f"the answer has {len(message.data)} bytes, at most {MAX_REPLY_BYTES} go out"
            )
            await self._responder.refuse(request, error)
            return
        try:
            outcome = outcome_of(message.data)
        except msgspec.DecodeError:
            _log.error("a worker's reply is no JSON object", subject=request.subject, trace=request.trace)
            await self._responder.refuse(request, unavailable("the answer of the worker could not be read"))
            return
        said = message.headers or {}
        mirrored: dict[str, str] = {name: said[name] for name in (headers.ERROR_CODE, headers.ERROR) if name in said}
        await self._responder.answer(request, message.data, said.get(headers.ERROR_CODE, outcome), mirrored)
