"""Write down what became of a call, and what that says of the server; reserving is reserving.py's."""

import datetime
import json
from typing import Any, Final

import stamina
from sqlalchemy.exc import InterfaceError, OperationalError

from llm.errors import Misconfigured, ModelError, Postponed, Unreadable
from llm.model import Completion
from models import llm_calls, llm_control
from services.paid_calls.account import RECORDED_WITHIN, Account
from services.paid_calls.breaker import Breaker
from services.paid_calls.question import Question
from services.paid_calls.reserving import Reservation

#: Seconds until a server that failed is asked again, where it does not say.
_LATER: Final = 30.0
#: Characters kept of an answer that did not validate.
_MOST_RAW: Final = 16_000


def done(account: Account, reservation: Reservation, completion: Completion[Any]) -> None:
    """Write down a valid answer."""
    values = {
        "state": "done",
        "paid": True,
        "code": None,
        "error": None,
        "served_by": completion.model,
        "output": completion.value.model_dump_json(round_trip=True, by_alias=True),
        **_took(account, completion.prompt_tokens, completion.completion_tokens),
    }
    _end(account, reservation, values, failed=False, seconds=None)


def failed(account: Account, reservation: Reservation, error: ModelError) -> datetime.datetime:
    """Write down that no answer came, and return when to ask again, if at all."""
    values = {
        "state": "failed",
        "paid": error.paid,
        "code": error.code,
        "error": error.message,
        "raw": json.dumps(error.raw[:_MOST_RAW]) if isinstance(error, Unreadable) else None,
        **_took(account, error.prompt_tokens, error.completion_tokens),
    }
    seconds = error.seconds if isinstance(error, Postponed) else None
    of_the_server = isinstance(error, Postponed | Misconfigured)
    breaker = _end(account, reservation, values, failed=of_the_server, seconds=seconds)
    due = account.clock() + datetime.timedelta(seconds=_LATER if seconds is None else seconds)
    return max(due, breaker.open_until) if breaker.open_until else due


def in_vain(account: Account, question: Question[Any]) -> int:
    """Count the latest calls about a question that the server failed and may have charged for, none answered since."""
    with account.database.connect() as connection:
        rows = llm_calls.attempts(connection, account.asked(question))
    count = 0
    for row in reversed(rows):
        if row.code != Postponed.code or (question.since is not None and row.ended_at < question.since):
            break
        count += row.paid
    return count


def _took(account: Account, prompt: int, completion: int) -> dict[str, Any]:
    cost = account.prices.cost(prompt, completion)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "cost": cost}


def _end(
    account: Account, reservation: Reservation, values: dict[str, Any], *, failed: bool, seconds: float | None
) -> Breaker:
    """Write an outcome, and return the breaker; tried again while the database is away, for it was paid for."""
    away = (OperationalError, InterfaceError)
    for attempt in stamina.retry_context(on=away, attempts=None, timeout=RECORDED_WITHIN / 2):
        with attempt, account.database.begin() as connection:
            llm_calls.lock_budget(connection)
            now = account.clock()
            llm_calls.end(connection, reservation.call_id, reservation.owner, {**values, "ended_at": now})
            before = Breaker.of(llm_control.read(connection))
            breaker = before.failed(reservation.call_id, now, seconds) if failed else Breaker()
            if breaker != before:
                told = {"last_failure": values["error"]} if failed else {}
                llm_control.write(connection, **breaker.values(), **told)
    return breaker
