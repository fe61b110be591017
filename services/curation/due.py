"""Work off the patterns that are due to be derived anew: a few a transaction, beside live workers.

What learns left undone, and what a revocation leaves behind. Any number of these may run at a time: each takes what
nobody else works on. A pattern that cannot be derived waits, and takes no other along.
"""

import datetime
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import structlog
from sqlalchemy import Engine

from centralcloud_patterns.standing import Policy
from models import derivations, learns
from services.curation import deriving
from services.learning.faults import describe, is_infrastructure
from services.times import Clock

REVOKED: Final = "revoked"
#: Patterns of one transaction, and learns that are read for them: whoever would change one of them waits.
_BATCH: Final = 50
_MOST_LEARNS: Final = 5_000
#: How long a pattern waits that could not be derived.
_PUT_OFF: Final = datetime.timedelta(hours=1)

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Worked:
    """What a run did."""

    looked_at: int = 0
    changed: int = 0
    retired: int = 0
    #: Patterns that could not be derived.
    failed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Moment:
    """What is due by when, and what time it is."""

    until: datetime.datetime
    now: datetime.datetime
    policy: Policy


class _FailedError(Exception):
    """Patterns of a batch, of which one at least cannot be derived."""

    def __init__(self, ids: Collection[int]) -> None:
        super().__init__(f"{len(ids)} patterns")
        self.ids = ids


def work_off(
    database: Engine, clock: Clock, policy: Policy, *, seconds: float = 20.0, until: datetime.datetime | None = None
) -> Worked:
    """Derive what is due by now, or by `until`, for about so long."""
    began = time.monotonic()
    worked = Worked()
    while time.monotonic() - began < seconds:
        now = clock()
        moment = _Moment(until or now, now, policy)
        try:
            if not _batch(database, moment, worked):
                break
        except _FailedError as failed:
            _one_by_one(database, moment, worked, failed.ids)
    worked.seconds = time.monotonic() - began
    return worked


def _batch(database: Engine, moment: _Moment, worked: Worked, of: Collection[int] | None = None) -> bool:
    """Derive a few that are due, of all or of these; False when there are none. Raises _FailedError."""
    with database.begin() as connection:
        rows = derivations.take(connection, moment.until, _BATCH, of)
        if not rows:
            return False
        taken = [row.pattern_id for row in rows]
        ids = few_of(taken, learns.how_many(connection, taken))
        reopened = [row.pattern_id for row in rows if row.reason == REVOKED and row.pattern_id in ids]
        try:
            derived = deriving.derive(connection, ids, moment.now, moment.policy, reopened=reopened)
        except Exception as error:
            if is_infrastructure(error):
                raise
            raise _FailedError(ids) from error
        derivations.done(connection, ids)
        worked.looked_at += derived.looked_at
        worked.changed += len(derived.written)
        worked.retired += len(derived.retired)
    return True


def few_of(ids: Sequence[int], learns_of: Mapping[int, int], most: int = _MOST_LEARNS) -> list[int]:
    """Return the first patterns whose learns come to no more than `most` altogether, or the very first alone."""
    altogether = list(accumulate(learns_of.get(identity, 0) for identity in ids))
    return [identity for identity, so_far in zip(ids, altogether, strict=True) if so_far <= most] or list(ids[:1])


def _one_by_one(database: Engine, moment: _Moment, worked: Worked, ids: Collection[int]) -> None:
    """Derive each alone, and put off those that cannot be."""
    for identity in ids:
        try:
            _batch(database, moment, worked, [identity])
        except _FailedError as failed:
            _log.error("pattern not derived", pattern=identity, error=describe(failed.__cause__ or failed))
            worked.failed += 1
            with database.begin() as connection:
                derivations.put_off(connection, identity, moment.until + _PUT_OFF)
