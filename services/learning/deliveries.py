"""Messages of stream LEARN as the gateway hands them on.

Owns their shape. What stands in their bodies is read by `reading`.
"""

import base64
import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from services.times import rfc3339

#: Tokens of an acknowledgement's subject, `$JS.ACK.…`: with nine, and with account and domain before the stream.
_SHORT: Final = 9
_RECEIVED_SHORT: Final = 7
_RECEIVED_LONG: Final = 9
#: The count of deliveries stands this far before the time.
_COUNT_BEFORE: Final = 3
#: Of nanoseconds since 1970, for centuries to come.
_MAX_DIGITS: Final = 19


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One message, delivered for the first or the n-th time."""

    #: Where the decision is told to NATS.
    ack_subject: str
    subject: str
    stream_seq: int
    #: Names in lower case.
    headers: Mapping[str, str]
    data: bytes
    #: When NATS took it: the same however often it is delivered.
    received: datetime.datetime
    #: The same as RFC 3339, which is needed several times.
    received_at: str


def read(messages: Sequence[Sequence[Any]], now: datetime.datetime) -> list[Delivery]:
    """Return a task's arguments as deliveries, in the order of the stream."""
    deliveries = [_delivery(*message, now=now) for message in messages]
    return sorted(deliveries, key=lambda delivery: delivery.stream_seq)


def _delivery(
    ack_subject: str,
    subject: str,
    stream_seq: int,
    headers: Mapping[str, str] | None,
    data: str | Mapping[str, str],
    *,
    now: datetime.datetime,
) -> Delivery:
    received = _received_at(ack_subject) or now
    return Delivery(
        ack_subject=ack_subject,
        subject=subject,
        stream_seq=stream_seq,
        headers={name.lower(): str(value) for name, value in headers.items()} if headers else {},
        data=data.encode() if isinstance(data, str) else base64.b64decode(data["b64"]),
        received=received,
        received_at=rfc3339(received),
    )


def times_delivered(delivery: Delivery) -> int:
    """Return how often NATS delivered it, this time included; 1 where its acknowledgement's subject does not tell."""
    return _number(delivery.ack_subject, _COUNT_BEFORE) or 1


def _received_at(ack_subject: str) -> datetime.datetime | None:
    """Read the time in an acknowledgement's subject: no instance can forge it."""
    nanoseconds = _number(ack_subject)
    return None if nanoseconds is None else datetime.datetime.fromtimestamp(nanoseconds / 1e9, datetime.UTC)


def _number(ack_subject: str, before_time: int = 0) -> int | None:
    """Return the number that stands so many tokens before the time in an acknowledgement's subject."""
    tokens = ack_subject.split(".")
    if tokens[:2] != ["$JS", "ACK"] or len(tokens) < _SHORT:
        return None
    digits = tokens[(_RECEIVED_SHORT if len(tokens) == _SHORT else _RECEIVED_LONG) - before_time]
    return int(digits) if digits.isdecimal() and len(digits) <= _MAX_DIGITS else None
