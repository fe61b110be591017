"""Many rows into a table by COPY: no statement to parse and plan, and the rows are written page by page.

For rows that are new in any case: a conflict fails the transaction with IntegrityError. What `recordset` does is for
statements that have more to decide.
"""

import io
from collections.abc import Sequence
from typing import Final

import psycopg2
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

#: Signs that no JSON holds unescaped, and hardly any name: between values, between rows, and for NULL.
_NEXT: Final = "\x1f"
_END: Final = "\x1e"
_NULL: Final = "\x1d"
#: Bytes handed to the server at a time.
_CHUNK: Final = 1024 * 1024

#: One row, in the order of the columns.
Values = Sequence[str | int | None]


def copy(connection: Connection, table: str, columns: str, rows: Sequence[Values]) -> None:
    """Append rows to a table; `columns` are named as SQL lists them. Raises DBAPIError as statements do."""
    statement = f"COPY {table} ({columns}) FROM STDIN WITH (DELIMITER E'\\x1f', NULL E'\\x1d')"
    lines = _lines(rows)
    bare = connection.connection
    cursor = bare.cursor()
    try:
        # psycopg2's own cursor, behind SQLAlchemy's: its errors must be told apart as SQLAlchemy does.
        cursor.copy_expert(statement, io.BytesIO(lines.encode()), _CHUNK)
    except psycopg2.Error as error:
        lost = connection.dialect.is_disconnect(error, bare.dbapi_connection, cursor)  # type: ignore[arg-type]  # it is one
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, psycopg2.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


def _lines(rows: Sequence[Values]) -> str:
    """Return rows as COPY reads them."""
    cells = [[_NULL if value is None else str(value) for value in row] for row in rows]
    if not cells:
        return ""
    together = _END.join([_NEXT.join(row) for row in cells])
    nulls = sum(row.count(None) for row in rows)
    if (together.count(_END), together.count(_NEXT), together.count(_NULL)) == (
        len(cells) - 1,
        len(cells) * (len(cells[0]) - 1),
        nulls,
    ):
        # All at once: nearly nothing needs escaping, and a look at each value costs more than all replacements.
        return _escaped(together).replace(_END, "\n")
    return "\n".join([_NEXT.join([_marked(value) for value in row]) for row in rows])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _marked(value: str | int | None) -> str:
    if value is None:
        return _NULL
    return _escaped(str(value)).replace(_NEXT, "\\x1f").replace(_NULL, "\\x1d")
