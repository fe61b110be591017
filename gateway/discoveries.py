"""Askers of names that are being found out: they wait here, in the gateway, until there is an outcome or time is up.

Owns who waits for which discovery and what they are told. An outcome comes on an internal subject, a pattern also by
the feed; either way the name is looked up again through the batcher. All of it is best effort: who hears nothing is
told `pending`, and asks again.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec
import structlog
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg

from centralcloud_client.messages.replies import Source
from centralcloud_client.subjects import DISCOVERIES
from gateway import metrics
from gateway.answers import Answer, Discovery, failed, pending, reply
from gateway.asked_names import AskedName
from gateway.batching import Waiting
from gateway.knowledge_cache import KnowledgeCache
from gateway.recent_changes import Key
from gateway.request import Request
from gateway.responder import Responder

#: Most askers that may wait in one gateway; who comes then is told `pending` at once.
_MOST_WAITING: Final = 5_000
#: Seconds in which what a worker said about a discovery is passed on without asking again.
_FRESH_SECONDS: Final = 2.0
#: Seconds for which an outcome is remembered, for answers that were read before it.
_REMEMBERED_SECONDS: Final = 10.0
#: Milliseconds after which it is worth asking again, when nobody knows better; and the least that is ever said.
_AGAIN_MS: Final = 2_000
_LEAST_AGAIN_MS: Final = 500
#: What is known without a model takes moments: so long an asker waits for that alone.
_WITHOUT_MODEL_MS: Final = 1_000

_log = structlog.get_logger(__name__)


class _Outcome(Struct):
    """What a worker tells of a discovery, as `services.discovery.outcomes` writes it."""

    type: str
    key: str
    id: str
    state: str
    reason: str = ""
    due_ms: int = 0


@dataclass(slots=True, eq=False)
class _Running:
    """One discovery as it was last heard of, and who waits for it."""

    answer: Answer
    epoch: str
    as_of: int
    told: float
    waiting: list[Waiting] = field(default_factory=list)


class Discoveries:
    """The discoveries that this gateway's askers wait for."""

    def __init__(
        self,
        nats: Client,
        responder: Responder,
        cache: KnowledgeCache,
        look_up: Callable[[Key, str, Waiting], None],
        *,
        absent_reason: str,
        enabled: bool,
    ) -> None:
        self._nats = nats
        self._responder = responder
        self._cache = cache
        self._look_up = look_up
        self._absent_reason = absent_reason
        self._enabled = enabled
        self._running: dict[Key, _Running] = {}
        #: When the last outcome of a name was heard, monotonic.
        self._heard: dict[Key, float] = {}
        self._waiting = 0
        self._generation = cache.generation
        self._decoder = msgspec.json.Decoder(_Outcome)

    def __contains__(self, key: Key) -> bool:
        return key in self._running

    async def start(self) -> None:
        """Listen for outcomes."""
        await self._nats.subscribe(DISCOVERIES, cb=self._on_outcome)

    async def run(self) -> None:
        """Look again after every doubt about the feed, and forget what nobody waits for, until cancelled."""
        while True:
            await asyncio.sleep(_FRESH_SECONDS / 2)
            if self._cache.generation != self._generation:
                self._generation = self._cache.generation
                self.changed(list(self._running))
            self._forget_old(time.monotonic())
            metrics.DISCOVERY_WAITING.set(self._waiting)

    async def joined(self, request: Request, asked: AskedName) -> bool:
        """Let an asker wait with the others, if the discovery of that name was heard of a moment ago."""
        running = self._running.get(asked.key)
        if running is None or time.monotonic() - running.told > _FRESH_SECONDS:
            return False
        waiting = Waiting(request, asked, source="cache")
        self._responder.admit(request)
        await self._wait_or_answer(running, waiting)
        return True

    async def take(self, waiting: Waiting, answer: Answer, epoch: str, as_of: int) -> None:
        """Take an asker whose name a worker says is being found out."""
        key = waiting.asked.key
        since = waiting.since or waiting.request.received
        if self._heard.get(key, 0.0) >= since:
            # The outcome overtook the answer, which was read before it.
            self._again(waiting)
            return
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = _Running(answer, epoch, as_of, 0.0)
        running.answer, running.epoch, running.as_of = answer, epoch, as_of
        running.told = time.monotonic()
        self._cache.forget_absent(key)
        await self._wait_or_answer(running, waiting)

    def changed(self, touched: Iterable[Key]) -> None:
        """Look up again what the feed says has changed."""
        for key in touched:
            running = self._running.pop(key, None)
            if running is not None:
                for waiting in self._released(running):
                    self._again(waiting)

    async def _wait_or_answer(self, running: _Running, waiting: Waiting) -> None:
        """Let an asker wait as long as it wants to, unless no outcome can come so soon."""
        request = waiting.request
        if request.answered:
            return
        patience = waiting.asked.wait_ms if self._enabled else min(waiting.asked.wait_ms, _WITHOUT_MODEL_MS)
        until = min(request.received + patience / 1000, request.due)
        left = until - time.monotonic()
        assert running.answer.discovery is not None
        if left <= 0 or running.answer.discovery.due_ms > left * 1000 or self._waiting >= _MOST_WAITING:
            await self._give_up(running, waiting, waiting.source)
            return
        running.waiting.append(waiting)
        self._waiting += 1
        self._responder.remind(request, until, partial(self._give_up, running, waiting, "discovery"))

    async def _give_up(self, running: _Running, waiting: Waiting, source: Source) -> None:
        """Tell that it runs; where no model may be asked, that it is not known."""
        discovery = running.answer.discovery
        assert discovery is not None
        if self._enabled:
            again = max(_LEAST_AGAIN_MS, discovery.due_ms) if discovery.due_ms else _AGAIN_MS
            data = pending(running.answer, again, source, running.epoch, running.as_of)
            await self._responder.answer(waiting.request, data, "pending")
        else:
            data = reply(running.answer, source, running.epoch, running.as_of)
            await self._responder.answer(waiting.request, data, "not_found")

    async def _on_outcome(self, message: Msg) -> None:
        try:
            outcome = self._decoder.decode(message.data)
        except msgspec.DecodeError as error:
            _log.error("the outcome of a discovery could not be read", error=str(error))
            return
        key = (outcome.type, outcome.key)
        if outcome.state == "running":
            self._cache.forget_absent(key)
            return
        self._heard[key] = time.monotonic()
        if outcome.state == "found":
            self.changed([key])
            return
        self._cache.forget_absent(key)
        running = self._running.pop(key, None)
        if running is not None:
            await self._tell(running, outcome)

    async def _tell(self, running: _Running, outcome: _Outcome) -> None:
        """Answer all who wait for a discovery that found nothing, or not now."""
        if outcome.state == "open":
            put_off = Discovery(outcome.id, outcome.reason, runs=True, due_ms=outcome.due_ms)
            running.answer = msgspec.structs.replace(running.answer, discovery=put_off)
            for waiting in self._released(running):
                waiting.source = "discovery"
                await self._wait_again(running, waiting)
            return
        said = Discovery(outcome.id, outcome.reason, due_ms=outcome.due_ms)
        suggestions = running.answer.tail.rpartition(b',"suggestions":')[2][:-1]
        data = reply(failed(said, self._absent_reason, suggestions), "discovery", running.epoch, running.as_of)
        for waiting in self._released(running):
            await self._responder.answer(waiting.request, data, "not_found")

    async def _wait_again(self, running: _Running, waiting: Waiting) -> None:
        key = waiting.asked.key
        running.told = time.monotonic()
        await self._wait_or_answer(self._running.setdefault(key, running), waiting)

    def _again(self, waiting: Waiting) -> None:
        if waiting.request.answered:
            return
        waiting.source = "discovery"
        waiting.since = time.monotonic()
        self._look_up(waiting.asked.key, waiting.asked.name, waiting)

    def _released(self, running: _Running) -> list[Waiting]:
        """Return who waits and was not answered yet, and let them go."""
        released, running.waiting = running.waiting, []
        self._waiting -= len(released)
        return [waiting for waiting in released if not waiting.request.answered]

    def _forget_old(self, now: float) -> None:
        for key, running in list(self._running.items()):
            gone = [waiting for waiting in running.waiting if waiting.request.answered]
            if gone:
                running.waiting = [waiting for waiting in running.waiting if not waiting.request.answered]
                self._waiting -= len(gone)
            if not running.waiting and now - running.told > _FRESH_SECONDS:
                del self._running[key]
        for key, heard in list(self._heard.items()):
            if now - heard > _REMEMBERED_SECONDS:
                del self._heard[key]
