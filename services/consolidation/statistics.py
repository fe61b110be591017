"""Compute figures about the knowledge for those who watch: the command and the metrics."""

from typing import Any

from sqlalchemy import Engine

from models import feed, misses, patterns, statistics


def refresh(database: Engine) -> dict[str, Any]:
    """Compute all figures anew, store and return them."""
    with database.begin() as connection:
        figures: dict[str, Any] = {
            "patterns": [
                {"type": row.type, "state": row.state, "patterns": row.patterns} for row in patterns.counts(connection)
            ],
            "feed": {"seq": feed.head(connection).seq},
            "misses": misses.count(connection),
        }
        for name, value in figures.items():
            statistics.put(connection, name, value)
    return figures
