"""Work through the discoveries that are due: so many at a time in a process, each leased to one run.

Level-triggered: whoever is told to work looks into the rows, so a lost hint, a flushed broker or a killed worker cost
time only. A run whose process died is taken over when its lease has run out.
"""

import datetime
import threading
from collections.abc import Callable
from typing import Final

import structlog

from models import discoveries
from services.discovery import outcomes, running
from services.discovery.means import Means
from services.discovery.outcomes import Claimed, Outcome

#: Runs at one time in a process: what a model is asked at once (services.paid_calls bounds it over all processes).
AT_ONCE: Final = 8
#: Longer than a run with two calls to a model, of a minute each, can take.
LEASE: Final = datetime.timedelta(seconds=180)
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
    now = means.clock()
    with means.database.begin() as connection:
        row = discoveries.claim(connection, now=now, until=now + LEASE)
        others = row is not None and discoveries.any_due(connection, now)
    if others:
        more()
    return Claimed.of(row) if row is not None else None
