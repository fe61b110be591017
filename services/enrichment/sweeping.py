"""Find the candidates that need enrichment, and take some of those that are due.

Level-triggered: reads on in the feed from where the last sweep stopped, so that its cost is that of what changed, and a
sweep that never ran costs only time.
"""

import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, text

from centralcloud_patterns.pattern import Pattern
from models import enrichments, feed, statistics
from models.base import AnyRow
from services.enrichment.wanting import wanted

#: Patterns that are worked on at one time, over all workers: discoveries, which somebody waits for, need room as well.
MOST_AT_ONCE: Final = 3
#: How long a claim holds: longer than its calls may take.
LEASE: Final = datetime.timedelta(minutes=20)
#: Changes read in one stretch, and stretches in one sweep.
_STRETCH: Final = 1_000
_STRETCHES: Final = 10
_ADVISORY_LOCK: Final = 22_3674_243
#: Where the place in the feed is kept.
_PLACE: Final = "enrichment"

_decoder: Final = msgspec.json.Decoder(Pattern)


def claim_due(database: Engine, now: datetime.datetime) -> AnyRow | None:
    """Note what changed, and take one candidate that is due; None when there is none, or enough are worked on."""
    with database.begin() as connection:
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}).scalar_one():
            return None
        note_changes(connection, now)
        if enrichments.working(connection, now) >= MOST_AT_ONCE:
            return None
        return enrichments.claim(connection, now, now + LEASE)


def note_changes(connection: Connection, now: datetime.datetime) -> int:
    """Read on in the feed and note the candidates that need enrichment; return how many changes were read."""
    place = statistics.everything(connection).get(_PLACE) or {}
    seq = int(place.get("seq", 0))
    # A database that was restored may stand before the place.
    seq = seq if seq <= feed.head(connection).seq else 0
    read = 0
    for _stretch in range(_STRETCHES):
        rows = enrichments.changed_after(connection, seq, _STRETCH)
        if not rows:
            break
        seq, read = rows[-1].seq, read + len(rows)
        found = ((row.id, wanted(_decoder.decode(row.document))) for row in rows if row.id is not None)
        due = [{"pattern_id": identity, "wanted": digest} for identity, digest in found if digest is not None]
        enrichments.want(connection, due, now)
    if read:
        statistics.put(connection, _PLACE, {"seq": seq})
    return read
