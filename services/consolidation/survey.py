"""Knowledge about the knowledge: how much there is, how far it is agreed upon, what waits, what rises, who is there.

Reads only, on demand; the few figures that are worth following are kept over time by `keep`.
"""

import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine

from centralcloud_patterns.standing import DEFAULT
from centralcloud_patterns.standing import Policy as Standing
from models import feed, figures, instances, patterns, presence, proposals, statistics, survey
from models.base import Rows

#: Lines of each list.
LINES: Final = 20
_INSTANCES: Final = 1_000
_KEPT_INSTANCES: Final = 20_000
#: How long figures are kept, and instances that are not heard of.
_KEPT: Final = datetime.timedelta(days=400)

Report = dict[str, Any]


def report(database: Engine, now: datetime.datetime, *, days: int = 30, policy: Standing = DEFAULT) -> Report:
    """Return all figures as they are now, and those of the last days over time."""
    with database.connect() as connection:
        return {
            **_figures(connection, policy),
            "history": _plain(figures.since(connection, now - datetime.timedelta(days=days))),
        }


def keep(connection: Connection, now: datetime.datetime, policy: Standing = DEFAULT) -> None:
    """Keep the figures of this hour, and forget those of long ago."""
    found = _figures(connection, policy)
    values = {f"patterns.{it['type']}.{it['state']}": float(it["patterns"]) for it in found["patterns"]}
    values |= {
        "misses.waiting": float(found["misses"]["waiting"]),
        "instances": float(len(found["instances"])),
        "learns.applied": float(sum(it["learns"] for it in found["learns"] if it["state"] == "applied")),
    }
    for name, value in (
        ("discovery.success", found["discoveries"]["success"]),
        ("agreement.share", found["agreement"]["share"]),
    ):
        if value is not None:
            values[name] = value
    for name in ("agreement", "top", "rising"):
        statistics.put(connection, name, found[name])
    # How many, not who: whoever asks a gateway is told.
    statistics.put(connection, "instances", len(found["instances"]))
    figures.put(connection, now.replace(minute=0, second=0, microsecond=0), values)
    figures.forget_old(connection, now - _KEPT)
    presence.forget_old(connection, now - _KEPT, _KEPT_INSTANCES)


def _figures(connection: Connection, policy: Standing) -> Report:
    head = feed.head(connection).seq
    return {
        "feed": {"seq": head},
        "patterns": _plain(patterns.counts(connection)),
        "agreement": _agreement(connection, policy),
        "learns": _plain(survey.learns(connection)),
        "misses": _misses(connection),
        "discoveries": _discoveries(connection),
        "top": _top(connection),
        "rising": _plain(proposals.trends(connection, "rising", LINES)),
        "fading": _plain(proposals.trends(connection, "fading", LINES)),
        "instances": _instances(connection, head),
        "runs": _plain(survey.last_runs(connection)),
    }


def _agreement(connection: Connection, policy: Standing) -> Report:
    row = survey.agreement(connection, [(rung.instances, rung.confidence) for rung in policy.ladder])
    words = row.confirmed + row.rejected
    return {
        "ladder": [
            {"instances": rung.instances, "confidence": rung.confidence, "patterns": getattr(row, f"rung_{place}")}
            for place, rung in enumerate(policy.ladder)
        ],
        "patterns": row.patterns,
        "confirmed": row.confirmed,
        "rejected": row.rejected,
        "disputed": row.disputed,
        "share": row.confirmed / words if words else None,
    }


def _misses(connection: Connection) -> Report:
    rows = survey.waiting(connection, LINES)
    names = [{name: value for name, value in it.items() if name != "altogether"} for it in _plain(rows)]
    return {"waiting": rows[0].altogether if rows else 0, "most_wanted": names}


def _discoveries(connection: Connection) -> Report:
    """Count discoveries; success is the share of those that came to an end."""
    rows = survey.discoveries(connection)
    states: dict[str, int] = {}
    for row in rows:
        states[row.state] = states.get(row.state, 0) + row.discoveries
    found, failed = states.get("found", 0), states.get("failed", 0)
    return {"states": states, "how": _plain(rows), "success": found / (found + failed) if found + failed else None}


def _top(connection: Connection) -> list[Report]:
    """List what is in most codebases: as seen, and where nothing was seen yet, as taught."""
    return _plain(survey.most_seen(connection, LINES) or survey.most_taught(connection, LINES))


def _instances(connection: Connection, head: int) -> list[Report]:
    """List instances; `lag` counts the changes since one last said that it has them all, whatever it heard since."""
    found = _plain(presence.known(connection, _INSTANCES))
    revoked = instances.revoked(connection)
    for it in found:
        position = it["position"]
        it["lag"] = None if position is None else max(0, head - position)
        it["revoked"] = it["instance_id"] in revoked
    return found


def _plain(rows: Rows) -> list[Report]:
    return [dict(row._mapping) for row in rows]  # noqa: SLF001  SQLAlchemy's public way to a mapping
