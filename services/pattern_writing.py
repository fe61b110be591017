"""Write patterns: their rows, names, keys and feed rows, inside the caller's transaction.

The one way patterns change, for learning and the catalogue alike. What a pattern says is decided before; the feed's
numbers are taken last, so that its head is locked briefly.
"""

import datetime
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import Connection

from centralcloud_client import wire
from centralcloud_client.messages.sync import Retired
from centralcloud_patterns import keying
from centralcloud_patterns.measures import Measures, measures_of, with_measures, without_measures
from centralcloud_patterns.merging import described, is_curated
from centralcloud_patterns.pattern import Pattern
from centralcloud_patterns.standing import Standing
from models import feed, pattern_writes
from models.base import AnyRow
from models.feed import FeedChange
from services.pattern_documents import document, words, words_differ
from services.pattern_names import rows_of_names

#: Source of patterns that follow from what codebases show: words on them are heard, and change none of it.
MINED: Final = "mining"
_decoder: Final = msgspec.json.Decoder(Pattern)
#: A pattern's description as JSON.
encode: Final = wire.encode


class SlugTakenError(Exception):
    """Somebody else created the pattern meanwhile: the transaction must be run again."""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """A pattern as the database has it."""

    id: int
    revision: int
    seq: int
    source: str
    retired: bool
    #: What describes it, without what is derived or counted.
    pattern: Pattern
    standing: Standing
    #: Characters of its document.
    size: int
    #: When this revision was written.
    at: datetime.datetime
    #: Weights as they were seen, which the pattern itself is without.
    measures: Measures = {}


@dataclass(frozen=True, slots=True)
class Draft:
    """A pattern as it shall be; `stored` is what it replaces."""

    pattern: Pattern
    standing: Standing
    source: str
    stored: Stored | None
    #: None: those that are there stay.
    measures: Measures | None = None

    @property
    def measured(self) -> Measures:
        """The weights as they were seen."""
        if self.measures is not None:
            return self.measures
        return self.stored.measures if self.stored and not self.stored.retired else {}

    @property
    def name(self) -> tuple[str, str]:
        """Its identity."""
        return self.pattern.type, self.pattern.slug

    @property
    def revision(self) -> int:
        """Its counter after the change."""
        return self.stored.revision + 1 if self.stored else 1

    @property
    def changes(self) -> bool:
        """Whether anybody could tell the difference."""
        stored = self.stored
        return (
            stored is None
            or stored.retired
            or stored.source != self.source
            or stored.standing != self.standing
            or (stored.pattern is not self.pattern and stored.pattern != self.pattern)
            or (self.measures is not None and stored.measures != self.measures)
        )


@dataclass(frozen=True, slots=True)
class Retirement:
    """A pattern that is to be answered no longer, and the slug of the one that took its place."""

    stored: Stored
    merged_into: str | None = None


class Memory(Protocol):
    """What may know patterns without reading them."""

    def recall(self, row: AnyRow) -> Stored | None:
        """Return the very revision that a row (id, revision, seq, updated_at) names, or None."""


def lock(connection: Connection, ids: Collection[int], memory: Memory | None = None) -> list[Stored]:
    """Lock patterns and return what they hold now."""
    rows = pattern_writes.lock(connection, ids)
    known = {row.id: memory.recall(row) for row in rows} if memory else {}
    unknown = [row.id for row in rows if known.get(row.id) is None]
    documents = pattern_writes.documents(connection, unknown) if unknown else {}
    return [known.get(row.id) or _read(row, documents[row.id]) for row in rows]


def _read(row: AnyRow, document: str) -> Stored:
    whole = _decoder.decode(document)
    return Stored(
        id=row.id,
        revision=row.revision,
        seq=row.seq,
        source=row.source,
        retired=row.retired,
        pattern=without_measures(described(whole)),
        standing=Standing(state=whole.state, confidence=whole.confidence, support=whole.support),
        size=len(document),
        at=row.updated_at,
        measures=measures_of(whole),
    )


def write(connection: Connection, drafts: Sequence[Draft], at: datetime.datetime) -> dict[tuple[str, str], Stored]:
    """Write drafts that change something; each becomes one revision and one change of the feed.

    Returns them as they are stored once the transaction is committed.

    Raises SlugTakenError when a new pattern's slug was taken meanwhile.
    """
    if not drafts:
        return {}
    ordered = sorted(drafts, key=lambda draft: draft.name)
    last = feed.reserve(connection, len(ordered)).seq
    first = last - len(ordered) + 1
    numbered = [(draft, first + index) for index, draft in enumerate(ordered)]
    changes = [_upsert(draft, seq, at) for draft, seq in numbered]
    feed.append(connection, changes)
    ids = {
        **_insert(connection, [it for it in numbered if it[0].stored is None]),
        **_replace(connection, [it for it in numbered if it[0].stored is not None]),
    }
    _index(connection, [(ids[draft.name], draft) for draft in ordered])
    return {draft.name: _stored(draft, ids[draft.name], change) for draft, change in zip(ordered, changes, strict=True)}


