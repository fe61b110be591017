"""What is known about a name before a model is asked, and what that alone makes of it.

Reads, never writes, and never calls a model. Turning facts into a question is `services.findings`' work.
"""

from services.grounding.candidate import deterministic_candidate
from services.grounding.facts import Fact, FactKind, Facts
from services.grounding.gathering import gather, gather_more

__all__ = ["Fact", "FactKind", "Facts", "deterministic_candidate", "gather", "gather_more"]
