"""The policy of upkeep as the settings have it."""

from services.consolidation.policy import Policy
from settings import Settings


def policy_of(chosen: Settings) -> Policy:
    """Return what upkeep goes by."""
    return Policy(
        names=chosen.duplicate_names,
        indicators=chosen.duplicate_indicators,
        together=chosen.duplicate_together,
        codebases=chosen.duplicate_codebases,
        instances=chosen.duplicate_instances,
        stale_days=chosen.stale_days,
    )
