"""Questions to a model, each paid for once: the ledger's policy, budgets, and the breaker.

The ledger's rows are models.llm_calls, the wire is llm. Whoever asks gets an answer, or an error that says when to ask
again (NotNow) or that asking again is of no use (GaveUp).
"""

from services.paid_calls.asking import PaidCalls
from services.paid_calls.caps import Caps, Prices
from services.paid_calls.errors import GaveUp, NotNow
from services.paid_calls.question import Answered, Question

__all__ = ["Answered", "Caps", "GaveUp", "NotNow", "PaidCalls", "Prices", "Question"]
