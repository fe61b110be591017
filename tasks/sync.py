"""Publish the feed and its heartbeat: the `sync` queue, nothing slow. Use case: services.publishing."""

from typing import Any

import structlog
from celery import Task, shared_task

from centralcloud_client import subjects
from services import publishing
from tasks import metrics, names
from tasks.resources import resources

_log = structlog.get_logger(__name__)


@shared_task(bind=True, name=names.PUBLISH_CHANGES)
def publish_changes(self: "Task[..., Any]") -> None:
    """Bring stream SYNC up to the feed; a hint, repeated by beat."""
    owned = resources(self)
    done = publishing.publish_changes(owned.database, owned.changes)
    metrics.FEED_HEAD.set(done.head)
    metrics.FEED_PUBLISHED.set(done.upto)
    metrics.FEED_LAG.set(done.head - done.upto)
    metrics.CHANGES.inc(done.changes)
    if done.changes:
        _log.info("changes published", changes=done.changes, upto=done.upto)


@shared_task(bind=True, name=names.HEARTBEAT)
def heartbeat(self: "Task[..., Any]") -> None:
    """Tell every instance where the feed stands."""
    owned = resources(self)
    owned.nats.publish(subjects.SYNC_HEARTBEAT, publishing.heartbeat(owned.database, owned.clock))
