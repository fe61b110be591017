"""Discoveries driven by hand: names asked in vain, a worker's turn, and what it told; shared by tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, text

from centralcloud_client.naming import normalise
from services.discovery import opening, working
from services.discovery.means import Means
from services.discovery.opening import Missed
from services.discovery.outcomes import Outcome
from services.discovery.telling import Word, tell
from services.paid_calls import PaidCalls
from services.suggesting import NearNames
from tests.services.asking import Clock

#: What a good model says of a thing that exists.
FOUND = {
    "exists": True,
    "reason": None,
    "alias_of": None,
    "name": "Nova",
    "description": "Web framework for small services.",
    "category": "web-framework",
    "languages": ["elixir"],
    "aliases": [],
    "homepage": "https://nova.example",
    "indicators": [{"kind": "dependency", "ecosystem": "hex", "name": "nova", "supported_by": []}],
    "relations": [],
    "practices": [],
    "pitfalls": [],
    "examples": [],
}
NOT_FOUND = {**FOUND, "exists": False, "reason": "nobody makes it"}


def missed(name: str, type_: str = "framework", *, instance: str = "alpha", asked: int = 1) -> Missed:
    return Missed(type_, normalise(name), name, instance, "t" * 32, asked)


@dataclass
class Worker:
    """The discover worker of one process."""

    database: Engine
    clock: Clock
    paid_calls: PaidCalls | None = None
    told: list[Outcome] = field(default_factory=list)
    near: NearNames = field(default_factory=NearNames)

    @property
    def means(self) -> Means:
        return Means(self.database, self.clock, self.paid_calls)

    def hear(self, *names: Missed) -> int:
        """Take names that were asked for in vain."""
        return opening.record(self.database, names, self.clock(), enabled=self.paid_calls is not None)

    def work(self) -> list[Outcome]:
        """Work through what is due, and return how each run ended."""
        before = len(self.told)
        working.work(self.means, self.told.append, lambda: None)
        return [outcome for outcome in self.told[before:] if outcome.state != "running"]

    def find(self, name: str, type_: str = "framework") -> Outcome:
        """Have one name found out."""
        assert self.hear(missed(name, type_)) == 1
        (outcome,) = self.work()
        return outcome

    def say(self, name: str, type_: str = "framework") -> Word:
        """Return what an asker would be told now."""
        pair = (type_, normalise(name))
        with self.database.connect() as connection:
            return tell(connection, {pair: name}, self.clock(), enabled=self.paid_calls is not None)[pair]


def discoveries(database: Engine) -> Sequence[Any]:
    with database.connect() as connection:
        return connection.execute(text("SELECT * FROM discoveries ORDER BY type, key")).all()
