"""What upkeep goes by: how alike two patterns must be to be one, and when a claim is stale. Comes from settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds; to be one thing, two patterns must reach all of them."""

    #: Jaro-Winkler similarity of their nearest names.
    names: float = 0.85
    #: Share of telling indicator keys, of the pattern that has fewer, that the other has as well.
    indicators: float = 0.5
    #: Share of the codebases of either in which the other is seen, too.
    together: float = 0.8
    #: Codebases in which both must have been seen, and independent instances that saw them so.
    codebases: int = 3
    instances: int = 3
    #: Days without any word or sighting after which a claim that never became active is taken out of service.
    stale_days: int = 90
