"""What commands of operators about patterns share: who the operator is, and a refusal as one line and an exit code."""

import datetime
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.addresses import NOT_FOUND
from cli.main import fail
from cli.storage import database

if TYPE_CHECKING:
    from services.curation.ruling import Operator

Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit trail.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it (default: the user of this machine).")]
Which = Annotated[str, typer.Argument(help="The pattern, as TYPE/SLUG.", metavar="TYPE/SLUG")]


@contextmanager
def operator(state: Path | None, by: str | None) -> "Iterator[Operator]":
    """Yield an operator at work on the system's database; what cannot be done ends the command."""
    from services.curation.ruling import Operator, RulingError, UnknownPatternError
    from settings import settings
    from workers.learning_rules import learning_rules_of

    with database(state) as engine:
        try:
            yield Operator(engine, by or _user(), now, learning_rules_of(settings()).policy)
        except UnknownPatternError as error:
            fail(str(error), NOT_FOUND)
        except RulingError as error:
            fail(str(error))


def pair(which: str) -> tuple[str, str]:
    """Return type and slug of a pattern as it is named on the command line."""
    from centralcloud_client import subjects

    type_, separator, slug = which.partition("/")
    if not separator or not slug or type_ not in subjects.TYPES:
        fail(f"{which!r} is no pattern: write TYPE/SLUG, as framework/nextjs", 2)
    return type_, slug


def now() -> datetime.datetime:
    """Return the time."""
    return datetime.datetime.now(datetime.UTC)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
