"""Answer names: one query for a whole batch.

Rides the `lookup` queue: milliseconds, never writes, never calls the LLM. The gateway turns these answers into replies
and keeps them in its cache, which is why each batch carries the feed sequence it is sure to include.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine

from centralcloud_client import wire
from models import patterns
from services.discovery.telling import Word
from services.suggesting import NearNames

#: Says what is known about finding out names that no pattern answers to.
Tell = Callable[[Connection, Set[tuple[str, str]]], Mapping[tuple[str, str], Word]]

#: Unknown names of a batch up to which near ones are looked for, and how long at most.
_FEW: Final = 8
_SUGGESTING_SECONDS: Final = 0.005


class Answer(msgspec.Struct, omit_defaults=True):
    """What one name stands for: patterns best first with their slugs, or near names."""

    patterns: tuple[msgspec.Raw, ...] = ()
    slugs: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    discovery: Word | None = None


class Answers(msgspec.Struct):
    """The answers to one batch, in its order."""

    epoch: str
    as_of: int
    answers: list[Answer]


def lookup_many(database: Engine, near: NearNames, names: Sequence[tuple[str, str]], tell: Tell) -> Answers:
    """Answer (type, key) pairs; nothing committed up to `as_of` is missing."""
    wanted = set(names)
    with database.connect() as connection:
        rows = patterns.by_names(connection, wanted)
        # Unpacked, not read by name: a batch has hundreds of rows, and names cost more than all else here.
        found = _collect(
            (type_, key, slug, document) for _epoch, _seq, type_, key, slug, document in rows if slug is not None
        )
        if missing := wanted - found.keys():
            found |= _forwarded(connection, missing)
            if missing := missing - found.keys():
                found |= _unknown(connection, near, tell(connection, missing))
    return Answers(rows[0].epoch, rows[0].seq, [found[name] for name in names])


def _forwarded(connection: Connection, missing: Set[tuple[str, str]]) -> dict[tuple[str, str], Answer]:
    """Answer names of merged patterns with those they were merged into."""
    targets = {(row.type, row.key): row.merged_into for row in patterns.forwards(connection, missing)}
    return _of_targets(connection, targets)


def _unknown(
    connection: Connection, near: NearNames, words: Mapping[tuple[str, str], Word]
) -> dict[tuple[str, str], Answer]:
    """Answer names that no pattern has: with the one they are another way to write, else with what is being done.

    Near names are a courtesy: where many are unknown at once, nobody's lookup waits for it.
    """
    found = _of_targets(connection, {name: word.slug for name, word in words.items() if word.slug})
    until = time.perf_counter() + (_SUGGESTING_SECONDS if len(words) <= _FEW else 0.0)
    for name, word in words.items():
        if name not in found:
            suggests = bool(word.id) and time.perf_counter() < until
            suggestions = near.of(connection, *name) if suggests else ()
            found[name] = Answer(suggestions=suggestions, discovery=Word(id=word.id, runs=True) if word.slug else word)
    return found


def _of_targets(connection: Connection, targets: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], Answer]:
    """Answer names with the live patterns of these slugs."""
    if not targets:
        return {}
    heirs = {
        (row.type, row.slug): row.document
        for row in patterns.by_slugs(connection, {(name[0], slug) for name, slug in targets.items()})
        if not row.retired
    }
    return _collect((*name, slug, heirs[name[0], slug]) for name, slug in targets.items() if (name[0], slug) in heirs)


def _collect(rows: Iterable[tuple[str, str, str, str]]) -> dict[tuple[str, str], Answer]:
    """Group (type, key, slug, document) rows, which come best first, into answers."""
    grouped: dict[tuple[str, str], dict[str, msgspec.Raw]] = {}
    for type_, key, slug, document in rows:
        grouped.setdefault((type_, key), {}).setdefault(slug, msgspec.Raw(document.encode()))
    return {name: Answer(tuple(by_slug.values()), tuple(by_slug)) for name, by_slug in grouped.items()}


def encode(answers: Answers) -> bytes:
    """Return the answers as the gateway reads them."""
    return wire.encode(answers)
