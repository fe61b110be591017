"""Load the catalogue we ship into the database: what changed in its files becomes revisions, what left them is retired.

Idempotent, and safe beside live workers. Where the catalogue meets something learned, both become one pattern: the
catalogue's words stand, the learned evidence stays. The files' format is `centralcloud_patterns.catalogue_format`'s.
"""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection, Engine

from centralcloud_client.naming import normalise
from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.merging import CATALOGUE, LEARN, merge, without_curated
from centralcloud_patterns.pattern import Pattern
from models import derivations, pattern_writes, statistics
from models.base import AnyRow
from services import pattern_writing
from services.learning import following, supporting
from services.learning.supporting import Tally
from services.pattern_writing import Draft, Retirement, Stored

#: Where the digest of what was loaded is kept.
_LOADED: Final = "catalogue"
#: Part of the digest: to be raised when the same files must be loaded anew because loading changed.
_LOADER: Final = b"1"
#: Ranks of names that make a learned pattern the same as a catalogue's: its slug and its name, no mere alias.
_RANKS: Final = (0, 1, pattern_writes.LEARNED_NAME)

Identity = tuple[str, str]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How many patterns of the catalogue were added, changed, left alone and retired."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0


def load(database: Engine, folder: Path) -> LoadReport:
    """Bring the database in line with the files of `folder`; raises CatalogueError for a file that is not right."""
    files = sorted(folder.glob("*.yaml"))
    texts = {path.stem: path.read_bytes() for path in files}
    digest = _digest(texts)
    with database.connect() as connection:
        loaded = statistics.everything(connection).get(_LOADED) or {}
    if loaded.get("digest") == digest:
        return LoadReport(unchanged=loaded["patterns"])
    wanted = _parse(texts)
    with database.begin() as connection:
        report = _bring_in_line(connection, wanted, datetime.datetime.now(datetime.UTC))
        statistics.put(connection, _LOADED, {"digest": digest, "patterns": len(wanted)})
    return report


def _digest(texts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256(_LOADER)
    for family, text in texts.items():
        digest.update(f"\0{family}\0{len(text)}\0".encode() + text)
    return digest.hexdigest()


def _parse(texts: Mapping[str, bytes]) -> dict[Identity, Pattern]:
    wanted: dict[Identity, Pattern] = {}
    for family, text in texts.items():
        for pattern in parse(text.decode(), family):
            identity = (pattern.type.value, pattern.slug)
            other = wanted.setdefault(identity, pattern)
            if other is not pattern:
                _log.warning("described twice in the catalogue", family=family, type=identity[0], slug=identity[1])
                wanted[identity] = merge(other, pattern)
    return wanted


def _bring_in_line(connection: Connection, wanted: Mapping[Identity, Pattern], at: datetime.datetime) -> LoadReport:
    pattern_writes.exclude_others(connection)
    named = _named(connection, wanted)
    ids = {*pattern_writes.ids_of_source(connection, CATALOGUE), *(row.id for row in named.values())}
    stored = {(it.pattern.type.value, it.pattern.slug): it for it in pattern_writing.lock(connection, ids)}
    absorbed = _absorb(wanted, stored, named)
    tallies = supporting.tally_of(connection, ids)
    drafts = []
    for identity, pattern in wanted.items():
        speakers = _speakers(stored.get(identity), absorbed.get(identity, []))
        tally = (
            supporting.joint_tally(connection, [it.id for it in speakers])
            if len(speakers) > 1
            else _only(tallies, speakers)
        )
        drafts.append(_draft(pattern, stored.get(identity), speakers, tally))
    left = [
        it for identity, it in stored.items() if it.source == CATALOGUE and identity not in wanted and not it.retired
    ]
    kept = [_demoted(it, tallies) for it in left if _is_taught(it)]
    changed = [draft for draft in drafts if draft.changes]
    places = pattern_writing.write(connection, [*changed, *kept], at)
    # What instances say of them may count otherwise from now on.
    again = [*(places[it.name].id for it in kept), *(places[name].id for name in absorbed if name in places)]
    derivations.note(connection, sorted(again), at, following.TAUGHT)
    for identity, its in absorbed.items():
        survivor = places[identity].id if identity in places else stored[identity].id
        pattern_writes.move_support(connection, [it.id for it in its], survivor)
    merged = [Retirement(it, slug) for (_type, slug), its in absorbed.items() for it in its]
    pattern_writing.retire(connection, [*merged, *(Retirement(it) for it in left if not _is_taught(it))], at)
    added = sum(draft.stored is None for draft in changed)
    return LoadReport(added, len(changed) - added, len(drafts) - len(changed), len(left))


def _named(connection: Connection, wanted: Mapping[Identity, Pattern]) -> dict[int, AnyRow]:
    """Find by name what is alive, or of the same slug, whoever said it; by id."""
    pairs = {(type_, key) for (type_, _slug), pattern in wanted.items() for key in _keys(pattern)}
    rows = pattern_writes.named(connection, pairs)
    return {row.id: row for row in rows if (row.type, row.slug) in wanted or (not row.retired and row.rank in _RANKS)}


def _absorb(
    wanted: Mapping[Identity, Pattern],
    stored: Mapping[Identity, Stored],
    named: Mapping[int, AnyRow],
) -> dict[Identity, list[Stored]]:
    """Find learned patterns that are a catalogue's under another slug; by the catalogue's identity."""
    owners: dict[tuple[str, str], Identity] = {}
    for identity, pattern in wanted.items():
        for key in _keys(pattern):
            owners.setdefault((identity[0], key), identity)
    absorbed: dict[Identity, list[Stored]] = {}
    for row in named.values():
        identity = (row.type, row.slug)
        if identity not in wanted and row.source != CATALOGUE:
            absorbed.setdefault(owners[row.type, row.key], []).append(stored[identity])
    return absorbed


def _speakers(stored: Stored | None, absorbed: Sequence[Stored]) -> list[Stored]:
    """Return the stored patterns that go into one of the catalogue's."""
    return [*([stored] if stored and not stored.retired else []), *absorbed]


def _only(tallies: Mapping[int, Tally], speakers: Sequence[Stored]) -> Tally:
    return tallies.get(speakers[0].id, Tally()) if speakers else Tally()


def _draft(pattern: Pattern, stored: Stored | None, speakers: Sequence[Stored], tally: Tally) -> Draft:
    """Return the catalogue's pattern with whatever was learned of it."""
    learned = [msgspec.structs.replace(without_curated(it.pattern), slug=pattern.slug) for it in speakers]
    together = reduce(merge, learned, merge(pattern, pattern))
    return Draft(
        pattern=together,
        standing=supporting.derived(together, tally),
        source=CATALOGUE,
        stored=stored,
    )


def _is_taught(stored: Stored) -> bool:
    """Tell whether a pattern would still be known without the catalogue."""
    return any(entry.field is None for entry in without_curated(stored.pattern).provenance)


def _demoted(stored: Stored, tallies: Mapping[int, Tally]) -> Draft:
    """Return what is left of a pattern that the catalogue no longer vouches for."""
    tally = tallies.get(stored.id, Tally())
    left = without_curated(stored.pattern)
    return Draft(left, supporting.derived(left, tally), LEARN, stored)


def _keys(pattern: Pattern) -> list[str]:
    return [key for key in map(normalise, (pattern.slug, pattern.name, *pattern.aliases)) if key]
