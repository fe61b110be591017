"""Run all jobs of mining, one after another: each in its own transaction, by one worker at a time, with a record.

A job that fails is noted and does not keep the others from running. A missed or doubled run costs nothing.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, text

from models import mined, observations, runs
from services.mining import indexing, packages, stacks, tellings, weights
from services.mining.done import Done
from services.mining.index import Index
from services.mining.rules import Rules

#: Any constant, as long as nobody else uses it: "cc" and "mine" in telephone digits.
_ADVISORY_LOCK: Final = 22_6463
_KEPT_RUNS: Final = datetime.timedelta(days=90)
_KEPT_SETS: Final = datetime.timedelta(days=730)
#: Steps of indexing in one run: five million codebases.
_MOST_STEPS: Final = 250

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What mining may use, handed in by the task."""

    database: Engine
    clock: Callable[[], datetime.datetime]
    rules: Rules
    discovery_enabled: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run brought that others should look at."""

    #: Patterns that changed.
    patterns: int = 0
    #: Discoveries that were opened.
    opened: int = 0
    failed: tuple[str, ...] = ()


class _BusyError(Exception):
    """Another worker mines."""


def run(means: Means) -> Ran:
    """Index what is new, then find all that follows from it; do nothing while another worker does."""
    done: dict[str, Done | None] = {}
    try:
        done["retention"] = _once(means, "retention", lambda connection, now: _retain(connection, means.rules, now))
        done["index"] = _index(means)
        done["weights"] = _once(
            means, "weights", lambda connection, now: weights.estimate_weights(connection, means.rules, now)
        )
        for job, work in _JOBS.items():
            done[job] = _once(means, job, partial(_on_index, work, means.rules))
        opened = _tell(means)
    except _BusyError:
        return Ran()
    changed = sum(it.details.get("patterns", 0) for it in done.values() if it is not None)
    return Ran(changed, opened, tuple(job for job, it in done.items() if it is None))


_JOBS: Final[dict[str, Callable[[Connection, Index, Rules, datetime.datetime], Done]]] = {
    "stacks": stacks.find_stacks,
    "packages": packages.rank_packages,
    "indicators": tellings.propose_indicators,
    "trends": tellings.follow_trends,
}


def _on_index(
    work: Callable[[Connection, Index, Rules, datetime.datetime], Done],
    rules: Rules,
    connection: Connection,
    now: datetime.datetime,
) -> Done:
    index = Index.of(connection)
    return work(connection, index, rules, now) if index.total else Done()


def _once(means: Means, job: str, work: Callable[[Connection, datetime.datetime], Done]) -> Done | None:
    """Run one job in a transaction, with its record; None when it failed. Raises _BusyError."""
    began = means.clock()
    try:
        with means.database.begin() as connection:
            _lock(connection)
            done = work(connection, began)
            _record(connection, means, job, began=began, done=done)
    except _BusyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs run, and it stands in the record
        _log.exception("a job of mining failed", job=job)
        with means.database.begin() as connection:
            failure = Done(details={"error": str(error)[:500]})
            _record(connection, means, job, began=began, done=failure, state="failed")
        return None
    return done


def _index(means: Means) -> Done:
    """Index in steps, each its own transaction; one record for all."""
    began = means.clock()
    looked_at = changed = 0
    for _ in range(_MOST_STEPS):
        with means.database.begin() as connection:
            _lock(connection)
            indexed = indexing.index_news(connection)
        if not indexed.looked_at:
            break
        looked_at, changed = looked_at + indexed.looked_at, changed + indexed.changed
    with means.database.begin() as connection:
        _lock(connection)
        # Before anything counts: a codebase that nobody sees any more is none.
        unused = mined.drop_unused(connection)
        done = Done(looked_at, changed, {"codebases": mined.codebases(connection), "unused": unused})
        _record(connection, means, "index", began=began, done=done)
    return done


def _retain(connection: Connection, rules: Rules, now: datetime.datetime) -> Done:
    """Keep tables bounded: old sets and runs go, then the oldest observations beyond what is kept."""
    revoked = observations.drop_revoked(connection)
    sets = observations.drop_history(connection, kept=rules.kept_replaced, before=now - _KEPT_SETS)
    overflow = observations.drop_overflow(connection, of_instance=rules.kept_of_instance, of_all=rules.kept)
    old = runs.forget_old(connection, now - _KEPT_RUNS)
    counts = {"revoked": revoked, "sets": sets, "overflow": overflow}
    return Done(0, sum(counts.values()), counts | {"runs": old})


def _tell(means: Means) -> int:
    return packages.tell_discovery(means.database, means.rules, means.clock(), enabled=means.discovery_enabled)


def _lock(connection: Connection) -> None:
    if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}).scalar_one():
        raise _BusyError


def _record(
    connection: Connection, means: Means, job: str, *, began: datetime.datetime, done: Done, state: str = "done"
) -> None:
    row = {"job": job, "state": state, "started_at": began, "seconds": (means.clock() - began).total_seconds()}
    runs.record(connection, row | {"looked_at": done.looked_at, "changed": done.changed, "details": dict(done.details)})
