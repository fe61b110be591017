"""Revoke an instance: from then on all is as if it had never spoken, or not since a certain time.

One transaction lets its learns and observations count no more and notes what they went into; then each of those
patterns is derived anew. Broken off, the rest is worked off by the schedule; repeated, it changes nothing.
"""

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine

from centralcloud_patterns.standing import Policy
from models import audit, derivations, instances, learns, observations, pattern_writes
from services.curation import due
from services.curation.due import Worked
from services.times import Clock

_MESSAGE: Final = "an operator revoked this instance"
#: Before anything was observed.
_EVER: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
#: Seconds between looks at whether others have derived the rest.
_PAUSE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Revocation:
    """What there is to revoke, or was: learns and feedback, codebases observed, and the patterns they went into."""

    learns: int
    codebases: int
    patterns: int


def look(database: Engine, instance_id: str, since: datetime.datetime | None) -> Revocation:
    """Return what revoking an instance would do, without doing it."""
    with database.connect() as connection, connection.begin() as transaction:
        found = _take_back(connection, instance_id, since)
        transaction.rollback()
    return found


def revoke(
    database: Engine,
    instance_id: str,
    *,
    since: datetime.datetime | None,
    actor: str,
    reason: str,
    clock: Clock,
    policy: Policy,
    progress: Callable[[int], None] = lambda _left: None,
) -> tuple[Revocation, Worked]:
    """Revoke an instance and derive what it touched; `progress` is told how many patterns are left."""
    now = clock()
    with database.begin() as connection:
        instances.exclude_learning(connection)
        instances.revoke(connection, instance_id, since, now)
        found = _take_back(connection, instance_id, since)
        audit.append(
            connection,
            at=now,
            actor=actor,
            action="revoke",
            type_="",
            slug=instance_id,
            reason=reason,
            detail={"since": since.isoformat() if since else None, "learns": found.learns, "patterns": found.patterns},
        )
    return found, follow_up(database, clock, policy, progress)


def follow_up(database: Engine, clock: Clock, policy: Policy, progress: Callable[[int], None]) -> Worked:
    """Derive what revocations left behind, until nothing is left."""
    together = Worked()
    while left := _left(database, clock()):
        progress(left)
        worked = due.work_off(database, clock, policy, seconds=1.0)
        if not worked.looked_at and not worked.failed:
            # Others are at it.
            time.sleep(_PAUSE)
        together.looked_at += worked.looked_at
        together.changed += worked.changed
        together.retired += worked.retired
        together.failed += worked.failed
        together.seconds += worked.seconds
    return together


def _left(database: Engine, now: datetime.datetime) -> int:
    with database.connect() as connection:
        return derivations.count(connection, due.REVOKED, now)


def _take_back(connection: Connection, instance_id: str, since: datetime.datetime | None) -> Revocation:
    spoken_of = pattern_writes.spoken_of_by(connection, instance_id)
    touched = sorted({*spoken_of, *audit.merged_on_sight_of(connection, instance_id)})
    taken = learns.revoke(connection, instance_id, since, _MESSAGE)
    # At once, and before whatever else is due.
    derivations.want(connection, touched, _EVER, due.REVOKED)
    return Revocation(taken, observations.forget(connection, instance_id, since or _EVER), len(touched))
