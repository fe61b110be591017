"""Publish the feed and its heartbeat: the `sync` queue, nothing slow. Use case: services.publishing."""

from typing import Any

from celery import Task, shared_task

from centralcloud_client import subjects
from services import publishing
from tasks import names
from tasks.resources import resources


@shared_task(bind=True, name=names.PUBLISH_CHANGES)
def publish_changes(self: "Task[..., Any]") -> None:
    """Bring stream SYNC up to the feed; a hint, repeated by beat."""
    owned = resources(self)
    publishing.publish_changes(owned.database, owned.changes)


@shared_task(bind=True, name=names.HEARTBEAT)
def heartbeat(self: "Task[..., Any]") -> None:
    """Tell every instance where the feed stands."""
    owned = resources(self)
    owned.nats.publish(subjects.SYNC_HEARTBEAT, publishing.heartbeat(owned.database, owned.clock))
