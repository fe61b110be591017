"""Record what a detection saw in a codebase, once an instance and set of patterns.

After the answer is sent: nobody waits for it. What is derived from observations is `services.mining`'s.
"""

import datetime
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Engine

from centralcloud_client.messages.replies import Note
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.detection import Detection
from centralcloud_patterns.matching import match
from centralcloud_patterns.mining.seen import SURE, Seen, seen_in
from centralcloud_patterns.pattern import Pattern
from models import observations
from models.observations import Observation
from services import observation_quota
from services.secrets import without_credentials

#: Observations that are kept of one instance in a day where nobody set another number.
MOST_PER_DAY: Final = 50_000
_log = structlog.get_logger(__name__)
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

    def notes(self, database: Engine, now: datetime.datetime, most: int) -> list[Note]:
        """Return what is to be told the instance beforehand: that what it shows is not kept any more today."""
        if not observation_quota.of(database).is_used_up(self._instance_id, most, now):
            return []
        return [Note(message=f"{observation_quota.CODE}: {most} observations of one instance are kept in a day")]

    def take(self, found: Detected) -> None:
        """Take a detection; one that does not say of which codebase it is is not kept."""
        if found.codebase_id and found.codebase_id.isprintable():
            self._found = found

    def record(self, database: Engine, now: datetime.datetime, most: int = MOST_PER_DAY) -> bool:
        """Record what was taken, if anything; return whether it was news and within the quota."""
        if self._found is None or not self._found.codebase_id:
            return False
        seen = seen_in(self._found.facts, self._found.whole())
        return record(database, observation(self._found.codebase_id, self._instance_id, seen), now, most)


def observation(codebase_id: str, instance_id: str, seen: Seen) -> Observation:
    """Return what is to be kept of what was seen; what holds a secret by its form is no name of anything."""
    items = seen.items
    if without_credentials(whole := _SEPARATOR.join(items)) != whole:
        items = tuple(item for item in items if without_credentials(item) == item)
    # As learns have it: the address of a repository may say who reads it.
    codebase = without_credentials(codebase_id)
    return Observation(codebase, instance_id, _digest(seen.patterns), _digest(items), items)


def record(database: Engine, seen: Observation, now: datetime.datetime, most: int = MOST_PER_DAY) -> bool:
    """Keep an observation; return whether it was news, and within the quota of its instance for the day.

    What is known already is read and not written, and costs nothing of the quota.
    """
    with database.connect() as connection:
        if observations.standing(connection, seen.codebase_id, seen.instance_id) == (seen.pattern_set, seen.content):
            return False
        if not observation_quota.of(database).take(connection, seen.instance_id, most, now):
            _log.warning("observation left out", code=observation_quota.CODE, instance=seen.instance_id, most=most)
            return False
        observations.keep(connection, seen, now)
        connection.commit()
    return True


def _digest(items: Sequence[str]) -> str:
    return hashlib.sha256(_SEPARATOR.join(items).encode()).hexdigest()[:32]
