"""The inverted index: under which keys a pattern lies, so that evidence finds it without knowing it.

Promise: a pattern that matches evidence shares a key with it. The evidence's side is `facts.keys`; both sides of each
kind stand together in `indicators`. Keys are as telling as can be, and the exception is a crowded key: so what is known
costs nothing.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

import msgspec

from centralcloud_patterns.indicators.registry import RULES
from centralcloud_patterns.indicators.rules import RESIDUE, is_residue
from centralcloud_patterns.keyless import MARK, Residue, is_keyless
from centralcloud_patterns.merging import is_curated
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern

__all__ = [
    "MAX_SHARING",
    "RESIDUE",
    "VERSION",
    "Index",
    "implied_keys",
    "indicator_id",
    "keys_of",
    "keys_of_indicator",
    "slug_key",
]

#: Raised whenever the same indicator gets other keys: what was indexed before is then indexed anew.
VERSION = 4
#: Patterns that may share a key. A key of more is crowded: it tells none of them apart, and brings only those that
#: somebody vouches for; who was learned is found by the keys of its own.
MAX_SHARING = 64

_MAX_DEPTH = 8
_ENCODER = msgspec.json.Encoder(order="deterministic")
#: Keys of little use for finding anything: a group is better found by another of its members.
_BROAD = ("ext:", "dir:", "command:*", "env:*")


def keys_of(pattern: Pattern) -> frozenset[str]:
    """Return every key a pattern must be indexed under; none when it has no positive indicator."""
    keys: set[str] = set()
    for indicator in pattern.indicators:
        if indicator.polarity != "against":
            keys |= keys_of_indicator(indicator)
    return frozenset(keys | {MARK} if any(map(is_keyless, keys)) else keys)


def keys_of_indicator(indicator: Indicator, depth: int = 0) -> frozenset[str]:
    """Return the keys of one indicator; a group's are those of its most telling part."""
    if indicator.kind is not IndicatorKind.GROUP:
        return RULES[indicator.kind].keys(indicator)
    if depth > _MAX_DEPTH:
        return frozenset()
    parts = [keys_of_indicator(member, depth + 1) for member in indicator.all]
    if indicator.any:
        parts.append(frozenset().union(*(keys_of_indicator(member, depth + 1) for member in indicator.any)))
    return min(parts, key=_breadth) if parts else frozenset()


def _breadth(keys: frozenset[str]) -> tuple[bool, bool, int]:
    return (is_residue(keys), any(key.startswith(_BROAD) for key in keys), len(keys))


@lru_cache(maxsize=16_384)
def _hashed(content: bytes) -> str:
    return blake2b(content, digest_size=6).hexdigest()


def indicator_id(indicator: Indicator) -> str:
    """Return the indicator's id: its own, else a short hash of what it checks, weight and polarity aside."""
    if indicator.id:
        return indicator.id
    bare = msgspec.structs.replace(indicator, id="", weight=0.9, measured=None, polarity="for")
    return _hashed(_ENCODER.encode(bare))


Name = tuple[str, str]


class Index:
    """An inverted index in memory: patterns by key, for matching without a database."""

    def __init__(self, patterns: Iterable[Pattern] = ()) -> None:
        self._curated: dict[str, dict[Name, Pattern]] = {}
        self._learned: dict[str, dict[Name, Pattern]] = {}
        self._keys: dict[Name, frozenset[str]] = {}
        self._residue: Residue | None = None
        for pattern in patterns:
            self.put(pattern)

    def put(self, pattern: Pattern) -> None:
        """Add a pattern, or replace the one of its type and slug."""
        self.drop(pattern.type, pattern.slug)
        name = (str(pattern.type), pattern.slug)
        self._keys[name] = keys_of(pattern) | {slug_key(pattern.slug)}
        if MARK in self._keys[name]:
            self._residue = None
        by_key = self._curated if is_curated(pattern) else self._learned
        for key in self._keys[name]:
            by_key.setdefault(key, {})[name] = pattern

    def drop(self, type_: str, slug: str) -> None:
        """Remove a pattern if it is there."""
        name = (str(type_), slug)
        keys = self._keys.pop(name, frozenset())
        if MARK in keys:
            self._residue = None
        for key in keys:
            for by_key in (self._curated, self._learned):
                if (sharing := by_key.get(key)) and sharing.pop(name, None) and not sharing:
                    del by_key[key]

    def candidates(self, keys: Collection[str]) -> list[Pattern]:
        """Return the patterns that share a key, and those they imply, each once."""
        found: dict[Name, Pattern] = {}
        wanted: Iterable[str] = chain(keys, self._tried().found_by(keys))
        while wanted:
            known = [key for key in wanted if key in self._curated or key in self._learned]
            fresh = {name: one for key in known for name, one in self._sharing(key).items() if name not in found}
            found.update(fresh)
            wanted = implied_keys(fresh.values())
        return list(found.values())

    def _tried(self) -> Residue:
        """Return what has no key; of too many, whoever is vouched for goes first."""
        if self._residue is None:
            marked = (name for by_key in (self._curated, self._learned) for name in by_key.get(MARK, ()))
            expressions = dict.fromkeys(key for name in marked for key in sorted(self._keys[name]) if is_keyless(key))
            self._residue = Residue(expressions)
        return self._residue

    def _sharing(self, key: str) -> dict[Name, Pattern]:
        curated, learned = self._curated.get(key, {}), self._learned.get(key, {})
        if not learned or len(curated) + len(learned) > MAX_SHARING:
            return curated
        return curated | learned if curated else learned


def slug_key(slug: str) -> str:
    """Return the key under which a pattern lies for those that imply it."""
    return f"slug:{slug}"


def implied_keys(patterns: Iterable[Pattern]) -> frozenset[str]:
    """Return the keys of what these patterns imply: candidates that may have no evidence of their own."""
    return frozenset(
        slug_key(relation.slug) for pattern in patterns for relation in pattern.relations if relation.kind == "implies"
    )
