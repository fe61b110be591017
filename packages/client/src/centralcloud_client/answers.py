"""Between what a caller says and what goes over the wire: questions, and answers from the cache with their age."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from centralcloud_client import subjects, wire
from centralcloud_client.errors import RefusedError
from centralcloud_client.messages.pattern import Pattern
from centralcloud_client.results import QueryResult

if TYPE_CHECKING:
    # Who asks once has no cache, and would load a database for a name.
    from centralcloud_client.cache import Position

#: Every spelling of "by name" that the protocol has.
_NAMES: Final = ("name", "framework", "technology", "microservice", "pattern")
#: What a question by name may say beside the name and still be answered from the cache.
_PLAIN: Final = frozenset({*_NAMES, "wait_ms", "min_confidence"})


def asked_name(ask: dict[str, Any]) -> str | None:
    """Return the name asked for, if this is a question by name."""
    for key in _NAMES:
        if ask.get(key):
            return str(ask[key])
    return None


def is_plain(ask: dict[str, Any]) -> bool:
    """Whether the cache could answer as well as the centre."""
    return _PLAIN.issuperset(ask)


def question(ask: dict[str, Any], wait_ms: int) -> dict[str, Any]:
    """Return the question as it is sent: nothing absent in it, and for a name how long to wait for its discovery."""
    said = {key: value for key, value in ask.items() if value is not None}
    if asked_name(said) is not None:
        said.setdefault("wait_ms", wait_ms)
    return said


def encoded(said: Any) -> bytes:
    """Return what a caller said as JSON; raises RefusedError for what JSON cannot say."""
    try:
        _require_text(said)
        return wire.encode(said)
    except UnicodeEncodeError:
        raise RefusedError("bad_text", "text holds half of a surrogate pair") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise RefusedError("bad_schema", str(error)) from error


def _require_text(said: Any) -> None:
    """Refuse bytes, which would go as base64 and be taken for text."""
    if isinstance(said, bytes | bytearray | memoryview):
        raise TypeError("expected str, got bytes")
    if isinstance(said, Mapping):
        for value in said.values():
            _require_text(value)
    elif isinstance(said, list | tuple | set | frozenset):
        for value in said:
            _require_text(value)


def number(said: Any, name: str, *, above: float | None = None) -> float:
    """Return a number that a caller gave; raises RefusedError for anything else."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise RefusedError("bad_schema", f"expected a number, got {type(said).__name__}", f"$.{name}")
    if above is not None and not said > above:
        raise RefusedError("bad_schema", f"expected a number > {above:g}, got {said:g}", f"$.{name}")
    return said


def plain(answer: bytes) -> dict[str, Any]:
    """Return the reply as decoded JSON."""
    decoded: dict[str, Any] = msgspec.json.decode(answer)
    return decoded


def aged(result: QueryResult, at: "Position", *, stale: bool) -> QueryResult:
    """Say as of when an answer from the cache is."""
    age = 0.0 if at.last_contact is None else max(0.0, time.time() - at.last_contact)
    return replace(result, epoch=at.epoch, as_of=at.last_seq, stale=stale, age_seconds=age)


def together(last: QueryResult, patterns: Sequence[Pattern]) -> QueryResult:
    """Return the last page with the patterns of all."""
    return replace(last, patterns=tuple(patterns), status="found" if patterns else last.status)


def require_type(pattern_type: str) -> None:
    """Refuse what is none of the four types."""
    if pattern_type not in subjects.TYPES:
        raise RefusedError("unknown_type", f"{pattern_type!r} is none of {', '.join(subjects.TYPES)}")
