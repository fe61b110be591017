"""How sure we are that a pattern is real and right, and how far it has come, from who speaks for and against it.

Derived, never typed in: the same support always gives the same standing, and it may fall. By which numbers is the word
of `Policy`, which comes from settings. Confidence that a pattern is present in some evidence is `matching`'s work.
"""

from typing import Final

from msgspec import Struct

from centralcloud_patterns.pattern import State, Support

#: Beta prior of a claim nobody vouches for, as (successes, failures): one voice makes 2/3, three make 4/5.
CLAIMED: Final = (1.0, 1.0)
#: Beta prior of what a curated source states: 0.98, and as heavy as fifty voices.
CURATED: Final = (49.0, 1.0)
#: Beta prior of what an operator rejected.
REJECTED: Final = (1.0, 49.0)


class Rung(Struct, frozen=True):
    """One step of the consensus ladder: that many independent instances, and at least this sure."""

    instances: int
    confidence: float


class Policy(Struct, frozen=True, kw_only=True):
    """What it takes to be believed."""

    #: A claim becomes active when this many independent instances agree; rejections of fewer leave it so …
    active_instances: int = 3
    #: … and it is at least this sure.
    active_confidence: float = 0.7
    #: A claim that this many independent instances reject, and that is no surer than this, is deprecated.
    deprecated_instances: int = 3
    deprecated_confidence: float = 0.3
    #: Levels of agreement, the lowest first.
    ladder: tuple[Rung, ...] = (Rung(2, 0.7), Rung(3, 0.8), Rung(5, 0.9))


DEFAULT: Final = Policy()
ACTIVE_INSTANCES: Final = DEFAULT.active_instances
ACTIVE_CONFIDENCE: Final = DEFAULT.active_confidence


class Standing(Struct, frozen=True, kw_only=True):
    """What is derived of a pattern: state, confidence, and the support behind them."""

    state: State
    confidence: float
    support: Support


def confidence(confirming: int, rejecting: int, prior: tuple[float, float] = CLAIMED) -> float:
    """Return the mean of the Beta posterior, rounded to four digits, strictly within 0..1."""
    successes, failures = prior
    return round((successes + confirming) / (successes + failures + confirming + rejecting), 4)


def standing(support: Support, rejecting: int, *, curated: State | None = None, policy: Policy = DEFAULT) -> Standing:
    """Derive a pattern's standing; `curated` is the state that a curated source gives it, None for mere claims.

    `rejecting` counts the instances that reported it wrong, and never right: who confirmed it somewhere and rejects it
    elsewhere speaks of that match alone.
    """
    if curated is not None:
        prior = REJECTED if curated is State.DEPRECATED else CURATED
        return Standing(state=curated, confidence=confidence(support.instances, rejecting, prior), support=support)
    sure = confidence(support.instances, rejecting)
    return Standing(state=_claimed(support, rejecting, sure, policy), confidence=sure, support=support)


def agreement(standing: Standing, policy: Policy = DEFAULT) -> int:
    """Return how many rungs of the consensus ladder a pattern has climbed; 0 when none."""
    reached = 0
    for rung in policy.ladder:
        if standing.support.instances < rung.instances or standing.confidence < rung.confidence:
            break
        reached += 1
    return reached


def _claimed(support: Support, rejecting: int, sure: float, policy: Policy) -> State:
    # What a quorum says, only a quorum takes back: one instance that rejects all there is must change no state.
    doubting = rejecting if rejecting >= policy.active_instances else 0
    if (
        support.instances >= policy.active_instances
        and confidence(support.instances, doubting) >= policy.active_confidence
    ):
        return State.ACTIVE
    if rejecting >= policy.deprecated_instances and sure <= policy.deprecated_confidence:
        return State.DEPRECATED
    return State.CANDIDATE
