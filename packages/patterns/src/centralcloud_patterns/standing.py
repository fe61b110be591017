"""How sure we are that a pattern is real and right, and how far it has come, from who speaks for and against it.

Derived, never typed in: the same support always gives the same standing, and it may fall. Confidence that a pattern is
present in some evidence is `matching`'s work.
"""

from typing import Final

from msgspec import Struct

from centralcloud_patterns.pattern import State, Support

#: Beta prior of a claim nobody vouches for, as (successes, failures): one voice makes 2/3, three make 4/5.
CLAIMED: Final = (1.0, 1.0)
#: Beta prior of what a curated source states: 0.98, and as heavy as fifty voices.
CURATED: Final = (49.0, 1.0)
#: A claim becomes active when this many independent instances agree …
ACTIVE_INSTANCES: Final = 3
#: … and it is at least this sure.
ACTIVE_CONFIDENCE: Final = 0.7


class Standing(Struct, frozen=True, kw_only=True):
    """What is derived of a pattern: state, confidence, and the support behind them."""

    state: State
    confidence: float
    support: Support


def confidence(confirming: int, rejecting: int, prior: tuple[float, float] = CLAIMED) -> float:
    """Return the mean of the Beta posterior, rounded to four digits, strictly within 0..1."""
    successes, failures = prior
    return round((successes + confirming) / (successes + failures + confirming + rejecting), 4)


def standing(support: Support, rejecting: int, *, curated: State | None = None) -> Standing:
    """Derive a pattern's standing; `curated` is the state that a curated source gives it, None for mere claims.

    `rejecting` counts the instances that reported it wrong.
    """
    if curated is not None:
        sure = confidence(support.instances, rejecting, CURATED)
        return Standing(state=curated, confidence=sure, support=support)
    sure = confidence(support.instances, rejecting)
    agreed = support.instances >= ACTIVE_INSTANCES and sure >= ACTIVE_CONFIDENCE
    return Standing(state=State.ACTIVE if agreed else State.CANDIDATE, confidence=sure, support=support)
