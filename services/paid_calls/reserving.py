"""Reserve the budget of a call, and note that it leaves: each in a commit of its own, before anything is sent.

Owns the order in which workers pass the caps: under one lock, so that two never do together. Asks no model; outcomes
are recording.py's.
"""

import datetime
import json
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection

from llm.prompt import Prompt
from models import llm_calls, llm_control
from services.paid_calls.account import Account
from services.paid_calls.breaker import Breaker
from services.paid_calls.errors import NotNow
from services.paid_calls.question import Answered, Question, read
from services.paid_calls.standing import Standing, standing

#: Between a reservation and its request.
_RESERVED: Final = datetime.timedelta(seconds=30)
#: Until a slot, or a reservation, may be free.
_SOON: Final = datetime.timedelta(seconds=1)
#: Until an operator may have resumed.
_STOPPED: Final = datetime.timedelta(seconds=60)

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reservation:
    """The right to make one call."""

    call_id: str
    owner: str
    prompt: Prompt
    #: Whether it asks to mend an answer.
    repair: bool


def reserve(account: Account, question: Question[T]) -> Reservation | Answered[T]:
    """Take the budget of one call, or return the answer that was paid for before; raises NotNow."""
    asked = account.asked(question)
    with account.database.begin() as connection:
        llm_calls.lock_budget(connection)
        now = account.clock()
        rows = llm_calls.attempts(connection, asked)
        for row in rows:
            if (answered := read(question, row)) is not None:
                return answered
        place = standing(rows, now)
        if place.busy_until is not None:
            raise NotNow(place.busy_until, "busy", "another worker asks this already")
        call_id = place.unused.id if place.unused is not None else uuid.uuid4().hex
        _admit(connection, account, call_id, now)
        _require_budget(connection, account, question, place, now)
        return _take(connection, question, place, now, {"id": call_id, **asked._asdict()})


def send(account: Account, reservation: Reservation) -> None:
    """Note that the request leaves now; raises NotNow when it must not, or the reservation was taken away."""
    now, call_id, owner = account.clock(), reservation.call_id, reservation.owner
    with account.database.begin() as connection:
        control = llm_control.read(connection)
        stopped = control is not None and control.stopped
        if stopped:
            values = {"state": "failed", "code": "stopped", "paid": False, "ended_at": now}
            llm_calls.end(connection, call_id, owner, values)
        elif not llm_calls.mark_sent(connection, call_id, owner, now=now, until=now + account.lease):
            raise NotNow(now + _SOON, "busy", "the reservation was taken over")
    if stopped:
        raise _stopped(now)


def is_open(account: Account) -> bool:
    """Tell whether no stop, breaker or cap keeps everybody's calls back right now; takes no lock."""
    now = account.clock()
    with account.database.connect() as connection:
        control = llm_control.read(connection)
        if control is not None and (control.stopped or Breaker.of(control).state(now) == "open"):
            return False
        spent = llm_calls.spent(connection, day=now.date(), now=now, purpose="", instance_id="", subject=("", ""))
    return spent.day < account.caps.per_day and spent.in_flight < account.caps.in_flight


def _admit(connection: Connection, account: Account, call_id: str, now: datetime.datetime) -> None:
    """Raise NotNow when an operator or the breaker lets no call leave; note the call that probes."""
    control = llm_control.read(connection)
    if control is None or control.setting != account.setting:
        llm_control.write(connection, setting=account.setting)
    if control is None:
        return
    if control.stopped:
        raise _stopped(now)
    breaker = Breaker.of(control)
    if breaker.open_until is not None and breaker.state(now) == "open":
        # A probe ends sooner than it must.
        due = breaker.open_until if breaker.probe is None else now + _SOON
        raise NotNow(due, "circuit_open", f"the model's server fails: {control.last_failure}")
    if breaker.state(now) == "half_open":
        llm_control.write(connection, **breaker.probing(call_id, now + account.lease).values())


def _require_budget(
    connection: Connection, account: Account, question: Question[Any], place: Standing, now: datetime.datetime
) -> None:
    """Raise NotNow when a cap is reached, or as many calls are in flight as may be."""
    spent = llm_calls.spent(
        connection,
        day=now.date(),
        now=now,
        purpose=question.purpose,
        instance_id=question.instance_id,
        subject=question.subject,
        besides=place.unused.id if place.unused is not None else None,
    )
    caps = account.caps
    if spent.in_flight >= caps.in_flight:
        raise NotNow(now + _SOON, "busy", f"{spent.in_flight} calls are in flight")
    for name, used, cap in (
        ("day", spent.day, caps.per_day),
        ("instance, purpose and day", spent.instance, caps.per_instance_per_day),
        ("pattern and day", spent.pattern, caps.per_pattern_per_day),
    ):
        if used >= cap:
            raise NotNow(_midnight(now), "cap", f"the cap of {cap} calls per {name} is reached")


def _take(
    connection: Connection, question: Question[Any], place: Standing, now: datetime.datetime, known: dict[str, Any]
) -> Reservation:
    """Write the reservation, and down what was lost before it; `known` is the call's id and the question's own."""
    owner, until, repair = uuid.uuid4().hex, now + _RESERVED, place.unreadable is not None
    if place.lost is not None:
        lost = {"state": "failed", "code": "lost", "error": "no outcome within its lease", "ended_at": now}
        llm_calls.end(connection, place.lost.id, place.lost.owner, lost)
    if place.unused is not None:
        llm_calls.take_over(connection, known["id"], owner=owner, day=now.date(), now=now, until=until)
    else:
        row = {
            **known,
            "attempt": place.attempt,
            "repair": repair,
            "purpose": question.purpose,
            "type": question.subject[0],
            "key": question.subject[1],
            "instance_id": question.instance_id,
            "state": "reserved",
            "day": now.date(),
            "owner": owner,
            "lease_until": until,
            "reserved_at": now,
            "paid": True,
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "cost": Decimal(0),
        }
        llm_calls.reserve(connection, row)
    prompt = question.prompt
    if place.unreadable is not None:
        prompt = prompt.objecting(json.loads(place.unreadable.raw), place.unreadable.error)
    return Reservation(known["id"], owner, prompt, repair)


def _midnight(now: datetime.datetime) -> datetime.datetime:
    """Return when the next day begins, in UTC."""
    return datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time(), datetime.UTC)


def _stopped(now: datetime.datetime) -> NotNow:
    return NotNow(now + _STOPPED, "stopped", "an operator stopped paid calls (centralcloud llm resume)")
