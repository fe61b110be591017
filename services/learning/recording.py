"""Record decisions under their learn_ids: what is new is decided now, what was decided stays, other content conflicts.

The unique learn_id decides, in the transaction that applies: two workers with one message cannot both apply it.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from models import learns
from models.copying import Values
from services.learning import outcomes
from services.learning.outcomes import Outcome
from services.learning.reading import Submission


class AlreadyDecidedError(Exception):
    """Some learn_id was decided before: roll back, and run again with `undecided`."""


def firsts(submissions: Sequence[Submission]) -> list[Submission]:
    """Return the first delivery of each learn_id."""
    found: dict[str, Submission] = {}
    for submission in submissions:
        found.setdefault(submission.learn_id, submission)
    return list(found.values())


def undecided(connection: Connection, submissions: Sequence[Submission]) -> list[Submission]:
    """Return the submissions whose learn_id nobody decided."""
    known = learns.known(connection, {submission.learn_id for submission in submissions})
    return [submission for submission in submissions if submission.learn_id not in known]


def record(connection: Connection, decided: Sequence[tuple[Submission, Outcome]]) -> None:
    """Write decisions; raises AlreadyDecidedError when one of the ids is taken."""
    ordered = sorted(decided, key=lambda decision: decision[0].learn_id)
    try:
        learns.record(connection, [_values(submission, outcome) for submission, outcome in ordered])
    except learns.TakenError:
        raise AlreadyDecidedError from None


def settle_repeats(
    connection: Connection, submissions: Sequence[Submission], decided: Sequence[Submission]
) -> list[Outcome]:
    """Return the outcomes of all other deliveries of ids that are recorded: the stored one, or conflict."""
    mine = {id(submission) for submission in decided}
    others = [submission for submission in submissions if id(submission) not in mine]
    if not others:
        return []
    # One order in every transaction, so that nobody waits in a ring for traces of conflicts.
    others.sort(key=lambda submission: (submission.learn_id, submission.body_hash))
    known = learns.known(connection, {submission.learn_id for submission in others})
    settled = []
    for submission in others:
        row = known[submission.learn_id]
        if row.body_hash == submission.body_hash:
            settled.append(outcomes.repeated(submission, row))
        else:
            settled.append(_conflict(connection, submission))
    return settled


def _conflict(connection: Connection, submission: Submission) -> Outcome:
    learns.record_conflict(
        connection,
        learn_id=submission.learn_id,
        body_hash=submission.body_hash,
        instance_id=submission.instance_id,
    )
    return outcomes.rejected(submission, "conflict", "this learn_id came before with other content, which stands")


def _values(submission: Submission, outcome: Outcome) -> Values:
    return (
        submission.learn_id,
        submission.body_hash,
        submission.kind,
        submission.type,
        submission.instance_id,
        submission.codebase_id,
        outcome.state,
        outcome.code,
        outcome.message,
        outcome.slug,
        outcome.seq,
        submission.body,
        submission.delivery.received_at,
    )
