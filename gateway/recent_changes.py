"""Which names changed lately, and at which sequence: what decides whether a worker's answer is still true.

Remembers each change for a minute. What it had to forget it remembers as one number: an answer older than that cannot
be judged any more. Pure: time is passed in.
"""

from collections import deque

#: (type, comparison key of a slug, name or alias).
Key = tuple[str, str]


class RecentChanges:
    """The last change of each key, for `seconds`, at most `limit` of them."""

    def __init__(self, seconds: float = 60.0, limit: int = 200_000) -> None:
        self._seconds = seconds
        self._limit = limit
        self._last: dict[Key, int] = {}
        self._order: deque[tuple[float, Key, int]] = deque()
        #: The highest sequence whose keys are no longer remembered.
        self.forgotten = 0
        #: The highest sequence noted, remembered or not.
        self.newest = 0

    def note(self, key: Key, seq: int, now: float) -> None:
        """Remember that `key` changed at `seq`."""
        if seq >= self._last.get(key, 0):
            self._last[key] = seq
        self.newest = max(self.newest, seq)
        self._order.append((now, key, seq))
        while self._order and (self._order[0][0] < now - self._seconds or len(self._order) > self._limit):
            self._forget_oldest()

    def judges(self, as_of: int) -> bool:
        """Say whether everything after `as_of` is still remembered."""
        return as_of >= self.forgotten

    def last(self, key: Key) -> int:
        """Return the sequence of the last remembered change of `key`, 0 when there is none."""
        return self._last.get(key, 0)

    def clear(self) -> None:
        """Forget everything, as if nothing had ever changed."""
        self._last.clear()
        self._order.clear()
        self.forgotten = self.newest = 0

    def _forget_oldest(self) -> None:
        _, key, seq = self._order.popleft()
        self.forgotten = max(self.forgotten, seq)
        if self._last.get(key) == seq:
            del self._last[key]
