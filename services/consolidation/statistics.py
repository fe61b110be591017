"""Compute figures about the knowledge for those who watch: the metrics, and whoever asks a gateway for its statistics.

What takes long is taken by `survey` once an hour, and handed on from there.
"""

from typing import Any, Final

from sqlalchemy import Engine

from models import feed, misses, patterns, statistics, survey

#: Figures that `survey` keeps.
HOURLY: Final = ("agreement", "top", "rising", "instances")


def refresh(database: Engine) -> dict[str, Any]:
    """Compute the figures of the moment anew, store them, and return them with those of the hour."""
    with database.begin() as connection:
        figures: dict[str, Any] = {
            "patterns": [
                {"type": row.type, "state": row.state, "patterns": row.patterns} for row in patterns.counts(connection)
            ],
            "feed": {"seq": feed.head(connection).seq},
            "misses": misses.count(connection),
            "discoveries": [
                {"state": row.state, "how": row.how, "discoveries": row.discoveries}
                for row in survey.discoveries(connection)
            ],
        }
        for name, value in figures.items():
            statistics.put(connection, name, value)
        known = statistics.everything(connection)
    return figures | {name: known[name] for name in HOURLY if name in known}
