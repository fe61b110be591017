"""Find out what all observations together show: the `consolidate` queue. Use case: services.mining."""

from typing import Any

import structlog
from celery import Task, shared_task

from services.mining import running
from services.mining.running import Means
from tasks import names
from tasks.resources import resources

_log = structlog.get_logger(__name__)


@shared_task(bind=True, name=names.MINE)
def mine(self: "Task[..., Any]") -> None:
    """Run all jobs of mining; sent by beat, and by whoever took an instance out."""
    owned = resources(self)
    ran = running.run(Means(owned.database, owned.clock, owned.mining, owned.discovery_enabled))
    if ran.patterns:
        owned.hint(names.PUBLISH_CHANGES, {})
    if ran.opened:
        owned.hint(names.DISCOVER, {})
    _log.info("observations mined", patterns=ran.patterns, opened=ran.opened, failed=ran.failed)
