"""Take claims out of service that never became more, and that nobody has spoken of or seen for long.

Whoever teaches one again brings it back. What was found out or is curated is never stale: it cost something.
"""

import datetime
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from models import upkeep
from services import pattern_writing
from services.consolidation.policy import Policy
from services.curation import ruling
from services.curation.ruling import Deed
from services.learning import supporting
from services.pattern_writing import Retirement

#: Claims that one transaction takes out of service: others wait for the feed's head meanwhile.
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Stale:
    """A claim that nobody speaks of any more."""

    id: int
    type: str
    slug: str
    #: When anything was last said of it.
    since: datetime.datetime


def find(connection: Connection, now: datetime.datetime, policy: Policy, limit: int = BATCH) -> list[Stale]:
    """List claims that are stale, the oldest first known."""
    rows = upkeep.stale(connection, now - datetime.timedelta(days=policy.stale_days), limit)
    return [Stale(row.id, row.type, row.slug, row.updated_at) for row in rows]


def retire(connection: Connection, policy: Policy, deed: Deed) -> list[Stale]:
    """Take the next stale claims out of service and return them."""
    found = find(connection, deed.at, policy)
    locked = {it.id: it for it in pattern_writing.lock(connection, [it.id for it in found])}
    # Whoever was teaching one of them has ended by now: once more, with what was said meanwhile.
    found = [it for it in find(connection, deed.at, policy) if it.id in locked]
    supporting.replace(connection, {it.id: {} for it in found})
    for gone in pattern_writing.retire(connection, [Retirement(locked[it.id]) for it in found], deed.at):
        ruling.note(connection, deed, "retire", gone)
    return found
