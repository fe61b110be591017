"""What operators see of paid calls, and their switch: spending, what is under way, what failed, stop and resume."""

import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine

from models import llm_calls, llm_control
from models.base import AnyRow
from services.paid_calls.breaker import Breaker

#: Lines of each table.
MOST_LINES: Final = 20


def report(database: Engine, now: datetime.datetime, *, days: int) -> dict[str, Any]:
    """Return everything about paid calls of the last days (today is the first), as JSON has it."""
    since = now.date() - datetime.timedelta(days=days - 1)
    with database.connect() as connection:
        control = llm_control.read(connection)
        spent = {by: _spending(connection, by, since) for by in llm_calls.BY}
        today = llm_calls.paid_on(connection, now.date())
        under_way = [_under_way(row) for row in llm_calls.in_flight(connection, now)]
        failures = [_failure(row) for row in llm_calls.last_failures(connection, since, MOST_LINES)]
    breaker = Breaker.of(control)
    stopped = control is not None and control.stopped
    return {
        "stopped": {"at": control.stopped_at, "why": control.stopped_why} if control is not None and stopped else None,
        "breaker": {
            "state": breaker.state(now),
            "failures": breaker.failures,
            "open_until": breaker.open_until,
            "last_failure": control.last_failure if control is not None else None,
        },
        "setting": control.setting if control is not None else None,
        "paid_today": today,
        "in_flight": under_way,
        "failures": failures,
        "since": since,
        "spending": spent,
    }


def hindrance(connection: Connection, now: datetime.datetime) -> dict[str, Any]:
    """Return whether calls may leave, in one word, with what an operator asks next, as JSON has it.

    `state`: stopped, circuit_open, probing (the next call tries a server that failed), cap, running, or unused where no
    worker with a key has run yet.
    """
    control = llm_control.read(connection)
    today = llm_calls.paid_on(connection, now.date())
    cap = control.setting["caps"]["per_day"] if control is not None and control.setting else None
    breaker = Breaker.of(control)
    found: dict[str, Any] = {"state": "running", "paid_today": today, "cap_per_day": cap}
    if control is not None and control.stopped:
        return found | {"state": "stopped", "since": control.stopped_at, "why": control.stopped_why}
    if breaker.state(now) != "closed":
        state = "circuit_open" if breaker.state(now) == "open" else "probing"
        return found | {"state": state, "until": breaker.open_until, "why": control.last_failure if control else None}
    if cap is None:
        return found | {"state": "unused"}
    return found | {"state": "cap"} if today >= cap else found


def stop(database: Engine, now: datetime.datetime, why: str) -> None:
    """Let no call leave from now on, whichever worker would make it; those under way end."""
    with database.begin() as connection:
        llm_control.write(connection, stopped=True, stopped_at=now, stopped_why=why)


def resume(database: Engine) -> bool:
    """Let calls leave again, and close the breaker; tell whether that changed anything."""
    with database.begin() as connection:
        llm_calls.lock_budget(connection)
        control = llm_control.read(connection)
        if control is None or not (control.stopped or Breaker.of(control) != Breaker()):
            return False
        llm_control.write(connection, stopped=False, stopped_at=None, stopped_why=None, **Breaker().values())
    return True


def _spending(connection: Connection, by: str, since: datetime.date) -> list[dict[str, Any]]:
    rows = llm_calls.spending(connection, by, since=since, limit=MOST_LINES)
    return [{**row._asdict(), "cost": float(row.cost)} for row in rows]


def _under_way(row: AnyRow) -> dict[str, Any]:
    return {
        "call_id": row.id,
        "state": "lost" if row.lost and row.state == "sent" else row.state,
        "since": row.sent_at or row.reserved_at,
        **_about(row),
    }


def _failure(row: AnyRow) -> dict[str, Any]:
    return {
        "call_id": row.id,
        "at": row.ended_at,
        "code": row.code,
        "paid": row.paid,
        "error": row.error,
        **_about(row),
    }


def _about(row: AnyRow) -> dict[str, Any]:
    return {"purpose": row.purpose, "type": row.type, "key": row.key, "instance": row.instance_id}
