"""Answer `sync.request`: the changes since a sequence number, from Postgres, in pages.

Rides the `lookup` queue. Each thing appears once, at its last change; what changes while an instance pages appears on a
later page, because its new sequence lies ahead.
"""

from collections.abc import Collection

import msgspec
from sqlalchemy import Engine

from centralcloud_client import wire
from centralcloud_client.messages.sync import SyncReply
from centralcloud_client.wire import WireError
from models import changes, feed
from services import answers
from services.publishing import message


def sync_page(database: Engine, *, since: int, epoch: str | None, types: Collection[str], limit: int) -> SyncReply:
    """Return one page; raise WireError `resync_required` to who lives in another epoch or ahead of the head."""
    with database.connect() as connection:
        head = feed.head(connection)
        if (epoch is not None and epoch != head.epoch and since > 0) or since > head.seq:
            raise WireError("resync_required", f"the feed's epoch is {head.epoch}: drop everything and start at 0")
        rows = changes.latest(
            connection, since=since, upto=head.seq, types=types, live_only=since == 0, limit=limit + 1
        )
    page = rows[:limit]
    messages = [message(head.epoch, change) for change in page]
    kept = answers.fitting(messages, [len(data) for data in messages])
    complete = len(kept) == len(rows)
    return SyncReply(
        v=wire.VERSION,
        ok=True,
        epoch=head.epoch,
        changes=tuple(msgspec.Raw(data) for data in kept),
        next=head.seq if complete else page[len(kept) - 1].seq,
        head=head.seq,
        complete=complete,
    )
