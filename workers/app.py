"""The Celery app of every worker, of beat and of Flower: `celery -A workers.app …`.

Owns the moments of a process's life: fork, ready, shutdown. Settings and queues are celeryconfig's.
"""

import gc
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celery import Celery, signals

from settings import settings
from workers import logs, tracing

if TYPE_CHECKING:
    from workers.composition import ProcessResources

#: Objects made before the collector looks at them: a batch makes tens of thousands, none of them in cycles.
_COLLECT_AFTER = 50_000
#: The worker that owns stream SYNC.
_PUBLISHES = "sync"

app = Celery("centralcloud")
app.config_from_object("celeryconfig")
app.steps["consumer"].add("workers.event_batches:EventBatches")


@lru_cache(maxsize=1)
def _owned() -> "ProcessResources":
    # Imported by workers only: beat and Flower load this module too, and would carry NATS and SQLAlchemy for nothing.
    from workers.composition import ProcessResources

    return ProcessResources(app)


# Tasks read `app.resources`; a property on the class builds them in the process that asks.
type(app).resources = property(lambda _app: _owned().get())  # type: ignore[attr-defined]  # see tasks.resources
tracing.connect()


@signals.setup_logging.connect
def _set_up_logs(**_: Any) -> None:
    logs.configure()


@signals.worker_before_create_process.connect
def _before_fork(**_: Any) -> None:
    # Pages of objects that the collector never visits stay shared with the parent.
    gc.collect()
    gc.freeze()


@signals.worker_process_init.connect
def _in_forked_child(**_: Any) -> None:
    _owned().after_fork()
    _owned().get()
    # Evidence of tens of thousands of files is looked through once, not a hundred times while it is read.
    gc.set_threshold(_COLLECT_AFTER, 20, 50)


@signals.worker_process_shutdown.connect
def _leave_child(**_: Any) -> None:
    _owned().close()


@signals.worker_init.connect
def _start_health(**_: Any) -> None:
    from workers import health

    # Made before any fork, so that prefork children share what it imports.
    owned = _owned()
    health.start(lambda: owned.link)


@signals.worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    if not sender.pool.__class__.__module__.endswith("prefork"):
        _owned().get()
        # What is here now stays: the collector need not look at it again, nor so often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER, 20, 50)
    from workers import health

    if settings().process_name.partition("-")[0] == _PUBLISHES:
        from services.publishing import publish_changes
        from workers import first_publication

        owned = _owned().get()
        first_publication.start(lambda: publish_changes(owned.database, owned.changes), health.ready)
    else:
        health.ready()


@signals.task_failure.connect
def _failed(sender: Any, kwargs: Any, **_: Any) -> None:
    from tasks.answering import refuse_misunderstood

    refuse_misunderstood(sender, kwargs or {})


@signals.worker_shutting_down.connect
def _shutting_down(**_: Any) -> None:
    from workers import health

    health.not_ready()


@signals.worker_shutdown.connect
def _shut_down(**_: Any) -> None:
    _owned().close()
