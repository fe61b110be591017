"""Work on what nobody knows: the `discover` and `enrich` queues. Use case: services.misses."""

from typing import Any

from celery import Task, shared_task

from services import misses as misses_service
from tasks import names
from tasks.resources import resources


@shared_task(bind=True, name=names.RECORD_MISSES)
def record_misses(self: "Task[..., Any]", *, misses: list[tuple[str, str, str]]) -> None:
    """Remember unknown names that were asked for."""
    misses_service.record(resources(self).database, [(type_, key, name) for type_, key, name in misses])