def retire(connection: Connection, gone: Sequence[Retirement], at: datetime.datetime) -> list[Stored]:
    """Take patterns out of service, one revision and one change of the feed each; return them as they are then."""
    if not gone:
        return []
    first = feed.reserve(connection, len(gone)).seq - len(gone) + 1
    now = [
        msgspec.structs.replace(it.stored, revision=it.stored.revision + 1, seq=seq, retired=True, at=at)
        for seq, it in enumerate(gone, first)
    ]
    rows = [
        {"id": one.id, "merged_into": it.merged_into, "revision": one.revision, "seq": one.seq}
        for one, it in zip(now, gone, strict=True)
    ]
    pattern_writes.retire(connection, rows, at)
    # Out of the index: of a crowded key they would take the place of living ones.
    pattern_writes.replace_keys(connection, [one.id for one in now], [])
    feed.append(connection, [_retirement(it, one.seq, at) for it, one in zip(gone, now, strict=True)])
    return now


def _stored(draft: Draft, identity: int, change: FeedChange) -> Stored:
    return Stored(
        id=identity,
        revision=draft.revision,
        seq=change.seq,
        source=draft.source,
        retired=False,
        pattern=draft.pattern,
        standing=draft.standing,
        size=len(change.body),
        at=change.at,
        measures=measures_of(with_measures(draft.pattern, draft.measured)),
    )


def _insert(connection: Connection, numbered: Sequence[tuple[Draft, int]]) -> dict[tuple[str, str], int]:
    if not numbered:
        return {}
    rows = [{**_row(draft, seq), "words": words(draft.pattern)} for draft, seq in numbered]
    ids = pattern_writes.insert(connection, rows)
    if len(ids) < len(rows):
        raise SlugTakenError
    return ids


def _replace(connection: Connection, numbered: Sequence[tuple[Draft, int]]) -> dict[tuple[str, str], int]:
    """Update what was there before; the search index only where words changed."""
    if not numbered:
        return {}
    pattern_writes.update(connection, [_row(draft, seq) for draft, seq in numbered])
    reworded = [
        {"id": draft.stored.id, "words": words(draft.pattern)}
        for draft, _seq in numbered
        if draft.stored and words_differ(draft.stored.pattern, draft.pattern)
    ]
    if reworded:
        pattern_writes.update_words(connection, reworded)
    return {draft.name: draft.stored.id for draft, _seq in numbered if draft.stored}


def _index(connection: Connection, pairs: Sequence[tuple[int, Draft]]) -> None:
    """Write names and keys of patterns whose names or indicators are not what they were."""
    renamed = [(identity, draft) for identity, draft in pairs if _names_differ(draft)]
    if renamed:
        names = [row for identity, draft in renamed for row in rows_of_names(draft.pattern, identity)]
        pattern_writes.replace_names(connection, [identity for identity, _draft in renamed], names)
    rekeyed = [(identity, draft) for identity, draft in pairs if _keys_differ(draft)]
    if rekeyed:
        write_keys(connection, [(identity, draft.pattern) for identity, draft in rekeyed])


def write_keys(connection: Connection, pairs: Sequence[tuple[int, Pattern]]) -> None:
    """Write the indicator keys of patterns, by id, in place of those that are there."""
    keys = [
        {"key": key, "learned": not is_curated(pattern), "pattern_id": identity}
        for identity, pattern in pairs
        for key in _keys(pattern)
    ]
    pattern_writes.replace_keys(connection, [identity for identity, _pattern in pairs], keys)


def _row(draft: Draft, seq: int) -> dict[str, Any]:
    pattern, standing = draft.pattern, draft.standing
    return {
        "id": draft.stored.id if draft.stored else None,
        "type": pattern.type,
        "slug": pattern.slug,
        "name": pattern.name,
        "state": standing.state.value,
        "confidence": standing.confidence,
        "category": pattern.category,
        "languages": [language.lower() for language in pattern.languages],
        "revision": draft.revision,
        "seq": seq,
        "source": draft.source,
    }


def _upsert(draft: Draft, seq: int, at: datetime.datetime) -> FeedChange:
    body = document(with_measures(draft.pattern, draft.measured), draft.standing, revision=draft.revision, seq=seq)
    digest = hashlib.sha256(body).hexdigest()
    return FeedChange(seq, "pattern", "upsert", *draft.name, at, digest, body.decode())


def _retirement(gone: Retirement, seq: int, at: datetime.datetime) -> FeedChange:
    pattern = gone.stored.pattern
    retired = Retired(type=pattern.type.value, slug=pattern.slug, merged_into=gone.merged_into)
    body = wire.encode(retired)
    digest = hashlib.sha256(body).hexdigest()
    return FeedChange(seq, "pattern", "retire", retired.type, retired.slug, at, digest, body.decode())


def _names_differ(draft: Draft) -> bool:
    if draft.stored is None:
        return True
    before, after = draft.stored.pattern, draft.pattern
    return (before.name, before.aliases) != (after.name, after.aliases)


def _keys_differ(draft: Draft) -> bool:
    stored = draft.stored
    if stored is None or stored.retired or stored.pattern.indicators != draft.pattern.indicators:
        return True
    return stored.pattern is not draft.pattern and is_curated(stored.pattern) != is_curated(draft.pattern)


def _keys(pattern: Pattern) -> set[str]:
    """Return the keys of the index: those of the indicators, and its own for patterns that imply it."""
    return {*keying.keys_of(pattern), f"slug:{pattern.slug}"}
