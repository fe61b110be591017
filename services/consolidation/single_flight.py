"""Let one worker at a time do upkeep, over many transactions: a lock of the session, which its end gives back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Engine, text

#: Any constant, as long as nobody else uses it: "cc" and "keep" in telephone digits.
_ADVISORY_LOCK: Final = 22_5337


@contextmanager
def alone(database: Engine) -> Iterator[bool]:
    """Yield whether nobody else does upkeep now, nor will before this ends."""
    with database.connect() as connection:
        # Outside a transaction, which would be ended for idling.
        held = connection.execution_options(isolation_level="AUTOCOMMIT")
        given = {"key": _ADVISORY_LOCK}
        mine = bool(held.execute(text("SELECT pg_try_advisory_lock(:key)"), given).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                held.execute(text("SELECT pg_advisory_unlock(:key)"), given)
