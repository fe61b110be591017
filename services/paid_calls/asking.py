"""Ask a question and pay for it once."""

import datetime
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Engine

from llm.model import Model
from services.paid_calls.caps import Caps, Prices
from services.paid_calls.question import Answered, Question

T = TypeVar("T", bound=BaseModel)


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
    ) -> None:
        self._database = database
        self._model = model

    def ask(self, question: Question[T]) -> Answered[T]:
        """Return the answer, from the ledger where it was paid for before.

        Makes one repair attempt when the answer does not validate. Raises NotNow or GaveUp. Call it outside of any
        transaction: it opens short ones of its own, and none while the model thinks.
        """
        raise NotImplementedError
