"""Serve templates: by name, and by words. Storing them is `services.template_storing`."""

import msgspec
from rapidfuzz import process
from sqlalchemy import Engine

from centralcloud_client import wire
from centralcloud_client.messages.requests import TemplatesGet, TemplatesSearch
from centralcloud_client.messages.sync import Template, TemplatesReply
from models import feed, templates
from models.base import AnyRow
from services import answers, cursors
from services.times import rfc3339


def get(database: Engine, request: TemplatesGet) -> TemplatesReply:
    """Return one template, the newest version unless told; near names when there is none."""
    with database.connect() as connection:
        head = feed.head(connection)
        row = templates.get(connection, request.name, request.version)
        near = () if row else process.extract(request.name, templates.names(connection), limit=5, score_cutoff=60)
    return TemplatesReply(
        v=wire.VERSION,
        ok=True,
        status="found" if row else "not_found",
        epoch=head.epoch,
        as_of=head.seq,
        templates=(as_message(row),) if row else (),
        suggestions=tuple(name for name, _score, _index in near),
    )


def search(database: Engine, request: TemplatesSearch) -> TemplatesReply:
    """Return the newest versions that hold all the words, a page at a time."""
    offset = cursors.read(request.cursor)
    with database.connect() as connection:
        head = feed.head(connection)
        rows = templates.find(
            connection,
            words=request.search,
            kind=request.kind,
            language=request.language,
            offset=offset,
            limit=request.limit + 1,
        )
    found = [as_message(row) for row in rows[: request.limit]]
    kept = answers.fitting(found, [len(wire.encode(template)) for template in found])
    return TemplatesReply(
        v=wire.VERSION,
        ok=True,
        status="found" if kept else "not_found",
        epoch=head.epoch,
        as_of=head.seq,
        templates=tuple(kept),
        next=cursors.write(offset + len(kept)) if len(rows) > len(kept) else None,
    )


def as_message(row: AnyRow) -> Template:
    """Return a template's row as it travels."""
    return msgspec.convert(
        {
            "name": row.name,
            "kind": row.kind,
            "version": row.version,
            "body": row.body,
            "description": row.description,
            "language": row.language,
            "variables": row.variables,
            "at": rfc3339(row.created_at),
            "seq": row.seq,
        },
        Template,
    )
