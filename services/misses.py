"""Remember names that nobody knows, for discovery to work through."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Engine

from models import misses


def record(database: Engine, names: Sequence[tuple[str, str, str]]) -> None:
    """Count (type, key, name) misses."""
    counted = Counter((type_, key) for type_, key, _name in names)
    spelled = {(type_, key): name for type_, key, name in reversed(names)}
    rows = [
        {"type": type_, "key": key, "name": spelled[type_, key], "asked": asked}
        for (type_, key), asked in sorted(counted.items())
    ]
    with database.begin() as connection:
        misses.record(connection, rows)
