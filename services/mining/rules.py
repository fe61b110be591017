"""What mining takes for enough: policy that an operator may change, handed down from the settings."""

from dataclasses import dataclass, field

from centralcloud_patterns.mining.stacks import StackRules
from centralcloud_patterns.mining.telling import ProposalRules
from centralcloud_patterns.mining.trends import TrendRules


@dataclass(frozen=True, slots=True)
class Rules:
    """One policy for all jobs."""

    #: Independent instances that must stand behind whatever is told.
    instances: int = 3
    #: Mean of the prior of indicators that nobody curates, and how many codebases every prior weighs.
    prior: float = 0.8
    strength: float = 10.0
    #: Codebases that use an unknown package before it is looked into.
    package_codebases: int = 3
    stacks: StackRules = field(default_factory=StackRules)
    proposals: ProposalRules = field(default_factory=ProposalRules)
    trends: TrendRules = field(default_factory=TrendRules)
    #: Weeks that count as lately.
    weeks: int = 4
    #: Observations that are kept: of one instance, of all, and sets that were replaced in one codebase.
    kept_of_instance: int = 100_000
    #: And that one instance may leave in a day (UTC).
    of_instance_per_day: int = 50_000
    kept: int = 2_000_000
    kept_replaced: int = 8
