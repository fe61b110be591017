"""What operators set about learning: what it takes to be believed, and how much one instance may teach."""

from msgspec import Struct

from centralcloud_patterns.standing import DEFAULT, Policy


class LearningRules(Struct, frozen=True, kw_only=True):
    """The rules of one process, from its settings."""

    policy: Policy = DEFAULT
    #: Learns and feedback that one instance may have decided in a day (UTC).
    learns_per_day: int = 2_000_000
