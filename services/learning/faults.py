"""Tell a fault of the infrastructure, which passes and is nobody's doing, from one that a message brings about."""

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.secrets import without_secrets

#: SQLSTATE classes that psycopg2 files under OperationalError though the statement is to blame: a limit was exceeded.
_OF_THE_STATEMENT: Final = ("54",)
#: Read-only transactions: a server that is a standby for the moment.
_OF_THE_SERVER: Final = ("25006",)
_MAX_DESCRIPTION: Final = 2_000


def is_infrastructure(error: BaseException) -> bool:
    """Tell whether the same work may succeed later as it is."""
    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "pgcode", None) or ""
        if error.connection_invalidated or code in _OF_THE_SERVER:
            return True
        return isinstance(error, OperationalError | InterfaceError) and not code.startswith(_OF_THE_STATEMENT)
    return isinstance(error, PoolTimeoutError | OSError | MemoryError)


def describe(error: BaseException) -> str:
    """Return an error in one text, without the statement and the data that it hit."""
    plain = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # Postgres names the values that it did not like.
    return without_secrets(f"{type(plain).__name__}: {plain}".replace("\0", "").strip()[:_MAX_DESCRIPTION])
