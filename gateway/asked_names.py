"""Name queries read before: the same few bytes ask the same thing, so they are decoded and normalised once.

Owns what a name query asks, and a bounded memory of them by their bytes. Answers are `knowledge_cache`'s.
"""

from typing import Final

from msgspec import Struct

from centralcloud_client.messages.requests import Query
from centralcloud_client.naming import normalise
from gateway.recent_changes import Key

_MAX_BODY: Final = 256
_MAX_REMEMBERED: Final = 20_000


class AskedName(Struct, frozen=True, gc=False):
    """What one query by name wants."""

    key: Key
    name: str
    wait_ms: int
    min_confidence: float | None
    version: str | None = None

    @classmethod
    def of(cls, pattern_type: str, name: str, query: Query) -> "AskedName":
        """Return what `query` wants to know about `name`."""
        return cls((pattern_type, normalise(name)), name, query.wait_ms, query.min_confidence, query.version)


class AskedNames:
    """Queries by subject and body, both as sent."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], AskedName] = {}

    def recall(self, subject: str, body: bytes) -> AskedName | None:
        """Return what these bytes ask, if they were read before."""
        return self._known.get((subject, body)) if len(body) <= _MAX_BODY else None

    def remember(self, subject: str, body: bytes, asked: AskedName) -> None:
        """Remember what these bytes ask."""
        if len(body) <= _MAX_BODY:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            self._known[subject, body] = asked
