"""Write patterns: their rows, names, keys and feed rows, inside the caller's transaction.

The one way patterns change, for learning and the catalogue alike. What a pattern says is decided before; the feed's
numbers are taken last, so that its head is locked briefly.
"""

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from centralcloud_client import wire
from centralcloud_client.messages.sync import Retired
from centralcloud_client.naming import normalise
from centralcloud_patterns import keying
from centralcloud_patterns.merging import described
from centralcloud_patterns.pattern import Pattern, State, Support
from centralcloud_patterns.standing import Standing
from models import feed, pattern_writes

#: Characters that search looks through, of each pattern.
_MAX_WORDS: Final = 8_000
_decoder: Final = msgspec.json.Decoder(Pattern)
#: A pattern's description as JSON; `document` adds what is derived.
encode: Final = wire.encode


class SlugTakenError(Exception):
    """Somebody else created the pattern meanwhile: the transaction must be run again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A pattern as the database has it."""

    id: int
    revision: int
    seq: int
    source: str
    retired: bool
    #: What describes it, without what is derived or counted.
    pattern: Pattern
    standing: Standing
    #: Bytes of its document.
    size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A pattern as it shall be; `stored` is what it replaces."""

    pattern: Pattern
    standing: Standing
    source: str
    stored: Stored | None

    @property
    def name(self) -> tuple[str, str]:
        """Its identity."""
        return self.pattern.type.value, self.pattern.slug

    @property
    def changes(self) -> bool:
        """Whether anybody could tell the difference."""
        stored = self.stored
        return (
            stored is None
            or stored.retired
            or stored.source != self.source
            or stored.standing != self.standing
            or stored.pattern != self.pattern
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pattern was written: its row, and the feed's number of the change."""

    id: int
    seq: int


class _Tail(msgspec.Struct):
    """The fields of a document that are derived or counted, always present."""

    state: State
    confidence: float
    support: Support
    revision: int
    seq: int


def read(row: Any) -> Stored:
    """Return a row of `models.pattern_writes.lock` as it is merged with."""
    whole = _decoder.decode(row.document)
    return Stored(
        id=row.id,
        revision=row.revision,
        seq=row.seq,
        source=row.source,
        retired=row.retired,
        pattern=described(whole),
        standing=Standing(state=whole.state, confidence=whole.confidence, support=whole.support),
        size=len(row.document),
    )


def write(connection: Connection, drafts: Sequence[Draft], at: datetime.datetime) -> dict[tuple[str, str], Place]:
    """Write drafts that change something; each becomes one revision and one change of the feed.

    Raises SlugTakenError when a new pattern's slug was taken meanwhile.
    """
    if not drafts:
        return {}
    ordered = sorted(drafts, key=lambda draft: draft.name)
    first = feed.reserve(connection, len(ordered)).seq - len(ordered) + 1
    rows = [_row(draft, first + index) for index, draft in enumerate(ordered)]
    new = [row for row in rows if row["id"] is None]
    inserted = pattern_writes.insert(connection, new, at) if new else {}
    if len(inserted) < len(new):
        raise SlugTakenError
    for row in new:
        row["id"] = inserted[row["type"], row["slug"]]
    if len(new) < len(rows):
        _replace(connection, ordered, rows, at)
    _index(connection, ordered, rows)
    pattern_writes.append_to_feed(connection, [_upsert(row) for row in rows], at)
    return {(row["type"], row["slug"]): Place(row["id"], row["seq"]) for row in rows}


def retire(connection: Connection, gone: Sequence[Stored], at: datetime.datetime) -> None:
    """Take patterns out of service, one change of the feed each."""
    if not gone:
        return
    first = feed.reserve(connection, len(gone)).seq - len(gone) + 1
    numbered = [(stored, first + index) for index, stored in enumerate(gone)]
    pattern_writes.retire(
        connection,
        [{"id": it.id, "merged_into": None, "revision": it.revision + 1, "seq": seq} for it, seq in numbered],
        at,
    )
    pattern_writes.append_to_feed(connection, [_retirement(stored.pattern, seq) for stored, seq in numbered], at)


