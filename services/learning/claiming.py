"""Claim learn_ids: what is new is decided now, what was decided stays so, and other content is a conflict.

The unique learn_id decides, not a look at what is there: two workers with one message cannot both apply it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from models import learns
from services.learning import outcomes
from services.learning.outcomes import Outcome
from services.learning.reading import Submission


def claim(connection: Connection, submissions: Sequence[Submission]) -> list[Submission]:
    """Take the ids nobody had; return their submissions, the first delivery of each."""
    firsts: dict[str, Submission] = {}
    for submission in submissions:
        firsts.setdefault(submission.learn_id, submission)
    new = learns.claim(connection, [_row(firsts[learn_id]) for learn_id in sorted(firsts)])
    return [submission for learn_id, submission in firsts.items() if learn_id in new]


def settle_repeats(
    connection: Connection, submissions: Sequence[Submission], claimed: Sequence[Submission]
) -> list[Outcome]:
    """Decide what was not claimed, once the claimed are decided: the stored outcome, or conflict."""
    mine = {id(submission) for submission in claimed}
    others = [submission for submission in submissions if id(submission) not in mine]
    # One order in every transaction, so that nobody waits in a ring for traces of conflicts.
    others.sort(key=lambda submission: (submission.learn_id, submission.body_hash))
    if not others:
        return []
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


def _row(submission: Submission) -> dict[str, Any]:
    refusal = outcomes.refused(submission) if submission.refusal else None
    return {
        "learn_id": submission.learn_id,
        "body_hash": submission.body_hash,
        "kind": submission.kind,
        "type": submission.type,
        "instance_id": submission.instance_id,
        "codebase_id": submission.codebase_id,
        "state": "rejected" if refusal else "applied",
        "code": refusal.code if refusal else None,
        "message": refusal.message if refusal else None,
        "slug": None,
        "body": submission.body,
    }
