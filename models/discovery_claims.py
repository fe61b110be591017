"""Which discovery is worked on next: what is due, in turn between those who ask, each by one run at a time.

Owns the taking of rows of `models.discoveries`. How long a run may hold one is `services.discovery.working`'s.
"""

import datetime
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select, text

from models.base import AnyRow

#: One at a time: two who look at the same moment would each see nobody at work. "cc" and "disc" in telephone digits.
_CLAIM_LOCK: Final = 22_3472
#: Rows as they may be taken; the same name under another type of its kind waits until that one is known.
_DUE: Final = """
state IN ('open', 'running') AND due_at <= :now AND (reason IS NULL OR NOT :new) AND NOT EXISTS (
  SELECT 1 FROM discoveries AS kin WHERE kin.key = discoveries.key
  AND kin.type = CAST(:kin AS json) ->> discoveries.type AND kin.state = 'running' AND kin.due_at > :now)
"""
#: Whoever has none under way comes first, so that nobody waits for all that one instance asks.
_IN_TURN: Final = """
instance_id NOT IN (SELECT busy.instance_id FROM discoveries AS busy
  WHERE busy.state = 'running' AND busy.due_at > :now)
"""


def _taking(condition: str) -> Any:
    return text(f"""
UPDATE discoveries SET state = 'running', runs = runs + 1, due_at = :until, changed_at = :now
WHERE (type, key) = (SELECT type, key FROM discoveries WHERE {condition} ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING type, key, id, name, instance_id, trace, runs, failures, opened_at
""")  # noqa: S608  only our own text is put in


_TAKE_IN_TURN: Final = _taking(f"{_DUE} AND {_IN_TURN}")
_TAKE: Final = _taking(_DUE)
_ANY_DUE: Final = text(f"SELECT EXISTS (SELECT 1 FROM discoveries WHERE {_DUE})")  # noqa: S608  as above


def claim(
    connection: Connection, *, now: datetime.datetime, until: datetime.datetime, kin: Mapping[str, str], new: bool
) -> tuple[AnyRow | None, bool]:
    """Take what has been due longest, until a time when others may take it over, and tell whether more is due.

    `kin` names for each type the one of its kind; `new`: only of what was never put off. Columns type, key, id, name,
    instance_id, trace, runs, failures, opened_at.
    """
    given = {"now": now, "until": until, "kin": msgspec.json.encode(kin).decode(), "new": new}
    connection.execute(select(func.pg_advisory_xact_lock(_CLAIM_LOCK)))
    row = connection.execute(_TAKE_IN_TURN, given).one_or_none() or connection.execute(_TAKE, given).one_or_none()
    return row, row is not None and bool(connection.execute(_ANY_DUE, given).scalar_one())
