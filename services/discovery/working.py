"""Work through the discoveries that are due: so many at a time in a process, each leased to one run.

Level-triggered: whoever is told to work looks into the rows, so a lost hint, a flushed broker or a killed worker cost
time only. A run whose process died is taken over when its lease has run out.
"""

import datetime
import threading
from collections.abc import Callable
from typing import Final

import structlog

from models import discovery_claims
from services.discovery import outcomes, running
from services.discovery.means import Means
from services.discovery.outcomes import Claimed, Outcome
from services.discovery.running import KIN

#: Runs at one time in a process: what a model is asked at once (services.paid_calls bounds it over all processes).
AT_ONCE: Final = 8
#: Longer than a run can take, what a model thinks left out.
LEASE: Final = datetime.timedelta(seconds=60)
#: A worker works so long at a stretch; then it asks for another turn, so that it can be stopped in between.
STRETCH: Final = datetime.timedelta(seconds=30)

_places: Final = threading.BoundedSemaphore(AT_ONCE)


def work(means: Means, tell: Callable[[Outcome], None], more: Callable[[], None]) -> int:
    """Run what is due until nothing is, if there is a free place; return how many were run.

    `tell` hears each begin and end, `more` is called when another worker would find work, too.
    """
    if not _places.acquire(blocking=False):
        return 0
    try:
        return _work(means, tell, more)
    finally:
        _places.release()


def lease(means: Means) -> datetime.timedelta:
    """Return how long a run may take before another may take it over: longer than the model may think."""
    return LEASE + means.paid_calls.longest if means.paid_calls is not None else LEASE


def _work(means: Means, tell: Callable[[Outcome], None], more: Callable[[], None]) -> int:
    until = means.clock() + STRETCH
    done = 0
    while (claimed := _claim(means, more)) is not None:
        with structlog.contextvars.bound_contextvars(trace=claimed.trace):
            tell(outcomes.begun(claimed))
            outcome = running.run(means, claimed)
            if outcome is not None:
                tell(outcome)
        done += 1
        if means.clock() >= until:
            more()
            break
    return done


def _claim(means: Means, more: Callable[[], None]) -> Claimed | None:
    # What was put off waits on while no call may leave: gathering facts about it once more would be in vain.
    new = means.paid_calls is not None and not means.paid_calls.may_ask()
    now = means.clock()
    with means.database.begin() as connection:
        row, others = discovery_claims.claim(connection, now=now, until=now + lease(means), kin=KIN, new=new)
    if others:
        more()
    return Claimed.of(row) if row is not None else None
