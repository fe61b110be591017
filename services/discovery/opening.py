"""Count names that nobody knew, and open their discoveries: each exactly once, however many ask.

One statement decides what is new or may be tried again; whoever loses a race changes nothing. Working on them is
`running`'s.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine

from models import discoveries, misses
from services.discovery.identity import Pair, discovery_id
from services.discovery.outcomes import Outcome, turned_away
from services.discovery.reasons import DISABLED, TOO_MANY, pause
from services.discovery.telling import SETTLED, Teller, is_wanted

#: Unsettled discoveries beyond which no new one is opened, and those of one instance: the budget of weeks, so that
#: whoever asks for everything does not keep the others from asking.
MOST_UNSETTLED: Final = 20_000
MOST_OF_ONE: Final = 2_000
_TOO_MANY: Final = "as many names as may wait are to be found out, of all or of whoever asks"


class Missed(NamedTuple):
    """One name that was asked for in vain, `asked` times since it was last told."""

    type: str
    key: str
    name: str
    #: Whoever asked first; empty: anonymous.
    instance_id: str
    trace: str
    asked: int


def missed(teller: Teller, instances: Mapping[str, str], trace: str) -> list[Missed]:
    """Return what a batch asked for in vain; `instances` by the place in the batch, as text."""
    return [
        Missed(*pair, name, instances.get(str(place), ""), trace, 1)
        for place, (pair, name) in enumerate(zip(teller.pairs, teller.asked, strict=True))
        if pair in teller.words and is_wanted(teller.words[pair])
    ]


def record(
    database: Engine,
    told: Iterable[Missed],
    now: datetime.datetime,
    *,
    enabled: bool,
    tell: Callable[[Outcome], None] = lambda _outcome: None,
) -> int:
    """Count misses and open what is to be found out; return how many discoveries were opened.

    `enabled`: a model may be asked, so what failed for want of one is tried again. `tell` hears what is turned away
    because too much is open already.
    """
    missed = _together(told)
    obsolete = DISABLED if enabled else None
    with database.begin() as connection:
        misses.record(connection, [_miss(it) for it in missed])
        crowded = _crowded(connection, {it.instance_id for it in missed})
        rows = [_discovery(it) for it in missed if it.instance_id not in crowded]
        opened = discoveries.open_(connection, rows, now=now, settled=now - SETTLED, obsolete=obsolete)
        away = [_discovery(it) for it in missed if it.instance_id in crowded]
        values = {"reason": TOO_MANY, "message": _TOO_MANY, "due_at": now + pause(TOO_MANY, 1)}
        turned = discoveries.turn_away(connection, away, values, now=now, settled=now - SETTLED, obsolete=obsolete)
    for row in turned:
        tell(turned_away(row, now))
    return opened


def _crowded(connection: Connection, instances: set[str]) -> set[str]:
    """Return the instances of which nothing more is opened."""
    unsettled = discoveries.count_unsettled(connection)
    if unsettled >= MOST_UNSETTLED:
        return instances
    return discoveries.with_unsettled(connection, instances, MOST_OF_ONE) if unsettled >= MOST_OF_ONE else set()


def _together(told: Iterable[Missed]) -> Sequence[Missed]:
    """Return one entry a name, in the order in which everybody locks them."""
    first: dict[Pair, Missed] = {}
    for it in told:
        known = first.get((it.type, it.key))
        first[it.type, it.key] = it if known is None else known._replace(asked=known.asked + it.asked)
    return [first[pair] for pair in sorted(first)]


def _miss(it: Missed) -> dict[str, str | int]:
    return {"type": it.type, "key": it.key, "name": it.name, "asked": it.asked}


def _discovery(it: Missed) -> dict[str, str]:
    return {
        "type": it.type,
        "key": it.key,
        "id": discovery_id(it.type, it.key),
        "name": it.name,
        "instance_id": it.instance_id,
        "trace": it.trace,
    }
