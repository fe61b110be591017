"""Rows that are copied arrive as they were, and what goes wrong is told as for any statement."""

import itertools

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from models.copying import Values, copy
from tests.services.learning_messages import rows

_COLUMNS = "learn_id, body_hash, kind, type, instance_id, codebase_id, state, code, seq, body"
_NASTY = ("", "\\", "\\N", "\\.", "a\tb", "a\nb\r", "\x1d", "\x1e", "a\x1fb", "\\x1f", "ü€😀", '{"a":"b\\nc\\u0001"}')


def _values(number: int, text: str, body: str | None) -> Values:
    return (f"L{number}", text, "learn", "framework", text, "", "applied", None, number, body)


@pytest.mark.parametrize("together", [True, False])
def test_what_is_copied_comes_back(database: Engine, together: bool) -> None:
    bodies: list[str | None] = [*_NASTY, None]
    sent = [_values(number, text, body) for number, (text, body) in enumerate(itertools.product(_NASTY, bodies))]
    with database.begin() as connection:
        for part in [sent] if together else [[one] for one in sent]:
            copy(connection, "learns", _COLUMNS, part)
        copy(connection, "learns", _COLUMNS, [])
    assert rows(database, f"SELECT {_COLUMNS} FROM learns ORDER BY seq") == [tuple(one) for one in sent]


def test_a_taken_key_and_a_nul_are_errors_of_the_statement(database: Engine) -> None:
    with database.begin() as connection:
        copy(connection, "learns", _COLUMNS, [_values(1, "", None)])
    with pytest.raises(IntegrityError) as taken, database.begin() as connection:
        copy(connection, "learns", _COLUMNS, [_values(1, "", None)])
    assert not taken.value.connection_invalidated
    with pytest.raises(DBAPIError), database.begin() as connection:
        copy(connection, "learns", _COLUMNS, [_values(2, "\0", None)])
    assert rows(database, "SELECT learn_id FROM learns") == [("L1",)]


def test_a_lost_connection_is_told_as_lost(database: Engine) -> None:
    with database.connect() as connection:
        mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with database.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({mine}, 5000)")
        with pytest.raises(DBAPIError) as lost:
            copy(connection, "learns", _COLUMNS, [_values(1, "", None)])
    assert lost.value.connection_invalidated
    assert rows(database, "SELECT 1") == [(1,)]
