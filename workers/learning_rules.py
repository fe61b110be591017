"""What the settings say about learning, as services take it."""

from centralcloud_patterns.standing import Policy, Rung
from services.learning.rules import LearningRules
from settings import Settings


def learning_rules_of(chosen: Settings) -> LearningRules:
    """Return the rules of learning that were chosen."""
    return LearningRules(
        policy=Policy(
            active_instances=chosen.active_instances,
            active_confidence=chosen.active_confidence,
            deprecated_instances=chosen.deprecated_instances,
            deprecated_confidence=chosen.deprecated_confidence,
            ladder=tuple(Rung(instances, sure) for instances, sure in chosen.consensus_ladder),
        ),
        learns_per_day=chosen.learns_per_instance_per_day,
    )
