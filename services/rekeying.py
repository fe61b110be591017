"""Index all patterns anew where the rules for keys are others than when they were written.

Once at a start, before anything asks. Keys are the core's; here it is seen to it that rows follow them.
"""

from typing import Final

import msgspec
from sqlalchemy import Engine

from centralcloud_patterns import keying
from centralcloud_patterns.pattern import Pattern
from models import patterns, statistics
from services import pattern_writing

#: Where it is kept by which rules the rows were written.
_WRITTEN: Final = "keying"
#: Patterns in one transaction; whoever changes one of them meanwhile waits.
_BATCH: Final = 1_000

_decoder: Final = msgspec.json.Decoder(Pattern)


def bring_up_to_date(database: Engine) -> int:
    """Write the keys of every pattern if they are of other rules; return how many were looked at.

    Broken off, it begins anew the next time; what was written by then stays.
    """
    with database.connect() as connection:
        if statistics.everything(connection).get(_WRITTEN) == keying.VERSION:
            return 0
    last: int | None = 0
    done = 0
    while last is not None:
        last, count = _batch(database, last)
        done += count
    with database.begin() as connection:
        statistics.put(connection, _WRITTEN, keying.VERSION)
    return done


def _batch(database: Engine, after: int) -> tuple[int | None, int]:
    """Write the keys of the next patterns; return the last one's id, None at the end, and how many there were."""
    with database.begin() as connection:
        rows = patterns.documents_after(connection, after, _BATCH)
        pattern_writing.write_keys(connection, [(row.id, _decoder.decode(row.document)) for row in rows])
    return (rows[-1].id if len(rows) == _BATCH else None), len(rows)
