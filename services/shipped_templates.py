"""Load the templates that ship, beside the catalogue: version 1 of each, and a further one where a release changes it.

An operator's version wins: once there is one, what ships later is left out. Files are YAML, one template each.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
import yaml
from sqlalchemy import Connection, Engine

from centralcloud_client.messages.requests import TemplatesStore
from centralcloud_client.wire import WireError
from models import templates
from services import template_storing
from services.template_checks import check
from services.template_storing import OPERATOR, SHIPPED

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_log = structlog.get_logger(__name__)


class ShippedTemplateError(ValueError):
    """A file that is not right: names it and what is wrong."""


@dataclass(frozen=True, slots=True)
class TemplatesReport:
    """How many of the templates that ship were stored, and how many left alone."""

    stored: int = 0
    unchanged: int = 0
    #: An operator's version stands instead.
    outvoted: int = 0


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: str
    kind: str
    body: str
    description: str | None = None
    language: str | None = None
    variables: tuple[str, ...] = ()


def load(database: Engine, folder: Path) -> TemplatesReport:
    """Bring the database in line with the files of `folder`; raises ShippedTemplateError."""
    wanted = [_read(path) for path in sorted(folder.glob("*.yaml"))]
    with database.begin() as connection:
        template_storing.serialise(connection)
        done = [_put(connection, request) for request in wanted]
    return TemplatesReport(done.count("stored"), done.count("unchanged"), done.count("outvoted"))


def _read(path: Path) -> TemplatesStore:
    try:
        told = msgspec.convert(yaml.load(path.read_bytes(), Loader=_Loader), _File)  # noqa: S506  the safe loader
        request = TemplatesStore(**msgspec.structs.asdict(told))
        check(request)
    except (yaml.YAMLError, msgspec.ValidationError, WireError) as error:
        raise ShippedTemplateError(f"{path.name}: {error}") from None
    return request


def _put(connection: Connection, request: TemplatesStore) -> str:
    newest = templates.get(connection, request.name, None)
    if newest is not None and newest.source == OPERATOR:
        _log.info("an operator's template stands instead of the one that ships", name=request.name)
        return "outvoted"
    if newest is not None and _same(newest, request):
        return "unchanged"
    template_storing.add_version(connection, request, newest, datetime.datetime.now(datetime.UTC), source=SHIPPED)
    return "stored"


def _same(row: Any, request: TemplatesStore) -> bool:
    return (row.kind, row.body, row.description, row.language, tuple(row.variables)) == (
        request.kind,
        request.body,
        request.description,
        request.language,
        request.variables,
    )