def _replace(
    connection: Connection, drafts: Sequence[Draft], rows: Sequence[dict[str, Any]], at: datetime.datetime
) -> None:
    """Update the rows that were there before; the search index only where words changed."""
    known = [(draft, row) for draft, row in zip(drafts, rows, strict=True) if draft.stored is not None]
    pattern_writes.update(connection, [_without(row, "words") for _draft, row in known], at)
    reworded = [
        {"id": row["id"], "words": row["words"]}
        for draft, row in known
        if draft.stored and row["words"] != _words(draft.stored.pattern)
    ]
    if reworded:
        pattern_writes.update_words(connection, reworded)


def _index(connection: Connection, drafts: Sequence[Draft], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write names and keys of patterns whose names or indicators are not what they were."""
    pairs = [(row["id"], draft) for draft, row in zip(drafts, rows, strict=True)]
    renamed = [(identity, draft) for identity, draft in pairs if _names_differ(draft)]
    if renamed:
        names = [row for identity, draft in renamed for row in _names(draft.pattern, identity)]
        pattern_writes.replace_names(connection, [identity for identity, _draft in renamed], names)
    rekeyed = [(identity, draft) for identity, draft in pairs if _keys_differ(draft)]
    if rekeyed:
        keys = [{"key": key, "pattern_id": identity} for identity, draft in rekeyed for key in _keys(draft.pattern)]
        pattern_writes.replace_keys(connection, [identity for identity, _draft in rekeyed], keys)


def _row(draft: Draft, seq: int) -> dict[str, Any]:
    pattern, standing, stored = draft.pattern, draft.standing, draft.stored
    revision = stored.revision + 1 if stored else 1
    return {
        "id": stored.id if stored else None,
        "type": pattern.type.value,
        "slug": pattern.slug,
        "name": pattern.name,
        "state": standing.state.value,
        "confidence": standing.confidence,
        "category": pattern.category,
        "languages": [language.lower() for language in pattern.languages],
        "revision": revision,
        "seq": seq,
        "source": draft.source,
        "document": document(pattern, standing, revision=revision, seq=seq),
        "words": _words(pattern),
    }


def document(pattern: Pattern, standing: Standing, *, revision: int, seq: int) -> str:
    """Return a pattern as the JSON that is stored, answered and broadcast."""
    tail = wire.encode(_Tail(standing.state, standing.confidence, standing.support, revision, seq))
    return (encode(pattern)[:-1] + b"," + tail[1:]).decode()


def _upsert(row: Mapping[str, Any]) -> dict[str, Any]:
    return _change("upsert", row["type"], row["slug"], row["seq"], row["document"])


def _retirement(pattern: Pattern, seq: int) -> dict[str, Any]:
    body = wire.encode(Retired(type=pattern.type.value, slug=pattern.slug)).decode()
    return _change("retire", pattern.type.value, pattern.slug, seq, body)


def _change(op: str, type_: str, slug: str, seq: int, body: str) -> dict[str, Any]:
    digest = hashlib.sha256(body.encode()).hexdigest()
    return {"seq": seq, "kind": "pattern", "op": op, "type": type_, "slug": slug, "hash": digest, "body": body}


def _words(pattern: Pattern) -> str:
    parts = (pattern.name, pattern.slug, *pattern.aliases, pattern.category, *pattern.languages, pattern.description)
    return " ".join(part for part in parts if part)[:_MAX_WORDS]


def _names_differ(draft: Draft) -> bool:
    if draft.stored is None:
        return True
    before, after = draft.stored.pattern, draft.pattern
    return (before.name, before.aliases) != (after.name, after.aliases)


def _keys_differ(draft: Draft) -> bool:
    return draft.stored is None or draft.stored.pattern.indicators != draft.pattern.indicators


def _names(pattern: Pattern, identity: int) -> Iterator[dict[str, Any]]:
    ranks: dict[str, int] = {}
    for rank, name in ((0, pattern.slug), (1, pattern.name), *((2, alias) for alias in pattern.aliases)):
        if key := normalise(name):
            ranks.setdefault(key, rank)
    for key, rank in ranks.items():
        yield {"type": pattern.type.value, "key": key, "pattern_id": identity, "rank": rank}


def _keys(pattern: Pattern) -> set[str]:
    """Return the keys of the index: those of the indicators, and its own for patterns that imply it."""
    return {*keying.keys_of(pattern), f"slug:{pattern.slug}"}


def _without(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}
