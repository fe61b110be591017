"""The policy of mining as the settings have it."""

from centralcloud_patterns.mining.stacks import StackRules
from centralcloud_patterns.mining.telling import ProposalRules
from services.mining.rules import Rules
from settings import Settings


def rules_of(chosen: Settings) -> Rules:
    """Return what mining takes for enough."""
    return Rules(
        instances=chosen.mining_instances,
        prior=chosen.weight_prior,
        strength=chosen.weight_prior_strength,
        package_codebases=chosen.mining_package_codebases,
        stacks=StackRules(
            codebases=chosen.mining_stack_codebases, share=chosen.mining_stack_share, lift=chosen.mining_stack_lift
        ),
        proposals=ProposalRules(precision=chosen.mining_precision, recall=chosen.mining_recall),
        weeks=chosen.mining_recent_weeks,
        kept_of_instance=chosen.observations_per_instance,
        of_instance_per_day=chosen.observations_per_instance_per_day,
        kept=chosen.observations_kept,
    )
