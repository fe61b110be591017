"""Where a question stands in the ledger, and what may be done about it next.

Pure: reads the rows of one question's attempts. A reservation that was left unused costs nothing and is used again; a
request that was sent and never came back counts as spent, and one new attempt follows.
"""

import datetime
from dataclasses import dataclass

from models.base import AnyRow, Rows


@dataclass(frozen=True, slots=True)
class Standing:
    """One question's place in the ledger."""

    #: Number of the next attempt.
    attempt: int
    #: Until then somebody else is at it.
    busy_until: datetime.datetime | None = None
    #: A reservation whose owner is gone.
    unused: AnyRow | None = None
    #: Sent by somebody who is gone.
    lost: AnyRow | None = None
    #: An answer that did not validate and was not asked to be mended yet.
    unreadable: AnyRow | None = None


def standing(attempts: Rows, now: datetime.datetime) -> Standing:
    """Return where a question stands that has no answer of use; `attempts` are its rows, oldest first."""
    last = attempts[-1] if attempts else None
    unreadable = _to_be_mended(attempts)
    if last is None or last.state in ("done", "failed"):
        return Standing((last.attempt if last else 0) + 1, unreadable=unreadable)
    if now < last.lease_until:
        return Standing(last.attempt, busy_until=last.lease_until)
    if last.state == "reserved":
        return Standing(last.attempt, unused=last, unreadable=unreadable)
    return Standing(last.attempt + 1, lost=last, unreadable=unreadable)


def _to_be_mended(attempts: Rows) -> AnyRow | None:
    """Return the last answer that did not validate, unless it was itself a repair, or something final came after."""
    found: AnyRow | None = None
    for row in attempts:
        if row.code == "unreadable":
            found = None if row.repair else row
        elif row.state == "done" or row.code in ("refused", "misconfigured"):
            found = None
    return found
