"""Carry one correlation id from the NATS message through every task it causes, and time the tasks.

The id comes in the task's header `trace`; hints sent from inside a task pass it on. Owns the task metrics.
"""

import time
import uuid
from typing import Any

import structlog
from celery import signals

from workers import metrics

_started: dict[str, float] = {}


def connect() -> None:
    """Start to watch the tasks of this process."""
    signals.before_task_publish.connect(_before_publish)
    signals.task_prerun.connect(_before)
    signals.task_postrun.connect(_after)


def _before_publish(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        bound = structlog.contextvars.get_contextvars()
        headers.setdefault("trace", bound.get("trace") or uuid.uuid4().hex)
        headers.setdefault("sent_at", time.time())


def _before(task: Any, task_id: str, **_: Any) -> None:
    _started[task_id] = time.perf_counter()
    request = task.request
    structlog.contextvars.bind_contextvars(trace=getattr(request, "trace", None), task=task.name, task_id=task_id)
    sent_at = getattr(request, "sent_at", None)
    if isinstance(sent_at, int | float):
        metrics.TASK_WAIT.labels(task.name).observe(max(0.0, time.time() - sent_at))


def _after(task: Any, task_id: str, state: str | None = None, **_: Any) -> None:
    began = _started.pop(task_id, None)
    if began is not None:
        metrics.TASK_DURATION.labels(task.name).observe(time.perf_counter() - began)
    metrics.TASKS.labels(task.name, (state or "unknown").lower()).inc()
    structlog.contextvars.clear_contextvars()
