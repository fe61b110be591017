"""Store templates: every version is kept, and each is a change of the feed. Serving them is `services.templates`."""

import datetime
import hashlib
import re
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, text

from centralcloud_client import wire
from centralcloud_client.messages.requests import TemplatesStore
from centralcloud_client.messages.sync import Template, TemplatesReply
from centralcloud_client.wire import WireError
from models import feed, templates
from models.feed import FeedChange
from services.times import Clock, rfc3339

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/ -]*[A-Za-z0-9])?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: A placeholder in a body: `{{ name }}`.
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
#: One at a time: versions count without gaps.
_SERIALISE: Final = text("LOCK TABLE templates IN SHARE ROW EXCLUSIVE MODE")


def store(database: Engine, clock: Clock, request: TemplatesStore) -> TemplatesReply:
    """Store the next version of a template; raises WireError bad_schema with the reason."""
    _check(request)
    now = clock()
    with database.begin() as connection:
        connection.execute(_SERIALISE)
        newest = templates.get(connection, request.name, None)
        # Names are one whatever their case: the first spelling stays.
        name, version = (newest.name, newest.version + 1) if newest else (request.name, 1)
        template, head = _write(connection, request, name, version, now)
    return TemplatesReply(
        v=wire.VERSION, ok=True, status="stored", epoch=head.epoch, as_of=head.seq, templates=(template,)
    )


def _write(
    connection: Connection, request: TemplatesStore, name: str, version: int, now: datetime.datetime
) -> tuple[Template, feed.Head]:
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
    row = msgspec.structs.asdict(template) | {"variables": list(request.variables), "created_at": now}
    del row["at"]
    templates.add(connection, row)
    digest = hashlib.sha256(body.encode()).hexdigest()
    feed.append(connection, [FeedChange(head.seq, "template", "upsert", "", name, now, digest, body)])
    return template, head


def _check(request: TemplatesStore) -> None:
    if not _NAME.fullmatch(request.name):
        raise WireError("bad_schema", "letters, digits, and . _ / - between them", "$.name")
    if not request.kind.strip():
        raise WireError("bad_schema", "empty", "$.kind")
    if not request.body.strip():
        raise WireError("bad_schema", "empty", "$.body")
    for index, variable in enumerate(request.variables):
        if not _VARIABLE.fullmatch(variable):
            raise WireError("bad_schema", "letters, digits and underscores", f"$.variables[{index}]")
    undeclared = {found[1] for found in _PLACEHOLDER.finditer(request.body)} - set(request.variables)
    if undeclared:
        listed = ", ".join(sorted(undeclared)[:10])
        raise WireError("bad_schema", f"placeholders that are not in variables: {listed[:300]}", "$.body")
