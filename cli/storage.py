"""The database as commands of operators use it: one connection, and a fault as one line and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.addresses import UNREACHABLE, database_url
from cli.main import fail

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: SQLSTATE of a lock that was not given in time, and of a ring of those who wait.
_HELD: Final = frozenset({"55P03", "40P01"})


@contextmanager
def database(state: Path | None) -> "Iterator[Engine]":
    """Yield an engine on the system's database."""
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from workers.database import build_engine

    try:
        engine = build_engine(database_url(state), "cli", pool_size=1)
    except (ArgumentError, ImportError) as error:
        fail(f"the database's address cannot be read: {error}", 2)
    try:
        yield engine
    except SQLAlchemyError as error:
        if getattr(getattr(error, "orig", None), "pgcode", None) in _HELD:
            fail("others are at work on the same at this moment: try again")
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        fail(f"the database does not answer: {reason}", UNREACHABLE)
    finally:
        engine.dispose()
