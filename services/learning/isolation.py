"""Run one message alone after its batch failed, and give it up after enough attempts.

Attempts are counted in their own earlier commit, so that one which takes the process along counts too; a fault of the
infrastructure is taken back. What is given up is kept whole as a dead letter.
"""

from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from centralcloud_client import wire
from models import learns
from services.learning import outcomes, reading, recording
from services.learning.deliveries import Delivery
from services.learning.faults import is_infrastructure
from services.learning.outcomes import Outcome
from services.learning.reading import Submission

#: Attempts of a message running alone before it becomes a dead letter.
MAX_ATTEMPTS: Final = 5
_MAX_ERROR: Final = 2_000

_log = structlog.get_logger(__name__)


def run_alone(
    database: Engine, delivery: Delivery, apply: Callable[[Submission], list[Outcome]], cause: Exception
) -> Outcome | None:
    """Decide one delivery; None when it failed and may be tried again.

    Raises what the infrastructure raised.
    """
    body_hash = wire.digest(delivery.data)
    submission: Submission | None = None
    learn_id = body_hash
    try:
        submission = reading.read(delivery)
        learn_id, body_hash = submission.learn_id, submission.body_hash
        reason: Exception = cause
    except Exception as error:  # noqa: BLE001  a reader that fails on some bytes must not stop the stream
        reason = error
    with database.begin() as connection:
        attempts = learns.count_attempt(connection, learn_id=learn_id, body_hash=body_hash, error=_short(reason))
    if submission is not None:
        try:
            decided = apply(submission)[0]
        except Exception as error:
            if is_infrastructure(error):
                _take_back(database, learn_id, body_hash)
                raise
            reason = error
        else:
            with database.begin() as connection:
                learns.forget_attempts(connection, [learn_id])
            return decided
    _log.error("learn failed alone", learn_id=learn_id, attempts=attempts, error=_short(reason))
    if attempts < MAX_ATTEMPTS:
        return None
    return _bury(database, submission or _unread(delivery, learn_id, body_hash), attempts, reason)


def _bury(database: Engine, submission: Submission, attempts: int, reason: Exception) -> Outcome:
    """Keep the message as a dead letter and decide it `rejected(dead_letter)`, in one commit."""
    given_up = wire.WireError("dead_letter", f"given up after {attempts} attempts: {type(reason).__name__}")
    dead = reading.as_refused(submission, given_up)
    outcome = outcomes.refused(dead)
    letter = {
        "learn_id": dead.learn_id,
        "subject": dead.delivery.subject,
        "headers": dict(dead.delivery.headers),
        "data": dead.delivery.data,
        "attempts": attempts,
        "error": _short(reason),
    }
    try:
        with database.begin() as connection:
            recording.record(connection, [(dead, outcome)])
            learns.bury(connection, letter)
            learns.forget_attempts(connection, [dead.learn_id])
    except recording.AlreadyDecidedError:
        with database.begin() as connection:
            learns.forget_attempts(connection, [dead.learn_id])
            return recording.settle_repeats(connection, [dead], [])[0]
    return outcome


def _take_back(database: Engine, learn_id: str, body_hash: str) -> None:
    """Uncount an attempt as far as the database can be reached."""
    try:
        with database.begin() as connection:
            learns.uncount_attempt(connection, learn_id=learn_id, body_hash=body_hash)
    except (SQLAlchemyError, OSError):
        _log.warning("attempt stays counted, the database is away", learn_id=learn_id)


def _unread(delivery: Delivery, learn_id: str, body_hash: str) -> Submission:
    return Submission(
        delivery=delivery,
        learn_id=learn_id,
        body_hash=body_hash,
        kind="learn",
        type="",
        instance_id="",
        codebase_id="",
    )


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\0", "")[:_MAX_ERROR]
