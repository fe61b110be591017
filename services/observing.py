"""Record what a detection saw in a codebase, once an instance and set of patterns.

After the answer is sent: nobody waits for it. What is derived from observations is `services.mining`'s.
"""

import datetime
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Detection
from centralcloud_patterns.matching import match
from centralcloud_patterns.mining.seen import SURE, Seen, seen_in
from centralcloud_patterns.pattern import Pattern
from models import observations
from models.observations import Observation
from services.secrets import without_credentials

_SEPARATOR: Final = "\n"


@dataclass(frozen=True, slots=True)
class Detected:
    """A detection with what it was made from, and how it was narrowed."""

    codebase_id: str | None
    facts: Facts
    candidates: Sequence[Pattern]
    detection: Detection
    languages: Collection[str]
    min_confidence: float

    def whole(self) -> Detection:
        """Return the detection as it is without what the asker left out."""
        if not self.languages and self.min_confidence <= SURE:
            return self.detection
        return match(self.facts, self.candidates, min_confidence=SURE)


class Sighting:
    """What one instance's detection is to leave behind: taken while the answer is made, recorded once it is sent."""

    def __init__(self, instance_id: str) -> None:
        self._instance_id = instance_id
        self._found: Detected | None = None

    def take(self, found: Detected) -> None:
        """Take a detection; one that does not say of which codebase it is is not kept."""
        if found.codebase_id and found.codebase_id.isprintable():
            self._found = found

    def record(self, database: Engine, now: datetime.datetime) -> bool:
        """Record what was taken, if anything; return whether it was news."""
        if self._found is None or not self._found.codebase_id:
            return False
        seen = seen_in(self._found.facts, self._found.whole())
        return record(database, observation(self._found.codebase_id, self._instance_id, seen), now)


def observation(codebase_id: str, instance_id: str, seen: Seen) -> Observation:
    """Return what is to be kept of what was seen; what holds a secret by its form is no name of anything."""
    items = seen.items
    if without_credentials(whole := _SEPARATOR.join(items)) != whole:
        items = tuple(item for item in items if without_credentials(item) == item)
    # As learns have it: the address of a repository may say who reads it.
    codebase = without_credentials(codebase_id)
    return Observation(codebase, instance_id, _digest(seen.patterns), _digest(items), items)


def record(database: Engine, seen: Observation, now: datetime.datetime) -> bool:
    """Keep an observation; return whether it was news. What is known already is read and not written."""
    with database.connect() as connection:
        if observations.standing(connection, seen.codebase_id, seen.instance_id) == (seen.pattern_set, seen.content):
            return False
        observations.keep(connection, seen, now)
        connection.commit()
    return True


def _digest(items: Sequence[str]) -> str:
    return hashlib.sha256(_SEPARATOR.join(items).encode()).hexdigest()[:32]
