"""What a pattern follows from: the learns and feedback that count, who speaks by them, and what is known without them.

Reads only. Learns that were revoked, that an operator's return to an earlier revision undid, or that came before the
pattern was taken out of service, do not count.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.merging import KNOWN_AS, NOT_BETWEEN, ruled, stands_alone, unlearned
from centralcloud_patterns.pattern import Pattern
from models import audit, learns
from models.base import AnyRow
from services.learning import identity, supporting
from services.learning.contributions import contribution
from services.learning.reading import Submission, restored
from services.learning.supporting import Voices
from services.pattern_writing import Stored
from services.times import rfc3339


@dataclass(frozen=True, slots=True)
class Sources:
    """All that one pattern follows from."""

    stored: Stored
    #: What is known without any learn.
    base: Pattern
    #: What each learn contributes, in the order they came.
    said: Sequence[Pattern]
    voices: Voices

    @property
    def is_nothing(self) -> bool:
        """Whether nobody says any more that there is such a pattern."""
        return not self.said and not stands_alone(self.base)


def read(connection: Connection, stored: Stored, absorbed: Sequence[Stored], apart: Sequence[Stored]) -> list[Sources]:
    """Return the sources of a pattern, which has those of the `absorbed`, and of those that shall be `apart` again."""
    names = [it.pattern.slug for it in (stored, *absorbed, *apart)]
    type_ = stored.pattern.type.value
    rows = learns.spoken(connection, type_, names)
    tainted = learns.first_revoked(connection, type_, names)
    before = rfc3339(tainted) if tainted else None
    places = {it.pattern.slug: it for it in apart}
    spoken: dict[int, list[Submission]] = {it.id: [] for it in (stored, *apart)}
    cuts = {it.id: _Cuts(connection, it) for it in (stored, *apart)}
    for row in rows:
        submission = restored(row)
        place = places.get(row.slug) or places.get(_own_slug(submission)) or stored
        if not cuts[place.id].leaves_out(row):
            spoken[place.id].append(submission)
    patterns = {it.id: it.pattern for it in apart} | {stored.id: _without_names(stored.pattern, apart)}
    return [_sources(it, patterns[it.id], spoken[it.id], before) for it in (stored, *apart)]


def _without_names(pattern: Pattern, apart: Sequence[Stored]) -> Pattern:
    """Return a pattern that is no longer known under the names of those that were merged into it."""
    theirs = {name for it in apart for name in (it.pattern.slug, it.pattern.name, *it.pattern.aliases)}
    if not theirs & set(ruled(pattern, KNOWN_AS)):
        return pattern
    kept = [it for it in pattern.provenance if it.field != KNOWN_AS]
    fewer = [
        msgspec.structs.replace(it, items=names)
        for it in pattern.provenance
        if it.field == KNOWN_AS and (names := tuple(name for name in it.items if name not in theirs))
    ]
    return msgspec.structs.replace(pattern, provenance=(*kept, *fewer))


def _sources(stored: Stored, pattern: Pattern, spoken: Sequence[Submission], before: str | None) -> Sources:
    base = unlearned(pattern, before=before)
    slug = stored.pattern.slug
    said = [contribution(it, it.learn, slug) for it in spoken if it.learn is not None]
    heard = spoken if stands_alone(base) else _after_the_first_learn(spoken)
    return Sources(stored, base, said, supporting.voices(heard))


def _after_the_first_learn(spoken: Sequence[Submission]) -> Sequence[Submission]:
    """Leave out feedback on what nobody had taught by then."""
    first = next((index for index, it in enumerate(spoken) if it.learn is not None), len(spoken))
    return spoken[first:]


def _own_slug(submission: Submission) -> str:
    if submission.learn is not None:
        return identity.new_slug(submission.learn.slug or submission.learn.name)
    assert submission.feedback is not None
    return identity.new_slug(submission.feedback.slug)


class _Cuts:
    """Which stretches of the feed do not count for a pattern."""

    def __init__(self, connection: Connection, stored: Stored) -> None:
        self._stretches = [*stretches(ruled(stored.pattern, NOT_BETWEEN))]
        retired = audit.last_retirement(connection, stored.pattern.type.value, stored.pattern.slug)
        if retired:
            self._stretches.append((0, retired))

    def leaves_out(self, row: AnyRow) -> bool:
        """Tell whether a learn was part of a change that does not count."""
        return row.seq is not None and any(after < row.seq <= upto for after, upto in self._stretches)


def stretches(items: Collection[str]) -> Iterable[tuple[int, int]]:
    """Read stretches of the feed as rulings write them."""
    for item in items:
        after, _, upto = item.partition("-")
        yield int(after), int(upto)
