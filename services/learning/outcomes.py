"""What became of a delivery, as the rows have it and as it is told."""

from typing import Any, Literal

import msgspec

from centralcloud_client import wire
from centralcloud_client.messages.replies import LearnStatusReply
from models.base import AnyRow
from services.learning.deliveries import Delivery
from services.learning.reading import Submission
from services.secrets import without_secrets


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """A decision on one delivery; told to NATS by its ack, and to whoever asked by `CC-Result`."""

    delivery: Delivery
    learn_id: str
    state: Literal["applied", "rejected"]
    type: str
    code: str | None = None
    message: str | None = None
    slug: str | None = None
    seq: int | None = None
    #: Whether this decision wrote to the feed; a repetition of what is known does not.
    changed: bool = False

    def reply(self) -> LearnStatusReply:
        """Return the outcome as learn.status answers it."""
        return LearnStatusReply(
            v=wire.VERSION,
            ok=True,
            learn_id=self.learn_id,
            state=self.state,
            code=self.code,
            message=self.message,
            type=self.type,
            slug=self.slug,
            seq=self.seq,
        )

    def row(self) -> dict[str, Any]:
        """Return the columns of `models.learns.set_outcome`."""
        return {
            "learn_id": self.learn_id,
            "state": self.state,
            "code": self.code,
            "message": self.message,
            "slug": self.slug,
            "seq": self.seq,
        }


def refused(submission: Submission) -> Outcome:
    """Return the outcome of a submission that cannot be taken as it is."""
    assert submission.refusal is not None
    message = submission.refusal.message
    if submission.refusal.path:
        message = f"{message} (at {submission.refusal.path})"
    return rejected(submission, submission.refusal.code, message)


def rejected(submission: Submission, code: str, message: str) -> Outcome:
    """Return the outcome `rejected` with a reason."""
    return Outcome(
        delivery=submission.delivery,
        learn_id=submission.learn_id,
        state="rejected",
        type=submission.type,
        code=code,
        message=without_secrets(message.replace("\0", "")),
    )


def repeated(submission: Submission, row: AnyRow) -> Outcome:
    """Return the outcome that an earlier delivery had."""
    return Outcome(
        delivery=submission.delivery,
        learn_id=submission.learn_id,
        state=row.state,
        type=row.type,
        code=row.code,
        message=row.message,
        slug=row.slug,
        seq=row.seq,
    )
