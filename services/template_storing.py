"""Store templates: every version is kept, and each is a change of the feed.

What may be stored is decided by `template_checks`; serving templates is `services.templates`.
"""

import datetime
import hashlib
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, text

from centralcloud_client import wire
from centralcloud_client.messages.requests import TemplatesStore
from centralcloud_client.messages.sync import Template, TemplatesReply
from models import feed, templates
from models.base import AnyRow
from models.feed import FeedChange
from services.template_checks import check
from services.times import Clock, rfc3339

#: One at a time: versions count without gaps.
_SERIALISE: Final = text("LOCK TABLE templates IN SHARE ROW EXCLUSIVE MODE")
#: Who wrote a version: an operator, or whoever wrote those that ship.
OPERATOR: Final = "operator"
SHIPPED: Final = "shipped"


def store(database: Engine, clock: Clock, request: TemplatesStore) -> TemplatesReply:
    """Store the next version of a template; raises WireError bad_schema with the reason."""
    request = msgspec.structs.replace(request, body=request.body.replace("\r\n", "\n"))
    check(request)
    with database.begin() as connection:
        serialise(connection)
        newest = templates.get(connection, request.name, None)
        template, head = add_version(connection, request, newest, clock(), source=OPERATOR)
    return TemplatesReply(
        v=wire.VERSION, ok=True, status="stored", epoch=head.epoch, as_of=head.seq, templates=(template,)
    )


def serialise(connection: Connection) -> None:
    """Be the only one who stores templates until the transaction ends."""
    connection.execute(_SERIALISE)


def add_version(
    connection: Connection, request: TemplatesStore, newest: AnyRow | None, now: datetime.datetime, *, source: str
) -> tuple[Template, feed.Head]:
    """Write the version after `newest`, the first where there is none; the caller has serialised."""
    # Names are one whatever their case: the first spelling stays.
    name, version = (newest.name, newest.version + 1) if newest else (request.name, 1)
    head = feed.reserve(connection, 1)
    template = Template(
        name=name,
        kind=request.kind,
        version=version,
        body=request.body,
        description=request.description,
        language=request.language,
        variables=request.variables,
        at=rfc3339(now),
        seq=head.seq,
    )
    body = wire.encode(template).decode()
    row = msgspec.structs.asdict(template) | {"variables": list(request.variables), "created_at": now, "source": source}
    del row["at"]
    templates.add(connection, row)
    digest = hashlib.sha256(body.encode()).hexdigest()
    feed.append(connection, [FeedChange(head.seq, "template", "upsert", "", name, now, digest, body)])
    return template, head
