"""What a task may use: the database, NATS and the clock, handed in by the process it runs in.

Owns the shape only; workers/ builds one per process and hangs it on the Celery app as `app.resources`.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from celery import Task
from sqlalchemy import Engine

from services.consolidation.policy import Policy
from services.discovery.opening import Missed
from services.learning.patience import Ask
from services.learning.rules import LearningRules
from services.mining.rules import Rules
from services.publishing import ChangeStream

if TYPE_CHECKING:
    # Most workers hold no key, and must not load what spends money.
    from services.package_metadata import MetadataSource
    from services.paid_calls import PaidCalls


class Publisher(Protocol):
    """NATS as tasks see it: thread-safe, and silent about subscribers."""

    def publish(self, subject: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Hand one message to the connection and return at once; lost when NATS is away."""

    def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Hand over many messages (subject, data) in one step, in order."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The things of one worker process."""

    database: Engine
    nats: Publisher
    changes: ChangeStream
    clock: Callable[[], datetime.datetime]
    #: Enqueue a task by name, best effort: a lost hint costs time, never data.
    hint: Callable[[str, Mapping[str, Any]], None]
    #: Hand names nobody knew to discovery, best effort and without waiting: many go together.
    missed: Callable[[Iterable[Missed]], None]
    #: Directories that `path` queries may read.
    codebase_roots: tuple[Path, ...] = ()
    #: What upkeep goes by.
    upkeep: Policy = field(default_factory=Policy)
    #: What mining takes for enough.
    mining: Rules = field(default_factory=Rules)
    discovery_enabled: bool = False
    #: What operators set about learning.
    learning: LearningRules = field(default_factory=LearningRules)
    #: How far the stream of learns is decided.
    progress: Ask | None = None
    #: The account with the model: in the worker that holds the key, and only where there is one.
    paid_calls: "PaidCalls | None" = None
    #: Package indexes that may be asked about names; in the same worker, and only where an operator named some.
    metadata: "MetadataSource | None" = None


def resources(task: "Task[..., Any]") -> Resources:
    """Return the resources of the process this task runs in."""
    return cast("Resources", task.app.resources)  # type: ignore[attr-defined]  # set by workers.app at process start
