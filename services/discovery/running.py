"""Run one discovery: what is known already, then aliases, then facts, and only then a model.

Each step may settle it. No transaction is open while a model thinks; what was found is written together with the
row's last word, which only the latest run may have. Who is claimed, and how many at once, is `working`'s.
"""

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from models import discoveries, patterns
from services.discovery import alias_writing, aliases, outcomes
from services.discovery.means import TURN, Means
from services.discovery.outcomes import Claimed, Outcome
from services.discovery.reasons import FAILED, known_as
from services.discovery.same_name import VERSION
from services.discovery.telling import FORWARDED
from services.learning.faults import describe, is_infrastructure
from services.pattern_writing import SlugTakenError

if TYPE_CHECKING:
    from services.discovery.finding import Finding

#: The type of the same kind of things: what is known as the one is not looked for as the other.
KIN: Final = {"framework": "technology", "technology": "framework", "microservice": "code", "code": "microservice"}
_TRIES: Final = 4
_INFRASTRUCTURE_PAUSE: Final = datetime.timedelta(seconds=30)

_log = structlog.get_logger(__name__)


class TakenOverError(Exception):
    """The lease ran out, or the discovery was forgotten: whatever was found is not this run's to write."""


def run(means: Means, claimed: Claimed) -> Outcome | None:
    """Find out what the name is, and settle the discovery; None when it is no longer this run's."""
    try:
        return _run(means, claimed)
    except TakenOverError:
        return None
    except Exception as error:  # noqa: BLE001 - every way to end must be one that an operator sees
        return _after_fault(means, claimed, error)


def _run(means: Means, claimed: Claimed) -> Outcome:
    return _from_what_is_known(means, claimed) or _from_outside(means, claimed)


def _from_what_is_known(means: Means, claimed: Claimed) -> Outcome | None:
    with TURN, means.database.connect() as connection:
        rows = patterns.by_names(connection, [(type_, claimed.key) for type_ in (claimed.type, KIN[claimed.type])])
        known = {row.type: row.slug for row in reversed(rows) if row.slug is not None}
        alias = None if known else aliases.find(connection, claimed.type, claimed.name)
    if claimed.type in known:
        return _settle(means, outcomes.found(claimed, known[claimed.type], "known", means.clock()), claimed)
    if known:
        elsewhere, slug = next(iter(known.items()))
        message = f"a {elsewhere} of that name is known: {slug}"
        return _settle(means, outcomes.failed(claimed, known_as(elsewhere), message, means.clock()), claimed)
    if alias is not None:
        return _write_alias(means, claimed, alias.slug, lasting=alias.rule != VERSION)
    return None


def _from_outside(means: Means, claimed: Claimed) -> Outcome:
    # Imported by the discover worker only: what asks a model is heavy.
    from services.discovery import finding

    found = finding.find(means, claimed)
    if found.due is not None:
        put_off = outcomes.put_off(claimed, found.reason, found.message, found.due, means.clock())
        return _settle(means, put_off, claimed)
    if found.alias_of is not None:
        return _write_alias(means, claimed, found.alias_of, lasting=True)
    if found.pattern is None:
        return _settle(means, outcomes.failed(claimed, found.reason, found.message, means.clock()), claimed)
    return _write_pattern(means, claimed, found)


def _write_alias(means: Means, claimed: Claimed, slug: str, *, lasting: bool) -> Outcome:
    """Let the name stand for a pattern: as its alias if `lasting` and there is room, else for whoever asks."""

    def write(connection: Connection, at: datetime.datetime) -> tuple[str, str]:
        is_alias = lasting and alias_writing.add(connection, claimed.type, slug, claimed.name, at)
        return slug, "alias" if is_alias else FORWARDED

    return _write(means, claimed, write)


def _write_pattern(means: Means, claimed: Claimed, found: "Finding") -> Outcome:
    from services.findings import write_discovered

    pattern = found.pattern
    assert pattern is not None

    def write(connection: Connection, at: datetime.datetime) -> tuple[str, str]:
        return write_discovered(connection, pattern, claimed.name, at).pattern.slug, found.found_by

    return _write(means, claimed, write)


def _write(
    means: Means, claimed: Claimed, write: Callable[[Connection, datetime.datetime], tuple[str, str]]
) -> Outcome:
    """Write what was found and the discovery's end in one transaction, again when another was quicker."""
    for left in reversed(range(_TRIES)):
        at = means.clock()
        try:
            with means.database.begin() as connection:
                slug, found_by = write(connection, at)
                outcome, row = outcomes.found(claimed, slug, found_by, at)
                _end(connection, claimed, row)
        except SlugTakenError:
            if not left:
                raise
        else:
            return outcome
    raise AssertionError


def _settle(means: Means, end: tuple[Outcome, dict[str, Any]], claimed: Claimed) -> Outcome:
    outcome, row = end
    with means.database.begin() as connection:
        _end(connection, claimed, row)
    return outcome


def _end(connection: Connection, claimed: Claimed, row: dict[str, Any]) -> None:
    if not discoveries.settle(connection, claimed.type, claimed.key, claimed.runs, row):
        raise TakenOverError


def _after_fault(means: Means, claimed: Claimed, error: Exception) -> Outcome | None:
    """Settle what failed inside; what cannot even be settled comes again when its lease has run out."""
    at = means.clock()
    if is_infrastructure(error):
        _log.warning("a discovery met a fault", type=claimed.type, key=claimed.key, error=describe(error))
        end = outcomes.put_off(claimed, "unavailable", describe(error), at + _INFRASTRUCTURE_PAUSE, at)
    else:
        _log.exception("a discovery failed inside", type=claimed.type, key=claimed.key)
        end = outcomes.failed(claimed, FAILED, describe(error), at)
    try:
        return _settle(means, end, claimed)
    except TakenOverError:
        return None
    except SQLAlchemyError as fault:
        _log.warning("a discovery could not be settled", type=claimed.type, key=claimed.key, error=describe(fault))
        return None
