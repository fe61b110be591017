"""Enrich the candidates that are due, one after the other: gather, ask, write, settle.

Never a transaction across a call. A run that is killed loses its claims to the next one after a while; what was paid
for is found in the ledger then.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from centralcloud_client.naming import normalise
from centralcloud_patterns.pattern import Pattern
from models import enrichments
from models.base import AnyRow
from services import findings, grounding
from services.enrichment.sweeping import claim_due
from services.enrichment.wanting import taught_by
from services.findings import Enrichment, NoTemplateError
from services.paid_calls import GaveUp, NotNow, PaidCalls, Question
from services.pattern_writing import SlugTakenError

if TYPE_CHECKING:
    from services.package_metadata import MetadataSource

#: Candidates that one run asks about.
MOST_A_RUN: Final = 10
#: Failures in a row after which only an operator, or more teaching, makes a pattern due again.
MOST_FAILURES: Final = 5
_FIRST_PAUSE: Final = datetime.timedelta(minutes=10)
_MAX_RERUNS: Final = 5

_decoder: Final = msgspec.json.Decoder(Pattern)
_log = structlog.get_logger(__name__)


class _TakenOverError(Exception):
    """The claim ran out and is somebody else's now: what was done must be undone."""


@dataclass(frozen=True, slots=True)
class Means:
    """What enrichment may use, handed in by the task."""

    database: Engine
    clock: Callable[[], datetime.datetime]
    paid_calls: PaidCalls
    metadata: "MetadataSource | None" = None


@dataclass(slots=True)
class Enriched:
    """What a run came to: patterns changed, left as they were, put off and failed."""

    changed: int = 0
    unchanged: int = 0
    postponed: int = 0
    failed: int = 0


def run(means: Means, limit: int = MOST_A_RUN) -> Enriched:
    """Enrich up to `limit` candidates; ends early when the model is not to be asked now."""
    done = Enriched()
    for _turn in range(limit):
        claimed = claim_due(means.database, means.clock())
        if claimed is None:
            break
        try:
            changed = _enrich(means, claimed)
        except NotNow as later:
            # Whatever keeps this one from being asked keeps the others as well, if only for a moment.
            _settle(means, claimed, state="waiting", due_at=later.due, reason=later.reason, message=later.message)
            done.postponed += 1
            break
        except (GaveUp, NoTemplateError) as end:
            _fail(means, claimed, getattr(end, "reason", "no_template"), str(end))
            done.failed += 1
        except DBAPIError:
            raise
        except Exception as error:  # noqa: BLE001  one odd pattern must not keep the others waiting
            _log.error("enrichment failed", pattern_id=claimed.pattern_id, error=repr(error))
            _fail(means, claimed, "failed", repr(error)[:500])
            done.failed += 1
        else:
            done.changed += changed
            done.unchanged += not changed
    return done


def _enrich(means: Means, claimed: AnyRow) -> bool:
    """Ask about one candidate and write what is believed of the answer; tell whether it changed."""
    with means.database.connect() as connection:
        document = enrichments.documents(connection, [claimed.pattern_id]).get(claimed.pattern_id)
    if document is None:
        _settle(means, claimed, state="done", reason="gone", message="it is no candidate any more")
        return False
    pattern = _decoder.decode(document)
    with means.database.connect() as connection:
        facts = grounding.gather_more(connection, pattern, means.metadata)
        built = findings.enrichment_prompt(connection, pattern, facts)
    answered = means.paid_calls.ask(
        Question(
            purpose="enrichment",
            subject=(pattern.type.value, normalise(pattern.slug)),
            instance_id=taught_by(pattern),
            template=built.template,
            template_version=built.version,
            prompt=built.prompt,
            output=Enrichment,
        )
    )
    said = findings.contribution(
        answered.value,
        facts,
        type_=pattern.type.value,
        slug=pattern.slug,
        name=pattern.name,
        model=answered.model,
        call_id=answered.call_id,
        template=built.template,
        template_version=built.version,
        at=means.clock(),
    )
    return _write(means, claimed, pattern, said, answered.call_id)


def _write(means: Means, claimed: AnyRow, before: Pattern, said: Pattern, call_id: str) -> bool:
    """Write and settle in one transaction; nothing when somebody else took the claim over."""
    for _rerun in range(_MAX_RERUNS):
        try:
            with means.database.begin() as connection:
                stored = findings.write_enriched(connection, said, means.clock())
                _end(connection, claimed, call_id, means.clock())
        except SlugTakenError:
            continue
        except _TakenOverError:
            return False
        return stored is not None and stored.revision > before.revision
    raise TimeoutError("others kept changing the pattern")


def _end(connection: Connection, claimed: AnyRow, call_id: str, now: datetime.datetime) -> None:
    done: dict[str, Any] = {"state": "done", "reason": None, "message": None, "failures": 0, "due_at": now}
    if not enrichments.settle(connection, claimed, now, **done, call_id=call_id):
        raise _TakenOverError


def _fail(means: Means, claimed: AnyRow, reason: str, message: str) -> None:
    """Put a candidate off, longer each time; in the end until somebody does something about it."""
    failures = claimed.failures + 1
    state = "failed" if failures >= MOST_FAILURES else "waiting"
    due = means.clock() + _FIRST_PAUSE * 4 ** (failures - 1)
    _settle(means, claimed, state=state, failures=failures, due_at=due, reason=reason, message=message)


def _settle(means: Means, claimed: AnyRow, **values: Any) -> None:
    with means.database.begin() as connection:
        enrichments.settle(connection, claimed, means.clock(), **values)
