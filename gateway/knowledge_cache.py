"""Ready answers to name queries, kept true by the sync broadcast.

Owns the bounded LRU and the rule of coherence: an answer is kept only if nothing it speaks of changed after it was
read, and is dropped when something does; whatever leaves doubt (a gap, a reconnect, a new epoch) empties it all.
Pure: subscriptions are `feed_watch`'s, time is passed in.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable

from gateway import metrics
from gateway.answers import Answer
from gateway.recent_changes import Key, RecentChanges

#: What an entry costs beside its bytes.
_OVERHEAD_BYTES = 400


class _Entry:
    __slots__ = ("answer", "as_of", "expires", "size")

    def __init__(self, answer: Answer, as_of: int, expires: float) -> None:
        self.answer = answer
        self.as_of = as_of
        self.expires = expires
        self.size = len(answer.tail) + _OVERHEAD_BYTES


class KnowledgeCache:
    """Answers by (type, comparison key), least recently used first out."""

    def __init__(self, max_entries: int, max_bytes: int, clock: Callable[[], float]) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._by_slug: dict[Key, set[Key]] = {}
        self._changes = RecentChanges()
        self.bytes = 0
        #: Life of the feed whose changes are followed; None until one is seen.
        self.epoch: str | None = None
        #: Every change up to here was seen; None until the first sequence is known.
        self.head: int | None = None
        #: Whether the head comes from the broadcast. Until then it is the oldest answer's: what came between that one
        #: and a newer one may still be on its way.
        self._followed = False
        #: Rises whenever answers under way must not be kept.
        self.generation = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> tuple[Answer, int] | None:
        """Return an answer and the sequence it surely includes, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires < self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        # Untouched by every change up to the head, so true as of the head.
        return entry.answer, max(entry.as_of, self.head or 0)

    def is_stale(self, key: Key, answer: Answer, as_of: int) -> bool:
        """Say whether something the answer speaks of is known to have changed after `as_of`."""
        if self._changes.newest <= as_of:
            return False
        last = self._changes.last
        return last(key) > as_of or any(last((key[0], slug)) > as_of for slug in answer.slugs)

    def keep(self, key: Key, answer: Answer, *, epoch: str, as_of: int, generation: int) -> bool:
        """Keep an answer looked up in `generation`, unless it may be untrue by now; say whether it was kept."""
        if generation != self.generation:
            return self._refuse()
        if self.epoch is not None and epoch != self.epoch:
            # Either side may be the old one: start again, and believe the next that speaks.
            self.reset("epoch")
            return self._refuse()
        if not self._changes.judges(as_of) or self.is_stale(key, answer, as_of):
            return self._refuse()
        self.epoch = epoch
        if not self._followed:
            self.head = as_of if self.head is None else min(self.head, as_of)
        self._drop(key)
        if answer.lasts <= 0:
            # It is being found out: nobody must be told that it is not there.
            return False
        expires = math.inf if answer.found else self._clock() + answer.lasts
        entry = self._entries[key] = _Entry(answer, as_of, expires)
        self.bytes += entry.size
        for slug in answer.slugs:
            self._by_slug.setdefault((key[0], slug), set()).add(key)
        while len(self._entries) > self._max_entries or self.bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))
        return True

    def forget_absent(self, key: Key) -> None:
        """Drop what is kept about a name, if that is that it is not there."""
        entry = self._entries.get(key)
        if entry is not None and not entry.answer.found:
            self._drop(key)

    def changed(self, epoch: str, seq: int, touched: Iterable[Key]) -> None:
        """Take one change of the feed: drop what it touches, remember it, and notice what was missed."""
        if self.epoch != epoch:
            if self.epoch is not None:
                self.reset("epoch")
            self.epoch = epoch
        elif self.head is not None and seq > self.head + 1:
            self.reset("gap")
            self.epoch = epoch
        now = self._clock()
        for key in touched:
            self._changes.note(key, seq, now)
            self._drop(key)
            for holder in tuple(self._by_slug.get(key, ())):
                self._drop(holder)
        self.head = max(self.head, seq) if self._followed and self.head is not None else seq
        self._followed = True

    def reset(self, why: str) -> None:
        """Forget everything, and what is under way too."""
        metrics.CACHE_EMPTIED.labels(why).inc()
        self._entries.clear()
        self._by_slug.clear()
        self._changes.clear()
        self.bytes = 0
        self.epoch = None
        self.head = None
        self._followed = False
        self.generation += 1

    def _refuse(self) -> bool:
        metrics.CACHE_REFUSED.inc()
        return False

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.bytes -= entry.size
        for slug in entry.answer.slugs:
            named = (key[0], slug)
            holders = self._by_slug.get(named)
            if holders is not None:
                holders.discard(key)
                if not holders:
                    del self._by_slug[named]
