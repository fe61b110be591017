"""Answer queries by name: from the knowledge cache at once, else through a batched lookup.

Owns the way from a name to a reply. Downstream: `batching`; the worker's side is `tasks.lookup.lookup_many`.
"""

from typing import Final

from nats.aio.client import Client

from centralcloud_client.messages.replies import Source
from gateway import metrics
from gateway.answers import Answer, not_found, reply
from gateway.asked_names import AskedName
from gateway.batching import LookupBatcher, Waiting
from gateway.discoveries import Discoveries
from gateway.inbox import Inbox
from gateway.knowledge_cache import KnowledgeCache
from gateway.lean_sender import LeanSender
from gateway.narrowing import narrowed
from gateway.request import Request
from gateway.responder import Responder

_HIT: Final = metrics.CACHE_LOOKUPS.labels("hit")
_MISS: Final = metrics.CACHE_LOOKUPS.labels("miss")
#: A query for an unknown name may wait this much longer than its discovery.
BEYOND_WAIT_MS: Final = 500


class Lookups:
    """Name queries of one gateway."""

    def __init__(
        self,
        nats: Client,
        cache: KnowledgeCache,
        responder: Responder,
        sender: LeanSender,
        inbox: Inbox,
        *,
        discovery: bool,
    ) -> None:
        self._cache = cache
        self._responder = responder
        absent_reason = "unknown_name" if discovery else "discovery_disabled"
        self.batcher = LookupBatcher(
            sender,
            inbox,
            cache,
            tell=self._tell,
            refuse=responder.refuse,
            absent_reason=absent_reason,
        )
        self.discoveries = Discoveries(
            nats, responder, cache, self.batcher.ask, absent_reason=absent_reason, enabled=discovery
        )

    async def ask(self, request: Request, asked: AskedName) -> None:
        """Answer one query by name, now or when a worker has; raises WireError."""
        if not asked.key[1]:
            # Nothing of it is a letter or digit: no pattern can have that name.
            absent = not_found("not_a_name")
            await self._answer(request, absent, "cache", self._cache.epoch or "", self._cache.head or 0)
            return
        known = self._cache.get(asked.key)
        if known is not None:
            _HIT.value += 1
            await self._answer(request, narrowed(known[0], asked), "cache", self._cache.epoch or "", known[1])
            return
        _MISS.value += 1
        request.set_deadline(asked.wait_ms + BEYOND_WAIT_MS)
        if asked.key in self.discoveries and await self.discoveries.joined(request, asked):
            return
        self._responder.admit(request)
        self.batcher.ask(asked.key, asked.name, Waiting(request, asked))

    async def _tell(self, waiting: Waiting, answer: Answer, epoch: str, as_of: int) -> None:
        if answer.discovery is not None:
            await self.discoveries.take(waiting, answer, epoch, as_of)
            return
        await self._answer(waiting.request, narrowed(answer, waiting.asked), waiting.source, epoch, as_of)

    async def _answer(self, request: Request, answer: Answer, source: Source, epoch: str, as_of: int) -> None:
        outcome = "found" if answer.found else "not_found"
        await self._responder.answer(request, reply(answer, source, epoch, as_of), outcome)
