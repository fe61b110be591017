"""Ask a question and pay for it once.

Reserve, note that it leaves, ask, note the outcome; and where the answer does not validate, once more with what is
wrong with it. Budgets and the ledger are reserving.py's and recording.py's.
"""

import datetime
from collections.abc import Callable
from typing import Final, Literal, TypeVar

from pydantic import BaseModel
from sqlalchemy import Engine

from llm.errors import ModelError, NotUnderstood, Postponed, Unreadable
from llm.model import Model
from models import llm_control
from services.paid_calls import recording
from services.paid_calls.account import Account
from services.paid_calls.caps import Caps, Prices
from services.paid_calls.errors import GaveUp, NoAnswerError, NotNow
from services.paid_calls.question import Answered, Question
from services.paid_calls.reserving import Reservation, is_open, reserve, send

#: The first, one more for each way of asking that a server may not know, and a repair.
_MOST_CALLS: Final = 5
#: Of these, the ones that a model thinks about: the first and its repair.
_THOUGHT_ABOUT: Final = 2
#: Calls about one question that the server may fail in a row, and charge for: below what a day allows a pattern.
MOST_IN_VAIN: Final = 5

T = TypeVar("T", bound=BaseModel)
#: What has just happened to a call; each but `answered` is committed.
Step = Literal["reserved", "sent", "answered", "recorded"]


class PaidCalls:
    """The account of one process with the model; thread-safe."""

    def __init__(
        self,
        database: Engine,
        model: Model,
        caps: Caps,
        clock: Callable[[], datetime.datetime],
        *,
        prices: Prices | None = None,
        on_step: Callable[[Step], None] = lambda _step: None,
    ) -> None:
        self._account = Account(database=database, model=model, caps=caps, prices=prices or Prices(), clock=clock)
        self._step = on_step

    @property
    def longest(self) -> datetime.timedelta:
        """How long the model may think about one question."""
        return datetime.timedelta(seconds=_THOUGHT_ABOUT * self._account.model.timeout)

    def may_ask(self) -> bool:
        """Tell whether a call may leave at all now, whoever asks; a look that nothing is reserved by."""
        return is_open(self._account)

    def announce(self) -> None:
        """Show operators which model, caps and prices this process runs with."""
        with self._account.database.begin() as connection:
            llm_control.write(connection, setting=self._account.setting)

    def close(self) -> None:
        """Close the connections to the model's server; calls in flight end as postponed."""
        self._account.model.close()

    def ask(self, question: Question[T]) -> Answered[T]:
        """Return the answer, from the ledger where it was paid for before.

        Makes one repair attempt when the answer does not validate. Raises NotNow or GaveUp. Call it outside of any
        transaction: it opens short ones of its own, and none while the model thinks. It makes two calls at most, each
        within the model's timeout, and five where a server must first be understood.
        """
        for _ in range(_MOST_CALLS):
            place = reserve(self._account, question)
            if isinstance(place, Answered):
                return place
            answered = self._call(question, place)
            if answered is not None:
                return answered
        raise GaveUp("unreadable", "the model's server understands no way of asking")

    def _call(self, question: Question[T], place: Reservation) -> Answered[T] | None:
        """Make one call; None when another is to follow at once."""
        self._step("reserved")
        send(self._account, place)
        self._step("sent")
        try:
            completion = self._account.model.complete(place.prompt, question.output)
        except ModelError as error:
            self._step("answered")
            due = recording.failed(self._account, place, error)
            self._step("recorded")
            if isinstance(error, NotUnderstood) or (isinstance(error, Unreadable) and not place.repair):
                return None
            raise self._concluded(question, error, due) from error
        self._step("answered")
        recording.done(self._account, place, completion)
        self._step("recorded")
        return Answered(completion.value, self._account.model.name, place.call_id)

    def _concluded(self, question: Question[T], error: ModelError, due: datetime.datetime) -> NoAnswerError:
        """Return what a failed call means to whoever asked."""
        if not isinstance(error, Postponed):
            return GaveUp(error.code, error.message)
        if error.paid and recording.in_vain(self._account, question) >= MOST_IN_VAIN:
            return GaveUp(error.code, f"the server failed {MOST_IN_VAIN} times in a row: {error.message}")
        return NotNow(due, error.code, error.message)
