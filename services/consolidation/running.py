"""Consolidate what is known: merge what is told twice, settle contradictions, retire what is stale, take the figures.

One worker at a time, many small transactions, and a record of the run. What it did leaves nothing to do: run again, it
changes nothing. Broken off, the next run goes on.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from centralcloud_patterns.standing import DEFAULT
from centralcloud_patterns.standing import Policy as Standing
from models import runs
from services.consolidation import contradictions, duplicates, profiles, single_flight, stale, survey
from services.consolidation.contradictions import Disputed
from services.consolidation.duplicates import Held, Merger
from services.consolidation.policy import Policy
from services.consolidation.stale import Stale
from services.curation import joining
from services.curation.ruling import Deed, RulingError
from services.times import Clock

#: Who does it, in the audit trail; the job's name in the record of runs.
ACTOR: Final = "consolidation"
#: Plans that are carried out in one run: each begins with what the last one left.
_MOST_ROUNDS: Final = 8
_MOST_BATCHES: Final = 200
#: Mergers in one transaction: others wait for the feed's head meanwhile.
_BATCH: Final = 8
#: Instances named in the audit trail as those whose sightings a merger rests on.
_NAMED: Final = 100

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What upkeep may use, handed in by the task or the command."""

    database: Engine
    clock: Clock
    policy: Policy = field(default_factory=Policy)
    standing: Standing = DEFAULT

    def deed(self, reason: str) -> Deed:
        """Return a deed of this job, now."""
        return Deed(ACTOR, reason, self.clock(), self.standing)


@dataclass(slots=True)
class Report:
    """What a run did, or would do."""

    looked_at: int = 0
    mergers: list[Merger] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    disputed: list[Disputed] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)
    #: Patterns that changed.
    changed: int = 0
    seconds: float = 0.0
    #: Steps that failed, with their errors.
    failed: dict[str, str] = field(default_factory=dict)


def preview(means: Means) -> Report:
    """Return what a run would do, and why, and change nothing."""
    began = time.monotonic()
    report = Report()
    with means.database.connect() as connection, connection.begin() as transaction:
        suspects = profiles.suspects(connection, means.policy)
        report.looked_at = suspects.looked_at
        report.mergers, report.held = duplicates.plan(suspects.profiles, suspects.pairs, suspects.seen_by, means.policy)
        report.disputed = contradictions.find(connection)
        report.stale = stale.find(connection, means.clock(), means.policy, limit=stale.BATCH * _MOST_BATCHES)
        transaction.rollback()
    report.seconds = time.monotonic() - began
    return report


def run(means: Means) -> Report | None:
    """Do it; None while another worker does."""
    with single_flight.alone(means.database) as mine:
        if not mine:
            return None
        started, began = means.clock(), time.monotonic()
        report = Report()
        for name, step in _STEPS.items():
            try:
                step(means, report)
            except Exception as error:  # noqa: BLE001  whatever it is, the others run, and it stands in the record
                _log.exception("a step of consolidation failed", step=name)
                report.failed[name] = str(error)[:500]
        report.seconds = time.monotonic() - began
        with means.database.begin() as connection:
            runs.record(
                connection,
                {
                    "job": ACTOR,
                    "state": "failed" if report.failed else "done",
                    "started_at": started,
                    "seconds": report.seconds,
                    "looked_at": report.looked_at,
                    "changed": report.changed,
                    "details": _details(report),
                },
            )
    return report


def _merge(means: Means, report: Report) -> None:
    for _round in range(_MOST_ROUNDS):
        with means.database.connect() as connection:
            suspects = profiles.suspects(connection, means.policy)
        planned, report.held = duplicates.plan(suspects.profiles, suspects.pairs, suspects.seen_by, means.policy)
        report.looked_at = max(report.looked_at, suspects.looked_at)
        merged = [it for batch in _batches(planned) for it in _carry_out(means, batch)]
        report.mergers += merged
        report.changed += 2 * len(merged)
        if not merged:
            return


def _batches(planned: Sequence[Merger]) -> Iterator[Sequence[Merger]]:
    return (planned[start : start + _BATCH] for start in range(0, len(planned), _BATCH))


def _carry_out(means: Means, mergers: Sequence[Merger]) -> list[Merger]:
    """Merge in one transaction, where something is not what it was, each in its own; return those that were merged."""
    try:
        with means.database.begin() as connection:
            joining.hold(connection, {(it.type, slug) for it in mergers for slug in (it.gone, it.survivor)})
            for it in mergers:
                seen_by = list(it.likeness.instances[:_NAMED])
                deed = means.deed(it.likeness.reason)
                joining.join(connection, it.type, it.gone, it.survivor, deed, instances=seen_by)
    except (RulingError, DBAPIError) as reason:
        # One that another worker holds, or that is no longer what it was, keeps no other from being merged.
        if len(mergers) > 1:
            return [merged for it in mergers for merged in _carry_out(means, [it])]
        _log.warning("not merged", type=mergers[0].type, gone=mergers[0].gone, why=str(reason)[:500])
        return []
    return list(mergers)


def _settle(means: Means, report: Report) -> None:
    with means.database.begin() as connection:
        report.disputed = contradictions.find(connection)
        report.changed += contradictions.resolve(connection, report.disputed, means.deed("contradictory indicators"))


def _retire(means: Means, report: Report) -> None:
    reason = f"nobody has spoken of it or seen it for {means.policy.stale_days} days"
    for _batch in range(_MOST_BATCHES):
        with means.database.begin() as connection:
            gone = stale.retire(connection, means.policy, means.deed(reason))
        report.stale += gone
        report.changed += len(gone)
        if len(gone) < stale.BATCH:
            return


def _take_figures(means: Means, _report: Report) -> None:
    with means.database.begin() as connection:
        survey.keep(connection, means.clock(), means.standing)


_STEPS: Final[dict[str, Callable[[Means, Report], None]]] = {
    "duplicates": _merge,
    "contradictions": _settle,
    "stale": _retire,
    "figures": _take_figures,
}


def _details(report: Report) -> dict[str, Any]:
    return {
        "merged": len(report.mergers),
        "held": len(report.held),
        "disputed": len(report.disputed),
        "stale": len(report.stale),
        **({"failed": report.failed} if report.failed else {}),
    }
