"""Worlds of instances that teach, for tests of what follows from all that was said, whoever says what when."""

import datetime
import itertools
import json
import random
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Engine, text

from centralcloud_patterns.standing import Policy
from models.base import Base
from services.curation import due
from services.learning import intake
from services.learning.rules import LearningRules
from tests.services.learning_messages import NOW, Told, message, rows

POLICY = Policy()
LATER = NOW + datetime.timedelta(days=100)
_minutes = itertools.count(1)
_NAMES = ("Alpha", "Beta", "Gamma.js", "Delta DB")
_FACTS = ("dependency npm:alpha", "dependency npm:beta", "file gamma.config.js", "image delta", "env DELTA_URL")


def empty(database: Engine) -> None:
    """Forget everything, as a test begins."""
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables if table.name != "feed_head")
    with database.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        connection.execute(text("UPDATE feed_head SET seq = 0"))


def some_learns(chance: random.Random, count: int, instances: Sequence[str]) -> list[list[Any]]:
    """Return deliveries of learns and feedback that speak of few things in many ways."""
    return [_some_message(chance, number, chance.choice(instances)) for number in range(count)]


def _some_message(chance: random.Random, number: int, instance: str) -> list[Any]:
    who = {"instance_id": instance, "codebase_id": chance.choice("xyz"), "learn_id": f"L{number}"}
    name = chance.choice(_NAMES)
    if chance.random() < 0.15:
        verdict = chance.choice(("confirmed", "rejected"))
        return message({"slug": name, "verdict": verdict, **who}, kind="feedback")
    said: dict[str, Any] = {"name": name, "indicators": chance.sample(_FACTS, chance.randint(1, 3)), **who}
    if chance.random() < 0.3:
        said["slug"] = chance.choice(_NAMES)
    if chance.random() < 0.4:
        said["aliases"] = chance.sample(_NAMES, 1)
    if chance.random() < 0.5:
        said["description"] = chance.choice(("One thing.", "Another thing."))
    if chance.random() < 0.3:
        said["examples"] = [chance.choice("pq")]
    return message(said)


def teach(database: Engine, messages: Sequence[list[Any]], size: int = 7) -> None:
    """Apply deliveries in batches, and follow up what is due."""
    for start in range(0, len(messages), size):
        now = NOW + datetime.timedelta(minutes=next(_minutes))
        intake.handle(
            database, Told(), partial(_same, now), messages[start : start + size], LearningRules(policy=POLICY)
        )
    settle(database)


def _same(now: datetime.datetime) -> datetime.datetime:
    return now


def settle(database: Engine) -> due.Worked:
    """Work off whatever is due, now or later."""
    return due.work_off(database, lambda: NOW, POLICY, until=LATER)


def known(database: Engine) -> dict[str, Any]:
    """Return everything that is alive but for its counters: documents, names, keys and voices."""
    documents = {}
    for type_, slug, document in rows(database, "SELECT type, slug, document FROM patterns WHERE NOT retired"):
        content = json.loads(document)
        documents[f"{type_}/{slug}"] = {name: it for name, it in content.items() if name not in ("revision", "seq")}
    alive = "JOIN patterns ON patterns.id = pattern_id AND NOT retired"
    return {
        "documents": documents,
        "names": sorted(rows(database, f"SELECT slug, key, rank FROM pattern_names {alive}")),
        "keys": sorted(rows(database, f"SELECT slug, key FROM pattern_keys {alive}")),
        "voices": sorted(
            rows(database, f"SELECT slug, instance_id, codebase_id, confirmed, rejected FROM pattern_support {alive}")
        ),
    }
