"""A pattern as JSON, ready to be stored, answered and broadcast, and as the words that search looks through.

Pure; rows and the feed are `services.pattern_writing`'s.
"""

from typing import Final

import msgspec

from centralcloud_client import wire
from centralcloud_patterns.pattern import Pattern, State, Support
from centralcloud_patterns.standing import Standing

#: Characters that search looks through, of each pattern.
_MAX_WORDS: Final = 8_000


class _Tail(msgspec.Struct):
    """The fields of a document that are derived or counted, always present."""

    state: State
    confidence: float
    support: Support
    revision: int
    seq: int


def document(pattern: Pattern, standing: Standing, *, revision: int, seq: int) -> bytes:
    """Return a pattern as the JSON that is stored, answered and broadcast."""
    tail = wire.encode(_Tail(standing.state, standing.confidence, standing.support, revision, seq))
    return wire.encode(pattern)[:-1] + b"," + tail[1:]


def words(pattern: Pattern) -> str:
    """Return the text that search looks through."""
    parts = (pattern.name, pattern.slug, *pattern.aliases, pattern.category, *pattern.languages, pattern.description)
    return " ".join(part for part in parts if part)[:_MAX_WORDS]


def words_differ(before: Pattern, after: Pattern) -> bool:
    """Tell whether that text may be another."""
    fields = ("name", "aliases", "category", "languages", "description")
    return before is not after and any(getattr(before, field) != getattr(after, field) for field in fields)
