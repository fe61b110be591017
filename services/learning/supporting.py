"""Who speaks for and against the patterns of a transaction, and the standing that follows from it.

An instance's latest word on a pattern from one codebase counts; saying it again adds nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection

from centralcloud_patterns.merging import is_curated, ruled_state
from centralcloud_patterns.pattern import Pattern, State, Support
from centralcloud_patterns.standing import DEFAULT, Policy, Standing, standing
from models import pattern_writes
from models.base import AnyRow
from services.learning.identity import Target
from services.learning.reading import Submission
from services.pattern_writing import Stored

NOBODY: Final = Support()
#: (instance_id, codebase_id) → whether it is for the pattern; latest word wins.
Voices = Mapping[tuple[str, str], bool]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a pattern's support comes to."""

    support: Support = NOBODY
    #: Instances that reported it wrong, and never right.
    rejecting: int = 0


def voices(submissions: Sequence[Submission]) -> Voices:
    """Return what each speaker says last, in whichever order the submissions come."""
    return {
        (it.instance_id, it.codebase_id): it.feedback is None or it.feedback.verdict == "confirmed"
        for it in sorted(submissions, key=_moment)
    }


def _moment(submission: Submission) -> tuple[str, bool, str]:
    """Return by what submissions follow one another, as `models.learns.spoken` has it."""
    return submission.delivery.received_at, submission.feedback is not None, submission.learn_id


class Counted(NamedTuple):
    """What the voices of a transaction come to."""

    tallies: dict[Target, Tally]
    #: Ids of patterns of which somebody now says the contrary of what that one said before.
    turned: set[int]


def tally(connection: Connection, spoken: Mapping[Target, Voices], stored: Mapping[int, Stored]) -> Counted:
    """Record the voices on patterns that exist, and count the support of those to which they are news.

    What is to be created has just these voices.
    """
    turned: set[int] = set()
    tallies = {target: count(said) for target, said in spoken.items() if target.id is None}
    existing = {target.id: target for target in spoken if target.id is not None}
    if existing:
        rows = [row for identity, target in existing.items() for row in _rows(identity, spoken[target])]
        news: dict[int, list[AnyRow]] = {}
        for row in pattern_writes.add_support(connection, rows):
            news.setdefault(row.pattern_id, []).append(row)
            if row.turned:
                turned.add(row.pattern_id)
        uncounted = {identity for identity, target in existing.items() if target.retired}
        for identity, words in news.items():
            counted = _one_more(stored[identity], words)
            if counted is None or identity in uncounted:
                uncounted.add(identity)
            else:
                tallies[existing[identity]] = counted
        if uncounted:
            tallies |= {existing[identity]: counted for identity, counted in tally_of(connection, uncounted).items()}
    return Counted(tallies, turned)


def _one_more(stored: Stored, news: Sequence[AnyRow]) -> Tally | None:
    """Add one voice for a pattern that nobody is against; None where that is not all there is to it.

    The many who speak for a well-known pattern are not counted again for each of them.
    """
    if len(news) > 1 or news[0].disputed:
        return None
    [word] = news
    before = stored.standing.support
    return Tally(
        Support(
            codebases=before.codebases + (word.tells_codebase and not word.knows_codebase),
            instances=before.instances + (not word.knows_instance),
        )
    )


def tally_of(connection: Connection, ids: Collection[int]) -> dict[int, Tally]:
    """Count the support of patterns that have any, by id."""
    return {
        row.pattern_id: Tally(Support(codebases=row.codebases, instances=row.instances), row.rejecting)
        for row in pattern_writes.support(connection, ids)
    }


def joint_tally(connection: Connection, ids: Collection[int]) -> Tally:
    """Count the support that several patterns have as one."""
    return count(
        {(row.instance_id, row.codebase_id): row.confirmed > 0 for row in pattern_writes.speakers(connection, ids)}
    )


def record_for_new(connection: Connection, spoken: Mapping[Target, Voices], created: Mapping[Target, int]) -> None:
    """Record the voices on patterns that this transaction created."""
    rows = [row for target, identity in created.items() for row in _rows(identity, spoken[target])]
    if rows:
        pattern_writes.add_support(connection, rows)


def standing_of(pattern: Pattern, tallied: Tally | None, stored: Stored | None, policy: Policy = DEFAULT) -> Standing:
    """Derive a pattern's standing; an operator's ruling comes first, then, if it is curated, its source's word.

    Without a tally nothing was news: what is stored stands.
    """
    if tallied is None:
        assert stored is not None
        return stored.standing
    return derived(pattern, tallied, policy)


def derived(pattern: Pattern, tallied: Tally, policy: Policy = DEFAULT) -> Standing:
    """Return the standing that follows from what a pattern is and who speaks for it."""
    vouched = State.ACTIVE if is_curated(pattern) else None
    return standing(tallied.support, tallied.rejecting, curated=ruled_state(pattern) or vouched, policy=policy)


def measured(stored: Stored, pattern: Pattern, rejecting: int, policy: Policy = DEFAULT) -> Standing:
    """Return the standing of what was mined: the support that was seen stands, and who rejects it counts against it."""
    return standing(stored.standing.support, rejecting, curated=ruled_state(pattern), policy=policy)


def count(said: Voices) -> Tally:
    """Return what voices come to when they are all there are."""
    confirming = [speaker for speaker, confirms in said.items() if confirms]
    known = {instance for instance, _codebase in confirming}
    # Whoever confirms it somewhere knows it: a rejection elsewhere speaks of that match alone.
    rejecting = {instance for instance, _codebase in said} - known
    return Tally(
        Support(
            codebases=len({codebase for _instance, codebase in confirming if codebase}),
            instances=len(known),
        ),
        len(rejecting),
    )


def replace(connection: Connection, spoken: Mapping[int, Voices]) -> None:
    """Make these voices all that is said of patterns, by id."""
    rows = [row for identity, said in spoken.items() for row in _rows(identity, said)]
    pattern_writes.replace_support(connection, list(spoken), rows)


def _rows(identity: int, said: Voices) -> list[dict[str, int | str]]:
    return [
        {
            "pattern_id": identity,
            "instance_id": instance,
            "codebase_id": codebase,
            "confirmed": int(confirms),
            "rejected": int(not confirms),
        }
        for (instance, codebase), confirms in said.items()
    ]
