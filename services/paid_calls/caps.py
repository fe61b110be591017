"""How much may be asked, and what it costs."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_MILLION: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Caps:
    """Most paid calls in one day (UTC), and at one time, over all workers together."""

    per_day: int = 500
    #: Caused by one instance, for each purpose; those of nobody in particular count as one.
    per_instance_per_day: int = 200
    #: About one pattern.
    per_pattern_per_day: int = 6
    in_flight: int = 8


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Money per million tokens; 0 where it was not told."""

    prompt: Decimal = Decimal(0)
    completion: Decimal = Decimal(0)

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """Return the cost of one call."""
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / _MILLION
