"""Scheduled upkeep: the `consolidate` queue. Use cases: services.consolidation, discovery.forgetting."""

from typing import Any

from celery import Task, shared_task

from centralcloud_client import subjects, wire
from services import presence
from services.consolidation import compaction, running, statistics
from services.consolidation.running import Means
from services.discovery import forgetting
from tasks import names
from tasks.resources import resources


@shared_task(bind=True, name=names.REFRESH_STATISTICS)
def refresh_statistics(self: "Task[..., Any]") -> None:
    """Compute the figures about the knowledge, and tell them to the gateways."""
    owned = resources(self)
    owned.nats.publish(subjects.FIGURES, wire.encode(statistics.refresh(owned.database)))


@shared_task(bind=True, name=names.COMPACT_FEED)
def compact_feed(self: "Task[..., Any]") -> None:
    """Drop changes that nobody can need again."""
    owned = resources(self)
    end = owned.changes.end()
    if end is not None:
        compaction.compact_feed(owned.database, end.seq)


@shared_task(bind=True, name=names.FORGET_MISSES)
def forget_misses(self: "Task[..., Any]") -> None:
    """Drop unknown names, and what became of them, that nobody asks for any more."""
    owned = resources(self)
    forgetting.forget(owned.database, owned.clock())


@shared_task(bind=True, name=names.CONSOLIDATE)
def consolidate(self: "Task[..., Any]") -> None:
    """Merge what is told twice, settle contradictions, retire what is stale, and take the figures."""
    owned = resources(self)
    report = running.run(Means(owned.database, owned.clock, owned.upkeep, owned.learning.policy))
    if report is not None and report.changed:
        owned.hint(names.PUBLISH_CHANGES, {})


@shared_task(bind=True, name=names.NOTE_INSTANCES)
def note_instances(self: "Task[..., Any]", *, instances: list[str], position: int | None = None) -> None:
    """Keep that instances were heard of, and where in the feed they are."""
    owned = resources(self)
    presence.note(owned.database, instances, position, owned.clock())
