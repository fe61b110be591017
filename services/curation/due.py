"""Work off the patterns that are due to be derived anew: a few a transaction, beside live workers.

What learns left undone, and what a revocation leaves behind. Any number of these may run at a time: each takes what
nobody else works on.
"""

import datetime
import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from centralcloud_patterns.standing import Policy
from models import derivations
from services.curation import deriving
from services.times import Clock

REVOKED: Final = "revoked"
#: Patterns of one transaction: whoever would change one of them waits.
_BATCH: Final = 50


@dataclass(slots=True)
class Worked:
    """What a run did."""

    looked_at: int = 0
    changed: int = 0
    retired: int = 0
    seconds: float = 0.0


def work_off(
    database: Engine, clock: Clock, policy: Policy, *, seconds: float = 20.0, until: datetime.datetime | None = None
) -> Worked:
    """Derive what is due by now, or by `until`, for about so long."""
    began = time.monotonic()
    worked = Worked()
    while time.monotonic() - began < seconds and _batch(database, until or clock(), clock(), policy, worked):
        pass
    worked.seconds = time.monotonic() - began
    return worked


def _batch(database: Engine, until: datetime.datetime, now: datetime.datetime, policy: Policy, worked: Worked) -> bool:
    """Derive a few that are due; False when there are none."""
    with database.begin() as connection:
        rows = derivations.take(connection, until, _BATCH)
        if not rows:
            return False
        ids = [row.pattern_id for row in rows]
        reopened = [row.pattern_id for row in rows if row.reason == REVOKED]
        derived = deriving.derive(connection, ids, now, policy, reopened=reopened)
        derivations.done(connection, ids)
        worked.looked_at += derived.looked_at
        worked.changed += len(derived.written)
        worked.retired += len(derived.retired)
    return True
