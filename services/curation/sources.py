"""What a pattern follows from: the learns and feedback that count, who speaks by them, and what is known without them.

Reads only. Learns that were revoked, that an operator's return to an earlier revision undid, or that came before the
pattern was taken out of service, do not count.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_patterns.merging import KNOWN_AS, LEARN, NOT_BETWEEN, merge, ruled, stands_alone, unlearned
from centralcloud_patterns.pattern import Pattern
from models import audit, findings, learns
from models.base import AnyRow
from services.learning import identity
from services.learning.contributions import contribution
from services.learning.reading import Submission, restored
from services.learning.supporting import Voices
from services.pattern_writing import MINED, Stored
from services.times import rfc3339

_decoder: Final = msgspec.json.Decoder(Pattern)
#: Type and slug.
Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sources:
    """All that one pattern follows from."""

    stored: Stored
    #: What is known without any learn.
    base: Pattern
    #: What each learn contributes, in the order they came.
    said: Sequence[Pattern]
    voices: Voices
    #: Whether it was taken out of service with all that was known of it: then only a later learn brings it back.
    is_gone: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether nobody says any more that there is such a pattern."""
        return not self.said and (self.is_gone or not stands_alone(self.base))


class _Verdict(msgspec.Struct, frozen=True, gc=False):
    """What of feedback says who speaks for a pattern; the rest of its body is passed over."""

    slug: str
    verdict: str


_decode_verdict: Final = msgspec.json.Decoder(_Verdict).decode


@dataclass(frozen=True, slots=True)
class Past:
    """What became of patterns before, by type and slug."""

    #: When the first learn came whose instance was revoked since.
    tainted: Mapping[Identity, datetime.datetime]
    #: The feed's number up to which they were taken out of service.
    retired: Mapping[Identity, int]
    #: What was found out, by id: the feed's number, and what was contributed.
    found: Mapping[int, Sequence[tuple[int, Pattern]]]


def past(connection: Connection, patterns: Sequence[Stored]) -> Past:
    """Read what became of many patterns at once."""
    names = [_identity(it) for it in patterns]
    found: dict[int, list[tuple[int, Pattern]]] = {}
    for row in findings.of(connection, [it.id for it in patterns]):
        found.setdefault(row.pattern_id, []).append((row.seq, _decoder.decode(row.said)))
    return Past(learns.first_revoked(connection, names), audit.last_retirements(connection, names), found)


def read(
    connection: Connection,
    stored: Stored,
    absorbed: Sequence[Stored],
    apart: Sequence[Stored],
    before: Past | None = None,
) -> list[Sources]:
    """Return the sources of a pattern, which has those of the `absorbed`, and of those that shall be `apart` again."""
    members = (stored, *absorbed, *apart)
    before = before or past(connection, members)
    tainted = [before.tainted[name] for it in members if (name := _identity(it)) in before.tainted]
    since = rfc3339(min(tainted)) if tainted else None
    heard = {
        it.id: _heard(it, pattern, before, since)
        for it, pattern in ((stored, _without_names(stored.pattern, apart)), *((it, it.pattern) for it in apart))
    }
    places = {it.pattern.slug: it.id for it in apart}
    for row in learns.spoken(connection, stored.pattern.type.value, [it.pattern.slug for it in members]):
        # Most of what is said of a well-known pattern is feedback, of which little is read.
        said = restored(row) if row.kind == "learn" else _decode_verdict(row.body)
        place = (places.get(row.slug) or places.get(_own_slug(said)) or stored.id) if places else stored.id
        heard[place].add(row, said)
    # What is merged into another is retired, too, and comes back when both are set apart.
    return [it.sources(is_gone=stored.retired and place == stored.id) for place, it in heard.items()]


def _heard(stored: Stored, pattern: Pattern, before: Past, since: str | None) -> "_Heard":
    """Return a pattern as it is without learns; what was found out from `since` on is left out."""
    cuts = _cuts(stored, before.retired.get(_identity(stored), 0))
    base = mined(pattern) if stored.source == MINED else unlearned(pattern, before=since)
    for seq, said in before.found.get(stored.id, ()):
        whole = unlearned(msgspec.structs.replace(said, slug=pattern.slug), before=since)
        if stands_alone(whole) and not _is_cut(seq, cuts):
            base = merge(base, whole)
    return _Heard(stored, cuts, base)


def mined(pattern: Pattern) -> Pattern:
    """Return what was mined and ruled of a pattern, without who spoke of it; that is mining's to change."""
    names = (*pattern.aliases, *ruled(pattern, KNOWN_AS))
    told = tuple(entry for entry in pattern.provenance if entry.source != LEARN)
    return msgspec.structs.replace(pattern, aliases=tuple(dict.fromkeys(names)), provenance=told)


def _is_cut(seq: int, cuts: Sequence[tuple[int, int]]) -> bool:
    return any(after < seq <= upto for after, upto in cuts)


def _identity(stored: Stored) -> Identity:
    return stored.pattern.type.value, stored.pattern.slug


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


class _Heard:
    """What is said of one pattern, put together learn by learn: messages are not kept."""

    def __init__(self, stored: Stored, cuts: Sequence[tuple[int, int]], base: Pattern) -> None:
        self._stored = stored
        self._cuts = cuts
        self._base = base
        self._is_known = stands_alone(base)
        self._said: list[Pattern] = []
        self._voices: dict[tuple[str, str], bool] = {}

    def add(self, row: AnyRow, said: Submission | _Verdict) -> None:
        """Take in a learn or feedback, if it counts; feedback on what nobody had taught by then does not."""
        if row.seq is not None and self._cuts and _is_cut(row.seq, self._cuts):
            return
        if isinstance(said, _Verdict):
            if self._said or self._is_known:
                self._voices[row.instance_id, row.codebase_id] = said.verdict == "confirmed"
            return
        assert said.learn is not None
        self._said.append(contribution(said, said.learn, self._stored.pattern.slug))
        self._voices[row.instance_id, row.codebase_id] = True

    def sources(self, *, is_gone: bool) -> Sources:
        return Sources(self._stored, self._base, self._said, self._voices, is_gone)


def _own_slug(said: Submission | _Verdict) -> str:
    if isinstance(said, _Verdict):
        return identity.new_slug(said.slug)
    assert said.learn is not None
    return identity.new_slug(said.learn.slug or said.learn.name)


def _cuts(stored: Stored, retired: int) -> list[tuple[int, int]]:
    """Return the stretches of the feed that do not count for a pattern."""
    found = [*stretches(ruled(stored.pattern, NOT_BETWEEN))]
    return [*found, (0, retired)] if retired else found


def stretches(items: Collection[str]) -> Iterable[tuple[int, int]]:
    """Read stretches of the feed as rulings write them."""
    for item in items:
        after, _, upto = item.partition("-")
        yield int(after), int(upto)
