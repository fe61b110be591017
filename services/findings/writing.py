"""Write what was found out: a new candidate, or more about one, in the caller's transaction."""

import datetime

from sqlalchemy import Connection

from centralcloud_patterns.pattern import Pattern
from services.pattern_writing import Stored


def write_discovered(connection: Connection, contribution: Pattern, asked_name: str, at: datetime.datetime) -> Stored:
    """Create the candidate, or merge into whoever answers to the name by now; return it as it is stored.

    A curated pattern that answers to the name is returned as it is. Raises SlugTakenError when the transaction must be
    run again.
    """
    raise NotImplementedError
