"""Enrich what was learned: the `enrich` queue. Use case: services.enrichment."""

from typing import Any

import structlog
from celery import Task, shared_task

from services import enrichment
from services.enrichment import Means
from tasks import names
from tasks.resources import resources

_log = structlog.get_logger(__name__)


# A lease decides who enriches a pattern, never the broker: a task that is delivered again finds nothing to do.
@shared_task(bind=True, name=names.ENRICH, acks_late=False)
def enrich(self: "Task[..., Any]") -> None:
    """Ask about candidates that are due; sent by beat."""
    owned = resources(self)
    if owned.paid_calls is None:
        return
    done = enrichment.run(Means(owned.database, owned.clock, owned.paid_calls, owned.metadata))
    if done.changed:
        owned.hint(names.PUBLISH_CHANGES, {})
    _log.info(
        "candidates enriched",
        changed=done.changed,
        unchanged=done.unchanged,
        postponed=done.postponed,
        failed=done.failed,
    )
