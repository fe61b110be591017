"""Send a task's answer to the inbox that asked, and turn what failed into an error reply.

Owns the last step of every task that replies; never lets an asker wait for silence.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from celery import Task
from sqlalchemy.exc import DBAPIError

from centralcloud_client import headers, wire
from tasks.resources import Resources, resources

_log = structlog.get_logger(__name__)


def answer(
    task: "Task[..., Any]",
    reply_to: str,
    work: Callable[[Resources], Any],
    *,
    repeatable: bool = True,
    afterwards: Callable[[Resources], object] | None = None,
) -> None:
    """Do the work and publish its result (a message, or bytes ready to send) to `reply_to`.

    Repeatable work is done once more when its connection to the database turns out to be dead. `afterwards` runs when
    the answer is on its way; the database's faults in it are noted only.
    """
    owned = resources(task)
    try:
        result = _again_on_dead_connection(work, owned) if repeatable else work(owned)
    except wire.WireError as refusal:
        _refuse(owned, reply_to, refusal)
    except DBAPIError as fault:
        _log.warning("database fault", task=task.name, error=str(fault.orig))
        _refuse(owned, reply_to, wire.WireError("unavailable", "the database does not answer", retryable=True))
    except Exception:
        _refuse(owned, reply_to, wire.WireError("unavailable", "the request failed inside", retryable=True))
        raise
    else:
        owned.nats.publish(reply_to, result if isinstance(result, bytes) else wire.encode(result))
        if afterwards is not None:
            _follow_up(task, owned, afterwards)


def refuse_misunderstood(task: "Task[..., Any]", kwargs: Mapping[str, Any]) -> None:
    """Answer for a task that failed before it began, because it was sent with arguments that it does not take.

    So it is while a release is rolled out: gateway and workers are not all of one version.
    """
    try:
        inspect.signature(task.run).bind(**kwargs)
    except TypeError:
        if isinstance(reply_to := kwargs.get("reply_to"), str):
            error = wire.WireError("unavailable", "the worker is of another version than the gateway", retryable=True)
            _refuse(resources(task), reply_to, error)


def _follow_up(task: "Task[..., Any]", owned: Resources, afterwards: Callable[[Resources], object]) -> None:
    try:
        _again_on_dead_connection(afterwards, owned)
    except DBAPIError as fault:
        _log.warning("database fault after the answer", task=task.name, error=str(fault.orig))


def _again_on_dead_connection(work: Callable[[Resources], Any], owned: Resources) -> Any:
    try:
        return work(owned)
    except DBAPIError as fault:
        if not fault.connection_invalidated:
            raise
    return work(owned)


def _refuse(owned: Resources, reply_to: str, refusal: wire.WireError) -> None:
    mirrored = {headers.ERROR_CODE: refusal.code, headers.ERROR: refusal.message}
    owned.nats.publish(reply_to, refusal.reply(), mirrored)
