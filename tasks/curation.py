"""Derive patterns anew from all that was said of them: the `consolidate` queue. Use case: services.curation."""

from typing import Any

from celery import Task, shared_task

from services.curation import due
from tasks import names
from tasks.resources import resources


@shared_task(bind=True, name=names.DERIVE_PATTERNS)
def derive_patterns(self: "Task[..., Any]") -> None:
    """Work off what learns and revocations left to be derived."""
    owned = resources(self)
    worked = due.work_off(owned.database, owned.clock, owned.learning.policy)
    if worked.changed or worked.retired:
        owned.hint(names.PUBLISH_CHANGES, {})
