"""Keep a pattern's document small: it goes to every instance at each change."""

from collections.abc import Iterable
from typing import Final

import msgspec

from centralcloud_patterns.merging import absorb
from centralcloud_patterns.pattern import Pattern
from services import pattern_writing

#: Bytes of a document that learning never exceeds: what would is counted as support only.
MAX_DOCUMENT: Final = 256 * 1024


def merged(known: Pattern, said: Iterable[Pattern]) -> Pattern:
    """Merge what learns contribute, each one whole or not at all."""
    known = _slim(known)
    size = _size(known)
    for one in said:
        together = absorb(known, one)
        if together is known:
            continue
        # Looked at exactly only where the sum of both would be too much.
        grown = size + _size(one)
        if grown > MAX_DOCUMENT:
            grown = _size(together)
        if grown <= MAX_DOCUMENT:
            known, size = together, grown
    return known


def _slim(pattern: Pattern) -> Pattern:
    """Return a pattern without its long texts where they are too many; what recognises it stays."""
    if _size(pattern) <= MAX_DOCUMENT:
        return pattern
    return msgspec.structs.replace(pattern, examples=(), practices=(), pitfalls=(), notes=(), relations=(), commands={})


def _size(pattern: Pattern) -> int:
    return len(pattern_writing.encode(pattern))
