"""Find out what nobody knows: the `discover` queue. Use cases: services.discovery.opening and working."""

from functools import partial
from typing import Any

import structlog
from celery import Task, shared_task

from centralcloud_client import subjects
from services.discovery import opening, working
from services.discovery.means import Means
from services.discovery.opening import Missed
from services.discovery.outcomes import Outcome
from tasks import metrics, names
from tasks.resources import Resources, resources

_log = structlog.get_logger(__name__)


@shared_task(bind=True, name=names.RECORD_MISSES)
def record_misses(self: "Task[..., Any]", *, misses: list[list[Any]]) -> None:
    """Count unknown names that were asked for, and have the new ones found out."""
    owned = resources(self)
    told = [Missed(*missed) for missed in misses]
    tell = partial(_tell, owned)
    if opening.record(owned.database, told, owned.clock(), enabled=owned.discovery_enabled, tell=tell):
        owned.hint(names.DISCOVER, {})


# A lease decides who runs a discovery, never the broker: a task that is delivered again finds nothing to do.
@shared_task(bind=True, name=names.DISCOVER, acks_late=False)
def discover(self: "Task[..., Any]") -> None:
    """Run the discoveries that are due; a hint, repeated by beat."""
    owned = resources(self)
    means = Means(owned.database, owned.clock, owned.paid_calls, owned.metadata)
    working.work(means, partial(_tell, owned), partial(owned.hint, names.DISCOVER, {}))


def _tell(owned: Resources, outcome: Outcome) -> None:
    how = outcome.reason or outcome.found_by
    metrics.DISCOVERIES.labels(outcome.state, how).inc()
    if outcome.found_by:
        owned.hint(names.PUBLISH_CHANGES, {})
    owned.nats.publish(subjects.DISCOVERIES, outcome.encode())
    _log.info("discovery", type=outcome.type, key=outcome.key, state=outcome.state, how=how)
