"""What operators see of enrichments, and trying again. For the command."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine

from models import enrichments
from models.base import Rows
from services.times import Clock

STATES: Final = ("waiting", "running", "failed", "done")


def ls(database: Engine, *, states: Sequence[str], limit: int) -> Rows:
    """List enrichments with the pattern's type and slug, those that changed last first; no states: all."""
    with database.connect() as connection:
        return enrichments.listed(connection, states=states, limit=limit)


def retry(database: Engine, clock: Clock, pairs: Sequence[tuple[str, str]] | None) -> int:
    """Make failed and postponed ones due now, those named by (type, slug) or all; return how many."""
    with database.begin() as connection:
        return enrichments.retry(connection, pairs, clock())
