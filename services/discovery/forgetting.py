"""Forget names that nobody asks for any more, so that whoever asks for nonsense fills no table for ever."""

import datetime
from typing import Final

from sqlalchemy import Engine

from models import discoveries, misses

#: Longer than the longest pause after a failure.
KEPT: Final = datetime.timedelta(days=90)


def forget(database: Engine, now: datetime.datetime) -> int:
    """Delete what was settled, and misses that were last counted, long ago; return how many rows went."""
    before = now - KEPT
    with database.begin() as connection:
        return discoveries.forget_old(connection, before) + misses.forget_old(connection, before)
