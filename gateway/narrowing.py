"""Leave out of an answer what its asker does not want: patterns too unsure, facts that another version's are.

The only place where the gateway looks into patterns; answers in the knowledge cache stay whole.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Raw, Struct

from centralcloud_patterns.versions import satisfies
from gateway.answers import Answer, found, not_found
from gateway.asked_names import AskedName


class _Patterns(Struct):
    patterns: list[Raw] = []


class _Judged(Struct):
    confidence: float = 0.0


class _Ranged(Struct):
    version: str | None = None
    all: list[Raw] = []


_patterns: Final = msgspec.json.Decoder(_Patterns)
_judged: Final = msgspec.json.Decoder(_Judged)
_fields: Final = msgspec.json.Decoder(dict[str, Raw])
_list: Final = msgspec.json.Decoder(list[Raw])
_ranged: Final = msgspec.json.Decoder(_Ranged)


def narrowed(answer: Answer, asked: AskedName) -> Answer:
    """Return the answer as `asked` wants it; with no pattern left it says why."""
    if not answer.found or (asked.min_confidence is None and asked.version is None):
        return answer
    patterns = _patterns.decode(b"{" + answer.tail[1:]).patterns
    if asked.min_confidence is not None:
        patterns = [pattern for pattern in patterns if _judged.decode(pattern).confidence >= asked.min_confidence]
        if not patterns:
            return not_found("below_min_confidence")
    if asked.version is not None:
        patterns = [_of_version(pattern, asked.version) for pattern in patterns]
    return found(patterns, answer.slugs)


def _of_version(pattern: Raw, version: str) -> Raw:
    """Return a pattern without the indicators that hold for other versions only."""
    fields = _fields.decode(pattern)
    if "indicators" not in fields:
        return pattern
    indicators = _list.decode(fields["indicators"])
    kept = [indicator for indicator in indicators if _holds(indicator, version)]
    if len(kept) == len(indicators):
        return pattern
    return Raw(msgspec.json.encode(fields | {"indicators": kept}))


def _holds(indicator: Raw, version: str) -> bool:
    ranged = _ranged.decode(indicator)
    return (ranged.version is None or satisfies(version, ranged.version)) and _all_hold(ranged.all, version)


def _all_hold(members: Iterable[Raw], version: str) -> bool:
    return all(_holds(member, version) for member in members)
