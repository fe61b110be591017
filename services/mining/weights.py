"""Indicator weights, estimated again from where indicators fired and what was said of those codebases.

Derived from rows each time, so a verdict that is taken back, or an instance that is taken out, moves them back.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.keying import indicator_id
from centralcloud_patterns.measures import Measure, Measures
from centralcloud_patterns.merging import is_curated
from centralcloud_patterns.mining.reliability import Judged, unreliable
from centralcloud_patterns.mining.seen import Kind
from centralcloud_patterns.pattern import Indicator, Measured, Pattern
from centralcloud_patterns.weights import Weight, estimate
from models import mined, statistics, verdicts
from models.mined import PART
from services import pattern_writing
from services.mining.done import Done
from services.mining.rules import Rules
from services.pattern_writing import Draft

#: Where it is kept which patterns are measured: those whose verdicts are gone get their sources' weights back.
_MEASURED: Final = "measured_patterns"
#: Patterns whose sets are held at a time.
_STEP: Final = 100


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A pattern's codebases by what was said of them, as sets of bits."""

    have: int
    lack: int


def estimate_weights(connection: Connection, rules: Rules, now: datetime.datetime) -> Done:
    """Write the weights that differ from those that are told; one revision a pattern."""
    apart = unreliable(
        Judged(row.instance_id, row.pattern_id, row.confirmed, row.rejected) for row in verdicts.by_instance(connection)
    )
    before = set(statistics.everything(connection).get(_MEASURED) or ())
    measured: dict[int, Measures] = {}
    looked_at = 0
    for step in _steps(verdicts.of_patterns(connection, apart)):
        looked_at += len(step)
        measured |= _measure(connection, step, rules)
    written = _write(connection, measured, before, now)
    if before != measured.keys():
        statistics.put(connection, _MEASURED, sorted(measured))
    return Done(looked_at, written, {"patterns": written, "instances_apart": sorted(apart)})


def _steps(spoken: Iterable[tuple[int, list[int], list[int]]]) -> Iterator[dict[int, _Spoken]]:
    step: dict[int, _Spoken] = {}
    for pattern_id, have, lack in spoken:
        step[pattern_id] = _Spoken(_bits(have), _bits(lack))
        if len(step) == _STEP:
            yield step
            step = {}
    if step:
        yield step


def _bits(numbers: list[int]) -> int:
    bits = bytearray((max(numbers, default=0) // PART + 1) * PART // 8)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")


def _measure(connection: Connection, step: Mapping[int, _Spoken], rules: Rules) -> dict[int, Measures]:
    """Return the measured weights of some patterns, by id; those of which nothing is known are left out."""
    rows = verdicts.live(connection, step)
    patterns = {id_: msgspec.json.decode(row.document, type=Pattern) for id_, row in rows.items()}
    keys = {_fired(pattern, it) for pattern in patterns.values() for it in pattern.indicators}
    items = {row.key: row.id for row in mined.of_keys(connection, Kind.FIRED.value, keys)}
    sets = mined.sets(connection, items.values())
    found: dict[int, Measures] = {}
    for id_, pattern in patterns.items():
        fired = {key: sets.get(items[key], 0) for it in pattern.indicators if (key := _fired(pattern, it)) in items}
        measures = _measures(pattern, step[id_], fired, rules)
        if measures:
            found[id_] = measures
    return found


def _measures(pattern: Pattern, spoken: _Spoken, fired: Mapping[str, int], rules: Rules) -> dict[str, Measure]:
    curated = is_curated(pattern)
    learned = {entry.field for entry in pattern.provenance}
    measures: dict[str, Measure] = {}
    for indicator in pattern.indicators:
        bits = fired.get(_fired(pattern, indicator), 0)
        hits, misses = (bits & spoken.have).bit_count(), (bits & spoken.lack).bit_count()
        if hits + misses and indicator.polarity == "for":
            said = indicator.measured.prior if indicator.measured else indicator.weight
            own = curated and f"indicators.{indicator.id}" not in learned
            found = estimate(said if own else rules.prior, rules.strength, hits, misses)
            measures[indicator_id(indicator)] = _told(found, said, hits, misses)
    return measures


def _told(found: Weight, said: float, hits: int, misses: int) -> Measure:
    """Return an estimate as it is told: by few digits, so that a voice more of many is no news to everybody."""
    weight = round(found.mean, 2)
    low, high = min(weight, round(found.low, 3)), max(weight, round(found.high, 3))
    return Measure(weight, Measured(prior=said, hits=_about(hits), misses=_about(misses), low=low, high=high))


def _about(count: int) -> int:
    return int(float(f"{count:.2g}"))


def _fired(pattern: Pattern, indicator: Indicator) -> str:
    return f"{pattern.type.value}/{pattern.slug}#{indicator_id(indicator)}"


def _write(
    connection: Connection, measured: Mapping[int, Measures], before: Iterable[int], now: datetime.datetime
) -> int:
    """Write what differs; those that were measured before and are not now go back to what is said of them."""
    drafts = []
    for stored in pattern_writing.lock(connection, {*measured, *before}):
        if stored.retired:
            continue
        measures = measured.get(stored.id, {})
        if stored.measures != measures:
            drafts.append(Draft(stored.pattern, stored.standing, stored.source, stored, measures))
    pattern_writing.write(connection, drafts, now)
    return len(drafts)
