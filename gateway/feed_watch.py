"""Listen to the sync broadcast and its heartbeat, and keep the knowledge cache true by them.

Owns the two subscriptions and what a disconnect means. What a change does to the cache is `knowledge_cache`'s work.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec
import structlog
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg

from centralcloud_client.messages.sync import Heartbeat
from centralcloud_client.naming import normalise
from centralcloud_client.subjects import SYNC_HEARTBEAT, SYNC_PUBLISH
from gateway import metrics
from gateway.knowledge_cache import KnowledgeCache
from gateway.recent_changes import Key

#: Seconds that broadcasts may lag behind a heartbeat before they count as missed.
_LAG_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class _Touched(Struct):
    type: str
    slug: str
    name: str = ""
    aliases: tuple[str, ...] = ()

    def keys(self) -> set[Key]:
        return {(self.type, normalise(name)) for name in (self.slug, self.name, *self.aliases) if name}


class _FeedMessage(Struct):
    epoch: str
    seq: int
    pattern: _Touched | None = None


class FeedWatch:
    """Follows the feed for one cache."""

    def __init__(self, nats: Client, cache: KnowledgeCache, changed: Callable[[Iterable[Key]], None]) -> None:
        self._nats = nats
        self._cache = cache
        #: Told which names a change touches, after the cache.
        self._changed = changed
        self._change = msgspec.json.Decoder(_FeedMessage)
        self._heartbeat = msgspec.json.Decoder(Heartbeat)

    async def start(self) -> None:
        """Subscribe; returns when the server has taken note, so that no later change can be missed unseen."""
        await self._nats.subscribe(SYNC_PUBLISH, cb=self._on_change)
        await self._nats.subscribe(SYNC_HEARTBEAT, cb=self._on_heartbeat)
        await self._nats.flush()

    def disconnected(self) -> None:
        """Empty the cache: changes may pass unseen from now on."""
        self._cache.reset("disconnected")

    async def reconnected(self) -> None:
        """Empty the cache once more when the server knows our subscriptions again; what came between is in doubt."""
        await self._nats.flush()
        self._cache.reset("reconnected")

    async def _on_change(self, message: Msg) -> None:
        try:
            change = self._change.decode(message.data)
        except msgspec.DecodeError as error:
            _log.error("a broadcast could not be read", error=str(error))
            self._cache.reset("unreadable")
            return
        touched = change.pattern.keys() if change.pattern is not None else ()
        self._cache.changed(change.epoch, change.seq, touched)
        self._changed(touched)
        metrics.FEED_HEAD.set(self._cache.head or 0)

    async def _on_heartbeat(self, message: Msg) -> None:
        try:
            beat = self._heartbeat.decode(message.data)
        except msgspec.DecodeError as error:
            _log.error("a heartbeat could not be read", error=str(error))
            return
        cache = self._cache
        if cache.epoch is not None and beat.epoch != cache.epoch:
            cache.reset("epoch")
        elif cache.head is not None and beat.head > cache.head:
            asyncio.get_running_loop().call_later(_LAG_SECONDS, self._must_have_seen, beat.head, cache.generation)

    def _must_have_seen(self, head: int, generation: int) -> None:
        cache = self._cache
        if cache.generation == generation and cache.head is not None and cache.head < head:
            cache.reset("missed")
