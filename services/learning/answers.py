"""What the learn worker says on NATS: acknowledgements after the commit, and outcomes to those who asked.

Owns the words of JetStream's acknowledgements. A result's subject comes from the instance and is answered only where
instances may listen for answers.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from centralcloud_client import headers, wire
from services.learning.deliveries import Delivery
from services.learning.outcomes import Outcome
from services.learning.patience import seconds_to_wait

#: Subject and data, in the order of publishing.
Messages = list[tuple[str, bytes]]

IN_PROGRESS: Final = b"+WPI"
DONE: Final = b"+ACK"
NEVER_AGAIN: Final = b"+TERM"
#: Seconds until what the infrastructure prevented is delivered again.
POSTPONED: Final = 5

_INBOX: Final = "_INBOX."
_MAX_SUBJECT: Final = 256


def in_progress(deliveries: Iterable[Delivery]) -> Messages:
    """Return the messages that restart the time in which NATS waits for acknowledgement."""
    return [(delivery.ack_subject, IN_PROGRESS) for delivery in deliveries]


def postponed(deliveries: Iterable[Delivery]) -> Messages:
    """Return the messages that ask for delivery again, a little later."""
    return [(delivery.ack_subject, _again_after(POSTPONED)) for delivery in deliveries]


def early(deliveries: Iterable[Delivery]) -> Messages:
    """Return the messages that ask for delivery again once what came before may be decided."""
    return [(delivery.ack_subject, _again_after(seconds_to_wait(delivery))) for delivery in deliveries]


def decided(outcomes: Sequence[Outcome]) -> Messages:
    """Return the acknowledgements of committed decisions, then the outcomes for those who asked."""
    messages = [(outcome.delivery.ack_subject, _acknowledgement(outcome)) for outcome in outcomes]
    for outcome in outcomes:
        subject = outcome.delivery.headers.get(headers.RESULT.lower())
        if subject is not None and is_inbox(subject):
            messages.append((subject, wire.encode(outcome.reply())))
    return messages


def is_inbox(subject: str) -> bool:
    """Tell whether a subject an instance named is one inbox: no wildcards, no spaces, no empty token."""
    if not subject.startswith(_INBOX) or len(subject) > _MAX_SUBJECT:
        return False
    return all(
        token and token.isprintable() and not any(sign in "*>" or sign.isspace() for sign in token)
        for token in subject.split(".")
    )


def _again_after(seconds: float) -> bytes:
    return b'-NAK {"delay": %d}' % int(seconds * 1_000_000_000)


def _acknowledgement(outcome: Outcome) -> bytes:
    return NEVER_AGAIN if outcome.code == "dead_letter" else DONE
