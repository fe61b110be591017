"""From the stream LEARN to the queue `learn`: fetch, batch, enqueue. The worker acknowledges, after its commit.

Owns the flow: full batches when workers are busy, small ones when they wait, none when the queue is long or Redis is
gone. A learn that got lost on the way comes again when its ack is overdue.
"""

import asyncio
import base64
import json
from collections import deque
from typing import Any, Final

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from gateway import metrics
from gateway.learn_pull import MAX_BYTES, MAX_MESSAGES, LearnPull, PullLostError
from gateway.learn_stream import ACK_WAIT, LearnStream
from gateway.queue_depths import QueueDepths
from gateway.request import trace_id, trace_of
from gateway.task_sender import BrokerDownError, TaskSender
from tasks.names import APPLY_LEARNS, ROUTES

_QUEUE: Final = ROUTES[APPLY_LEARNS]
#: Tasks in the queue from which on a batch waits a moment to become full, and from which on none is sent.
_BUSY_DEPTH: Final = 2
_LONG_DEPTH: Final = 50
_LINGER_SECONDS: Final = 0.04
_PAUSE_SECONDS: Final = 0.1
#: Learns held here at most; all of them would come again after a crash.
_BUFFER: Final = 4 * MAX_MESSAGES
_NAK_SECONDS: Final = 2
_NAK: Final = b"-NAK " + json.dumps({"delay": _NAK_SECONDS * 1_000_000_000}).encode()
_NAK_NOW: Final = b"-NAK"
_RETRY_SECONDS: Final = 0.5
_STOP_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class LearnIntake:
    """One gateway's share of the learns."""

    def __init__(self, nats: Client, stream: LearnStream, sender: TaskSender, depths: QueueDepths) -> None:
        self._nats = nats
        self._stream = stream
        self._sender = sender
        self._depths = depths
        self._pull = LearnPull(nats, self._receive)
        self._buffer: deque[Msg] = deque()
        self._arrived = asyncio.Event()
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._depth = 0
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin; stream and consumer are made as soon as the server can."""
        await self._pull.start()
        self._tasks = [asyncio.create_task(self._fetch()), asyncio.create_task(self._dispatch())]

    async def stop(self) -> None:
        """Fetch no more, and hand back what was not enqueued."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            # Never longer: the Redis client turns a cancellation into a timeout of its own now and then.
            await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)
        await self._hand_back_all(_NAK_NOW)

    async def _fetch(self) -> None:
        known = False
        while not self._stopping:
            try:
                if not known:
                    await self._stream.ensure()
                    known = True
                self._room.clear()
                if self._depth >= _LONG_DEPTH or len(self._buffer) >= _BUFFER:
                    await asyncio.wait_for(self._room.wait(), _PAUSE_SECONDS)
                else:
                    await self._pull.pull()
            except TimeoutError:
                continue
            except PullLostError as error:
                _log.warning("the learns cannot be fetched", error=str(error))
                known = False
                await asyncio.sleep(_RETRY_SECONDS)
            except NatsError as error:
                _log.info("the learns wait for nats", error=repr(error))
                known = False
                await asyncio.sleep(_RETRY_SECONDS)

    def _receive(self, message: Msg) -> None:
        self._buffer.append(message)
        self._arrived.set()
        if len(self._buffer) >= MAX_MESSAGES:
            self._full.set()

    async def _dispatch(self) -> None:
        while not self._stopping:
            await self._arrived.wait()
            try:
                self._depth = (await self._depths.of(_QUEUE))[0]
                if self._depth >= _LONG_DEPTH:
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                if self._depth >= _BUSY_DEPTH:
                    await self._linger()
                await self._enqueue(self._take())
            except BrokerDownError:
                await self._broker_down()
            except Exception:  # noqa: BLE001 - the learns come again; this loop must not end
                _log.exception("learns could not be enqueued")
                await asyncio.sleep(_RETRY_SECONDS)
            self._room.set()
            if not self._buffer:
                self._arrived.clear()

    async def _linger(self) -> None:
        """Wait a moment for a full batch: workers have enough to do meanwhile."""
        if len(self._buffer) >= MAX_MESSAGES:
            return
        self._full.clear()
        try:
            await asyncio.wait_for(self._full.wait(), _LINGER_SECONDS)
        except TimeoutError:
            return

    def _take(self) -> list[Msg]:
        batch: list[Msg] = []
        size = 0
        while self._buffer and len(batch) < MAX_MESSAGES:
            size += len(self._buffer[0].data)
            if batch and size > MAX_BYTES:
                break
            batch.append(self._buffer.popleft())
        return batch

    async def _enqueue(self, batch: list[Msg]) -> None:
        metrics.LEARNS.labels("fetched").inc(len(batch))
        metrics.LEARN_BATCH.observe(len(batch))
        rows = [_row(message) for message in batch]
        trace = _trace(batch)
        try:
            await self._sender.send(APPLY_LEARNS, {"messages": rows}, expires=ACK_WAIT, trace=trace)
        except BrokerDownError:
            await self._hand_back(batch, _NAK)
            raise
        metrics.LEARNS.labels("enqueued").inc(len(batch))
        # The places in the stream tie each learn to the trace of its batch, and that to the change it became.
        _log.info("learns handed on", trace=trace, learns=len(rows), stream_seqs=(rows[0][2], rows[-1][2]))

    async def _broker_down(self) -> None:
        """Give everything back, and fetch nothing until Redis answers again."""
        self._depth = _LONG_DEPTH
        while self._depth >= _LONG_DEPTH and not self._stopping:
            await self._hand_back_all(_NAK)
            await asyncio.sleep(_RETRY_SECONDS)
            try:
                self._depth = (await self._depths.of(_QUEUE))[0]
            except BrokerDownError:
                continue

    async def _hand_back_all(self, nak: bytes) -> None:
        messages = list(self._buffer)
        self._buffer.clear()
        await self._hand_back(messages, nak)

    async def _hand_back(self, messages: list[Msg], nak: bytes) -> None:
        try:
            for message in messages:
                await self._nats.publish(message.reply, nak)
        except NatsError as error:
            # They come again when their acks are overdue.
            _log.info("learns could not be handed back", error=repr(error))
            return
        metrics.LEARNS.labels("handed_back").inc(len(messages))


def _trace(batch: list[Msg]) -> str:
    """Return the id that follows a batch to the broadcast: a lone learn's own, where it came with one."""
    return trace_of(batch[0]) if len(batch) == 1 else trace_id(None)


def _row(message: Msg) -> list[Any]:
    """Return what `apply_learns` gets of a message: where to ack, subject, stream sequence, headers, data."""
    tokens = message.reply.split(".")
    # $JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>...; newer servers put domain and account before the stream.
    sequence = int(tokens[5] if len(tokens) == 9 else tokens[7])
    try:
        data: str | dict[str, str] = message.data.decode()
    except UnicodeDecodeError:
        data = {"b64": base64.b64encode(message.data).decode()}
    # Bytes that are no UTF-8 come out of the header parser as lone surrogates.
    headers = {name: value.encode(errors="replace").decode() for name, value in (message.headers or {}).items()}
    return [message.reply, message.subject, sequence, headers, data]
