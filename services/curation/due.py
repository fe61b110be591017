"""Work off the patterns that are due to be derived anew: a few a transaction, beside live workers.

What learns left undone, and what a revocation leaves behind. Any number of these may run at a time: each takes what
nobody else works on. A pattern that cannot be derived waits, and takes no other along.
"""

import datetime
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Engine

from centralcloud_patterns.standing import Policy
from models import derivations
from services.curation import deriving
from services.learning.faults import describe, is_infrastructure
from services.times import Clock

REVOKED: Final = "revoked"
#: Patterns of one transaction: whoever would change one of them waits.
_BATCH: Final = 50
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
        ids = [row.pattern_id for row in rows]
        reopened = [row.pattern_id for row in rows if row.reason == REVOKED]
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
