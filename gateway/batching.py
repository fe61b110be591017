"""Lookups of many askers as few tasks: identical ones are asked once, what arrives meanwhile is the next batch.

Owns the misses that wait, the batches under way and their one repetition. At most one batch is being enqueued at any
time. The cache is filled here; what is said to whom is decided by `lookups`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import msgspec
import structlog
from nats.aio.msg import Msg

from centralcloud_client.messages.replies import Source
from centralcloud_client.wire import WireError
from gateway import metrics
from gateway.answers import Answer, WorkersReply, decode_workers_reply, from_worker
from gateway.asked_names import AskedName
from gateway.inbox import Inbox
from gateway.knowledge_cache import KnowledgeCache
from gateway.lean_sender import LeanSender
from gateway.recent_changes import Key
from gateway.request import Request
from gateway.responder import unavailable
from gateway.task_sender import BrokerDownError
from tasks import names

MAX_NAMES: Final = 256
#: While a batch younger than this is unanswered, what arrives waits to be the next: the larger the batches, the less
#: each name costs. A slower answer holds nobody back.
_HOLD_SECONDS: Final = 0.05
#: So many names go beside one young batch: while the worker reads the one, the gateway is busy with the other.
_ENOUGH_BESIDE_ONE: Final = 64
_MAX_OUTSTANDING: Final = 32
_AGAIN_SECONDS: Final = 0.5
#: After this long a batch no longer holds back the next, nor newcomers who ask the same.
_LOST_SECONDS: Final = 1.5
#: A batch is forgotten when its last asker has surely been answered otherwise.
_FORGET_SECONDS: Final = 130.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Miss:
    """One name that is being looked up, and who wants to know."""

    key: Key
    asked: str
    waiting: list["Waiting"] = field(default_factory=list)
    #: Whether it was asked again because the first answer was out of date when it came.
    repeated: bool = False


@dataclass(slots=True, eq=False)
class Waiting:
    """One asker of a name."""

    request: Request
    asked: AskedName
    #: Where the next answer comes from, in the words of the reply.
    source: Source = "store"
    #: Monotonic seconds before which the next answer was not looked up; 0: when it was asked.
    since: float = 0.0


@dataclass(slots=True, eq=False)
class _Batch:
    misses: list[Miss]
    generation: int
    reply_to: str
    began: float
    again: asyncio.TimerHandle | None = None


Tell = Callable[[Waiting, Answer, str, int], Awaitable[None]]
Refuse = Callable[[Request, WireError], Awaitable[None]]


class LookupBatcher:
    """Turns misses into `lookup_many` tasks and their answers into calls of `tell`."""

    def __init__(
        self,
        sender: LeanSender,
        inbox: Inbox,
        cache: KnowledgeCache,
        *,
        tell: Tell,
        refuse: Refuse,
        absent_reason: str,
    ) -> None:
        self._sender = sender
        self._inbox = inbox
        self._cache = cache
        self._tell = tell
        self._refuse = refuse
        self._absent_reason = absent_reason
        self._next: dict[Key, Miss] = {}
        self._under_way: dict[Key, tuple[Miss, _Batch]] = {}
        self._batches: dict[str, _Batch] = {}
        #: A task nobody holds may vanish.
        self._repeating: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def ask(self, key: Key, asked: str, waiting: Waiting) -> None:
        """Look a name up for one asker, together with whoever asks the same."""
        miss = self._next.get(key)
        if miss is None:
            miss = self._join(key)
        if miss is None:
            miss = self._next[key] = Miss(key, asked)
            self._wake.set()
        miss.waiting.append(waiting)

    def _join(self, key: Key) -> Miss | None:
        """Return the miss already under way, unless its batch seems lost: then its askers move to a new one."""
        under_way = self._under_way.get(key)
        if under_way is None:
            return None
        miss, batch = under_way
        if time.monotonic() - batch.began < _LOST_SECONDS:
            return miss
        fresh = self._next[key] = Miss(key, miss.asked, miss.waiting)
        miss.waiting = []
        self._wake.set()
        return fresh

    async def run(self) -> None:
        """Enqueue batch after batch, until cancelled."""
        while True:
            await self._wake.wait()
            if not self._next:
                self._wake.clear()
            elif self._may_send():
                await self._send_next()
            else:
                self._wake.clear()

    def _may_send(self) -> bool:
        now = time.monotonic()
        ages = [now - batch.began for batch in self._batches.values()]
        if sum(1 for age in ages if age < _LOST_SECONDS) >= _MAX_OUTSTANDING:
            return False
        held_back_by = sum(1 for age in ages if age < _HOLD_SECONDS)
        return not held_back_by or len(self._next) >= (_ENOUGH_BESIDE_ONE if held_back_by == 1 else MAX_NAMES)

    async def _send_next(self) -> None:
        keys = list(self._next)[:MAX_NAMES]
        misses = [self._next.pop(key) for key in keys]
        batch = _Batch(misses, self._cache.generation, "", time.monotonic())
        batch.reply_to = self._inbox.expect(partial(self._answered, batch))
        self._batches[batch.reply_to] = batch
        for miss in misses:
            self._under_way[miss.key] = (miss, batch)
        metrics.BATCH_NAMES.observe(len(misses))
        try:
            await self._enqueue(batch)
        except BrokerDownError as error:
            self._forget(batch)
            await self._refuse_all(batch, unavailable(str(error)))
            return
        loop = asyncio.get_running_loop()
        if batch.reply_to in self._batches:
            batch.again = loop.call_later(_HOLD_SECONDS, self._slow, batch)

    async def _enqueue(self, batch: _Batch) -> None:
        live = [waiting.request for miss in batch.misses for waiting in miss.waiting if not waiting.request.answered]
        if not live:
            return
        latest = max(live, key=lambda request: request.due)
        kwargs: dict[str, Any] = {
            "names": [list(miss.key) for miss in batch.misses],
            "asked": [miss.asked for miss in batch.misses],
            "reply_to": batch.reply_to,
            "deadline": latest.due_at(),
        }
        instances = {
            str(place): instance
            for place, miss in enumerate(batch.misses)
            if miss.waiting and miss.waiting[0].request.headers and (instance := miss.waiting[0].request.instance)
        }
        if instances:
            kwargs["instances"] = instances
        await self._sender.send(names.LOOKUP_MANY, kwargs, expires=latest.left(), trace=live[0].trace)

    def _slow(self, batch: _Batch) -> None:
        """Let the next batch go, and wait on."""
        self._wake.set()
        batch.again = asyncio.get_running_loop().call_later(_AGAIN_SECONDS - _HOLD_SECONDS, self._unanswered, batch)

    def _unanswered(self, batch: _Batch) -> None:
        """Enqueue it once more: Redis may have lost it, or the worker died with it."""
        loop = asyncio.get_running_loop()
        metrics.BATCH_RETRIES.inc()
        batch.again = loop.call_later(_LOST_SECONDS - _AGAIN_SECONDS, self._lost, batch)
        task = loop.create_task(self._enqueue_again(batch))
        self._repeating.add(task)
        task.add_done_callback(self._repeating.discard)

    async def _enqueue_again(self, batch: _Batch) -> None:
        try:
            await self._enqueue(batch)
        except BrokerDownError:
            # The first one may still be answered; otherwise the deadline speaks.
            return

    def _lost(self, batch: _Batch) -> None:
        """Let the next batch go; a late answer is still welcome."""
        self._wake.set()
        batch.again = asyncio.get_running_loop().call_later(_FORGET_SECONDS, self._forget, batch)

    def _forget(self, batch: _Batch) -> None:
        self._inbox.forget(batch.reply_to)
        self._batches.pop(batch.reply_to, None)
        if batch.again is not None:
            batch.again.cancel()
        for miss in batch.misses:
            under_way = self._under_way.get(miss.key)
            if under_way is not None and under_way[0] is miss:
                del self._under_way[miss.key]
        self._wake.set()

    async def _answered(self, batch: _Batch, message: Msg) -> None:
        self._forget(batch)
        try:
            said = decode_workers_reply(message.data)
        except msgspec.DecodeError as error:
            _log.error("a worker's answer could not be read", error=str(error))
            await self._refuse_all(batch, unavailable("the answer of the worker could not be read"))
            return
        if said.error is not None:
            error_code = WireError(said.error.code, said.error.message, retryable=said.error.retryable)
            await self._refuse_all(batch, error_code)
        elif len(said.answers) != len(batch.misses):
            _log.error("a worker answered another number of names", asked=len(batch.misses), got=len(said.answers))
            await self._refuse_all(batch, unavailable("the answer of the worker was incomplete"))
        else:
            await self._pass_on(batch, said)

    async def _pass_on(self, batch: _Batch, said: WorkersReply) -> None:
        for miss, workers_answer in zip(batch.misses, said.answers, strict=True):
            try:
                answer = from_worker(workers_answer, self._absent_reason)
            except WireError as error:
                await self._refuse_miss(miss, error)
                continue
            if not miss.repeated and self._cache.is_stale(miss.key, answer, said.as_of):
                self._ask_again(miss)
                continue
            self._cache.keep(miss.key, answer, epoch=said.epoch, as_of=said.as_of, generation=batch.generation)
            for waiting in miss.waiting:
                await self._tell(waiting, answer, said.epoch, said.as_of)

    def _ask_again(self, miss: Miss) -> None:
        """Look it up once more: somebody may already have seen the change that this answer lacks."""
        already = self._next.get(miss.key)
        if already is not None:
            already.waiting.extend(miss.waiting)
        else:
            self._next[miss.key] = Miss(miss.key, miss.asked, miss.waiting, repeated=True)
        self._wake.set()

    async def _refuse_all(self, batch: _Batch, error: WireError) -> None:
        for miss in batch.misses:
            await self._refuse_miss(miss, error)

    async def _refuse_miss(self, miss: Miss, error: WireError) -> None:
        for waiting in miss.waiting:
            await self._refuse(waiting.request, error)
