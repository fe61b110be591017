"""Bring the index in line with the observations of codebases that changed: which items each has, and whose each is.

Only what changed is read and written. Run twice, the second time finds nothing to do.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sqlalchemy import Connection

from centralcloud_patterns.mining.agreed import agreed
from centralcloud_patterns.mining.seen import Kind, item
from models import mined, observations
from models.base import AnyRow
from models.mined import PART

#: Codebases that are indexed in one step: bounds memory and the length of a statement.
STEP: Final = 20_000

_INSTANCE: Final = item(Kind.INSTANCE, "")
_WEEK: Final = item(Kind.WEEK, "")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Indexed:
    """What a step did: codebases it looked at, and how many of them had changed."""

    looked_at: int = 0
    changed: int = 0


def index_news(connection: Connection, limit: int = STEP) -> Indexed:
    """Index codebases that have news, the longest waiting first."""
    codebases = observations.take_news(connection, limit)
    return index(connection, codebases) if codebases else Indexed()


def index(connection: Connection, codebases: Collection[str]) -> Indexed:
    """Count codebases as their observations are now, in place of how they were counted."""
    wanted = _items(connection, codebases)
    ids = _ids(connection, set().union(*wanted.values()))
    changes: dict[int, tuple[list[int], list[int]]] = {}
    items: dict[int, list[int]] = {}
    for row in mined.numbered(connection, codebases):
        now, before = set(map(ids.__getitem__, wanted.get(row.codebase_id, ()))), set(row.items)
        if now != before:
            items[row.number] = sorted(now)
            changes[row.number] = (sorted(now - before), sorted(before - now))
    if changes:
        mined.write_codebases(connection, items)
        mined.count(connection, _counts(changes.values()))
        _write_bits(connection, changes)
    return Indexed(len(codebases), len(changes))


def _items(connection: Connection, codebases: Collection[str]) -> dict[str, set[str]]:
    """Return what holds of each codebase, who looked, and in which week it was first seen so."""
    found: dict[str, set[str]] = {}
    for codebase, rows in groupby(observations.of_codebases(connection, codebases), key=lambda row: row.codebase_id):
        sights = list(rows)
        found[codebase] = agreed([row.items for row in sights]) | _marks(sights)
    return found


def _marks(sights: Iterable[AnyRow]) -> set[str]:
    marks = set()
    for row in sights:
        year, week, _day = row.observed_at.isocalendar()
        marks |= {_INSTANCE + row.instance_id, f"{_WEEK}{year}-W{week:02}"}
    return marks


def _ids(connection: Connection, items: Collection[str]) -> dict[str, int]:
    """Return the id of each item, as it is written in observations."""
    split = {it: (it.partition(":")[0], it.partition(":")[2]) for it in items}
    ids = mined.item_ids(connection, split.values())
    return {it: ids[pair] for it, pair in split.items()}


def _counts(changes: Iterable[tuple[list[int], list[int]]]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for gained, lost in changes:
        counted.update(gained)
        counted.subtract(lost)
    return Counter({item_id: change for item_id, change in counted.items() if change})


def _write_bits(connection: Connection, changes: dict[int, tuple[list[int], list[int]]]) -> None:
    """Turn the bits of codebases that gained or lost items."""
    turned: dict[Place, list[int]] = {}
    for number, (gained, lost) in changes.items():
        part, place = divmod(number, PART)
        for item_id in (*gained, *lost):
            turned.setdefault((item_id, part), []).append(place)
    stored = mined.read_bits(connection, turned)
    mined.write_bits(connection, {at: _turned(stored.get(at, b""), places) for at, places in turned.items()})


def _turned(bits: bytes, places: Collection[int]) -> bytes:
    changed = bytearray(bits)
    changed.extend(bytes(max(places) // 8 + 1 - len(changed)) if max(places) // 8 >= len(changed) else b"")
    for place in places:
        changed[place >> 3] ^= 1 << (place & 7)
    return bytes(changed)
