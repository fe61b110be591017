"""Publish the feed into stream SYNC, each change once and in order, whoever else tries to.

Rides the `sync` queue. The stream's own sequence is the only memory of what was published: each message expects its
predecessor, so two publishers, crashes and repeats are harmless. Reading pages for instances is `services.syncing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from sqlalchemy import Engine, text

from centralcloud_client import wire
from centralcloud_client.messages.sync import Heartbeat
from models import feed
from models.feed import FeedChange, Head
from services.times import Clock, rfc3339

BATCH: Final = 500
#: Held by whoever makes the stream anew.
_ADVISORY_LOCK: Final = 22_7962


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where the stream ends: its last sequence, the epoch it was made for, and the message there if it is kept."""

    seq: int
    epoch: str
    data: bytes | None


class ChangeStream(Protocol):
    """Stream SYNC as the publisher sees it; every method may raise OSError or TimeoutError when NATS is away."""

    def end(self) -> StreamEnd | None:
        """Return the end of the stream, or None when there is no stream."""

    def publish(self, first_seq: int, messages: Sequence[bytes]) -> int:
        """Append messages that must become first_seq, first_seq + 1, …; return the last that it surely took."""

    def recreate(self, first_seq: int, epoch: str) -> None:
        """Delete the stream if it exists and make it anew, its first message to be numbered `first_seq`."""


class _Stamp(msgspec.Struct):
    seq: int
    hash: str


def message(epoch: str, change: FeedChange) -> bytes:
    """Return a change as it is broadcast; the body is spliced in as it is stored."""
    head = wire.encode(
        {
            "v": wire.VERSION,
            "kind": change.kind,
            "epoch": epoch,
            "seq": change.seq,
            "op": change.op,
            "at": rfc3339(change.at),
            "hash": change.hash,
        }
    )
    field = b"pattern" if change.kind == "pattern" else b"template"
    return head[:-1] + b',"' + field + b'":' + change.body.encode() + b"}"


@dataclass(frozen=True, slots=True)
class Published:
    """What one run did: changes published, and where stream and feed stood at its end."""

    changes: int
    upto: int
    head: int


def publish_changes(database: Engine, stream: ChangeStream) -> Published:
    """Publish all rows above the stream's end. Safe to run at any time, any number of times."""
    published = 0
    head, position = _agree(database, stream)
    while position < head.seq:
        with database.connect() as connection:
            changes = feed.after(connection, position, BATCH)
        if not changes or changes[0].seq != position + 1:
            # Rows were compacted that the stream never had: only a new life of the feed is gapless again.
            head, position = _start_anew(database, stream, StreamEnd(position, head.epoch, None))
            continue
        taken = stream.publish(position + 1, [message(head.epoch, change) for change in changes])
        published += max(0, taken - position)
        position = max(position, taken)
        if taken < changes[-1].seq:
            break
        with database.connect() as connection:
            head = feed.head(connection)
    return Published(published, position, head.seq)


def _agree(database: Engine, stream: ChangeStream) -> tuple[Head, int]:
    """Return the feed's head and the sequence to go on from, after mending a stream that tells another story."""
    end = stream.end()
    with database.connect() as connection:
        head = feed.head(connection)
        row = feed.at(connection, end.seq) if end else None
    if end is None or end.epoch != head.epoch or end.seq > head.seq or not _same(end, row):
        return _start_anew(database, stream, end)
    return head, end.seq


def _same(end: StreamEnd, row: FeedChange | None) -> bool:
    """Tell whether the stream's last message is the feed's row; true when either is gone, for epochs agree."""
    if end.data is None or row is None:
        return True
    stamp = msgspec.json.decode(end.data, type=_Stamp)
    return stamp.seq == row.seq and stamp.hash == row.hash


def _start_anew(database: Engine, stream: ChangeStream, seen: StreamEnd | None) -> tuple[Head, int]:
    """Renew the epoch and the stream: instances are told to start over, and number on from the head.

    One publisher at a time, and only while the stream ends as it was seen to: a second one would begin its stream
    behind what came into the first one's.
    """
    with database.begin() as alone:
        alone.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        end = stream.end()
        if _place(end) == _place(seen):
            with database.begin() as connection:
                head = feed.renew_epoch(connection, end.seq if end else 0)
            stream.recreate(head.seq + 1, head.epoch)
            return head, head.seq
    return _agree(database, stream)


def _place(end: StreamEnd | None) -> tuple[int, str] | None:
    return None if end is None else (end.seq, end.epoch)


def heartbeat(database: Engine, clock: Clock) -> bytes:
    """Return the message that tells instances how far they could be."""
    with database.connect() as connection:
        head = feed.head(connection)
    return wire.encode(Heartbeat(v=wire.VERSION, epoch=head.epoch, head=head.seq, at=rfc3339(clock())))
