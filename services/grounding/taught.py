"""Facts from what instances taught about the very pattern: notes, samples, indicators, and the learns behind them."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.merging.items import COLLECTIONS
from centralcloud_patterns.pattern import Indicator, Pattern
from models import learns
from services.grounding.draft import Draft
from services.grounding.facts import FactKind
from services.grounding.subject import Subject

#: Latest learns that are read again for what a pattern does not keep.
_LEARNS: Final = 20
_UNTOLD: Final = frozenset({"kind", "id", "weight", "locality"})
_KEYS: Final = {collection.field: collection.key for collection in COLLECTIONS}


def taught(connection: Connection, subject: Subject) -> Iterator[Draft]:
    """Yield what is said of a known pattern; nothing for a name that nobody knows."""
    if subject.pattern is None:
        return
    pattern = subject.pattern
    for indicator in said(pattern, "indicators"):
        yield Draft(FactKind.INDICATOR, described(indicator), "learn", indicator=indicator)
    for note in said(pattern, "notes"):
        yield Draft(FactKind.WORDS, f"note: {note}", "learn")
    for example in said(pattern, "examples"):
        yield Draft(FactKind.SAMPLE, example.code, "learn")
    if pattern.description:
        yield Draft(FactKind.WORDS, f"description: {pattern.description}", "learn")
    for field in ("practices", "pitfalls"):
        yield from (Draft(FactKind.WORDS, f"{field}: {line}", "learn") for line in said(pattern, field))
    for row in learns.latest_of(connection, subject.type, pattern.slug, _LEARNS):
        yield from _of_learn(row.kind, row.body)


def said(pattern: Pattern, field: str) -> tuple[Any, ...]:
    """Return the items of a collection that people brought, not a model or facts alone."""
    found = {key for entry in pattern.provenance if entry.field == field for key in entry.items}
    return tuple(item for item in getattr(pattern, field) if _KEYS[field](item) not in found)


def described(indicator: Indicator) -> str:
    """Return an indicator in words, its weight left out."""
    fields = msgspec.to_builtins(indicator)
    told = (f"{name} {value}" for name, value in fields.items() if name not in _UNTOLD)
    return f"{indicator.kind.value}: " + ", ".join(told)


def _of_learn(kind: str, body: str) -> Iterator[Draft]:
    message = msgspec.json.decode(body)
    if kind == "feedback":
        if message.get("why"):
            yield Draft(FactKind.WORDS, f"{message.get('verdict')}: {message['why']}", "feedback")
        return
    if message.get("description"):
        yield Draft(FactKind.WORDS, f"description: {message['description']}", "learn")
    if message.get("metadata"):
        yield Draft(FactKind.WORDS, f"told with it: {msgspec.json.encode(message['metadata']).decode()}", "learn")
