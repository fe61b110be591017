"""What one process asks with: the ledger, the model, and the limits it was told."""

import datetime
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Engine

from llm.model import Model
from models.llm_calls import Asked
from services.paid_calls.caps import Caps, Prices
from services.paid_calls.question import Question, input_hash

#: Seconds beyond the model's deadline in which an outcome is in the ledger, or lost.
RECORDED_WITHIN: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account of one process with the model."""

    database: Engine
    model: Model
    caps: Caps
    prices: Prices
    clock: Callable[[], datetime.datetime]

    @property
    def lease(self) -> datetime.timedelta:
        """How long a request that was sent may stay without an outcome."""
        return datetime.timedelta(seconds=self.model.timeout + RECORDED_WITHIN)

    @property
    def setting(self) -> dict[str, Any]:
        """What operators are shown of it."""
        return {
            "model": self.model.name,
            "server": self.model.server,
            "caps": asdict(self.caps),
            "prices": {name: float(price) for name, price in asdict(self.prices).items()},
        }

    def asked(self, question: Question[Any]) -> Asked:
        """Return what a question is known by in the ledger."""
        return Asked(self.model.name, question.template, question.template_version, input_hash(question))
