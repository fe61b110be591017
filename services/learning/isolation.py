"""Run one message alone after its batch failed, and give it up after enough attempts.

Attempts are counted in their own earlier commit, so that one which takes the process along counts too; a fault of the
infrastructure is taken back. What is given up is kept as a dead letter, secrets taken out.
"""

from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from centralcloud_client.wire import WireError
from models import learns
from services.learning import outcomes, reading, recording
from services.learning.deliveries import Delivery
from services.learning.faults import describe, is_infrastructure
from services.learning.outcomes import Outcome
from services.learning.reading import Submission
from services.learning.redacting import redacted

#: Attempts of a message running alone before it becomes a dead letter.
MAX_ATTEMPTS: Final = 5

_log = structlog.get_logger(__name__)


def run_alone(
    database: Engine, delivery: Delivery, apply: Callable[[Submission], list[Outcome]], cause: Exception
) -> Outcome | None:
    """Decide one delivery; None when it failed, or was left undecided by `apply`, and is to be tried again.

    Raises what the infrastructure raised.
    """
    submission, reason = _read(delivery, cause)
    with database.begin() as connection:
        if not recording.undecided(connection, [submission]):
            return recording.settle_repeats(connection, [submission], [])[0]
        attempts = learns.count_attempt(
            connection, learn_id=submission.learn_id, body_hash=submission.body_hash, error=describe(reason)
        )
    if reason is cause:
        try:
            decided = apply(submission)
        except Exception as error:
            if is_infrastructure(error):
                _take_back(database, submission)
                raise
            reason = error
        else:
            with database.begin() as connection:
                learns.forget_attempts(connection, [submission.learn_id])
            return decided[0] if decided else None
    _log.error("learn failed alone", learn_id=submission.learn_id, attempts=attempts, error=describe(reason))
    return None if attempts < MAX_ATTEMPTS else _bury(database, submission, attempts, reason)


def _read(delivery: Delivery, cause: Exception) -> tuple[Submission, Exception]:
    """Return the submission and `cause`, or as much of it as is known and why it could not be read."""
    try:
        return reading.read(delivery), cause
    except Exception as error:  # noqa: BLE001  a reader that fails on some bytes must not stop the stream
        return reading.unread(delivery), error


def _bury(database: Engine, submission: Submission, attempts: int, reason: Exception) -> Outcome:
    """Keep the message as a dead letter and decide it `rejected(dead_letter)`, in one commit."""
    given_up = WireError("dead_letter", f"given up after {attempts} attempts: {type(reason).__name__}")
    dead = reading.as_refused(submission, given_up)
    outcome = outcomes.refused(dead)
    kept = redacted(dead.delivery.headers, dead.delivery.data)
    letter = {
        "learn_id": dead.learn_id,
        "subject": dead.delivery.subject,
        "headers": kept.headers,
        "data": kept.data,
        "redacted": kept.changed,
        "attempts": attempts,
        "error": describe(reason),
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


def _take_back(database: Engine, submission: Submission) -> None:
    """Uncount an attempt as far as the database can be reached."""
    try:
        with database.begin() as connection:
            learns.uncount_attempt(connection, learn_id=submission.learn_id, body_hash=submission.body_hash)
    except (SQLAlchemyError, OSError):
        _log.warning("attempt stays counted, the database is away", learn_id=submission.learn_id)
