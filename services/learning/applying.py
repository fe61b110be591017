"""Apply submissions to the patterns they speak of, in the caller's one transaction.

Several learns of one pattern are one change. What is believed takes voices only: whether enough agree on what else they
say is looked into later (`services.curation`). Locks are taken in one order by everybody: new names, patterns, the
feed's head, learn_ids.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import NamedTuple

from sqlalchemy import Connection

from centralcloud_patterns.merging import LEARN, absorb, hear, is_novel, merge
from centralcloud_patterns.pattern import Pattern, State
from centralcloud_patterns.standing import DEFAULT, Policy
from services import pattern_writing
from services.learning import identity, limiting, outcomes, recording, supporting
from services.learning.contributions import contribution
from services.learning.identity import Target
from services.learning.outcomes import Outcome
from services.learning.reading import Submission
from services.pattern_writing import MINED, Draft, Memory, Stored


class MovedError(Exception):
    """A pattern was retired or brought back meanwhile: the transaction must be run again."""


@dataclass(slots=True)
class Group:
    """The submissions of one transaction that go into one pattern."""

    target: Target
    submissions: list[Submission] = field(default_factory=list)
    stored: Stored | None = None
    #: What they contribute, once it is known.
    said: list[Pattern] | None = None
    #: Whether a speaker took back what it said before, or said before what it took back since.
    is_turned: bool = False


class Applied(NamedTuple):
    """What a transaction decided, and the patterns it spoke of as they are once it is committed."""

    outcomes: list[Outcome]
    patterns: list[Stored]
    #: Patterns that are to be derived anew from all that was said of them.
    due: list[Stored]
    #: Feedback on what nobody knows that was left undecided, with all that came under its learn_ids.
    unplaced: list[Submission]


def apply(
    connection: Connection,
    submissions: Sequence[Submission],
    at: datetime.datetime,
    *,
    look_first: bool,
    is_patient: bool = False,
    memory: Memory | None = None,
    policy: Policy = DEFAULT,
) -> Applied:
    """Decide all submissions.

    Most ids are new, so nothing looks for them unless `look_first`. `is_patient`: feedback on what nobody knows is left
    undecided. Raises AlreadyDecidedError, SlugTakenError or MovedError when the transaction must be rolled back and run
    again.
    """
    new = recording.firsts(submissions)
    if look_first:
        new = recording.undecided(connection, new)
    decided, patterns, due, nowhere = _decide(connection, new, at, memory, policy)
    left = {it.learn_id for it in nowhere} if is_patient else set()
    decided += [
        (it, outcomes.rejected(it, "bad_schema", "no such pattern (at $.slug)"))
        for it in nowhere
        if it.learn_id not in left
    ]
    recording.record(connection, decided)
    repeats = recording.settle_repeats(connection, [it for it in submissions if it.learn_id not in left], new)
    unplaced = [it for it in submissions if it.learn_id in left]
    return Applied([*(outcome for _submission, outcome in decided), *repeats], patterns, due, unplaced)


def _decide(
    connection: Connection,
    submissions: Sequence[Submission],
    at: datetime.datetime,
    memory: Memory | None,
    policy: Policy,
) -> tuple[list[tuple[Submission, Outcome]], list[Stored], list[Stored], list[Submission]]:
    """Return decisions, the patterns they speak of, those that are due, and what speaks of no pattern."""
    taught = [submission for submission in submissions if not submission.refusal]
    targets = identity.resolve(connection, taught)
    groups = _group(taught, targets)
    _lock(connection, groups, memory)
    written = _change(connection, groups, at, policy)
    decided = [(submission, outcomes.refused(submission)) for submission in submissions if submission.refusal]
    decided += [
        (submission, _applied(submission, group, written)) for group in groups for submission in group.submissions
    ]
    unchanged = [group.stored for group in groups if group.stored and (group.target[:2]) not in written]
    due = [now for group in groups if (now := written.get(group.target[:2], group.stored)) and _is_due(group, now)]
    nowhere = [submission for submission in taught if submission.learn_id not in targets]
    return decided, [*written.values(), *unchanged], due, nowhere


def _group(submissions: Iterable[Submission], targets: dict[str, Target]) -> list[Group]:
    groups: dict[tuple[str, str], Group] = {}
    for submission in submissions:
        target = targets.get(submission.learn_id)
        if target is not None:
            groups.setdefault((target.type, target.slug), Group(target)).submissions.append(submission)
    return list(groups.values())


def _lock(connection: Connection, groups: Sequence[Group], memory: Memory | None) -> None:
    """Lock the patterns that exist and read what they hold now."""
    by_id = {group.target.id: group for group in groups if group.target.id is not None}
    if not by_id:
        return
    for stored in pattern_writing.lock(connection, [it for it in by_id if it is not None], memory):
        if stored.retired != by_id[stored.id].target.retired:
            raise MovedError
        by_id[stored.id].stored = stored


def _change(
    connection: Connection, groups: Sequence[Group], at: datetime.datetime, policy: Policy
) -> dict[tuple[str, str], Stored]:
    """Merge, count support, and write what changed; return that as it is stored."""
    voices = {group.target: supporting.voices(group.submissions) for group in groups}
    counted = supporting.tally(connection, voices, {group.stored.id: group.stored for group in groups if group.stored})
    for group in groups:
        group.is_turned = group.target.id in counted.turned
    drafts = [_draft(group, counted.tallies.get(group.target), policy) for group in groups]
    written = pattern_writing.write(connection, [draft for draft in drafts if draft.changes], at)
    created = {target: written[target.type, target.slug].id for target in voices if target.id is None}
    supporting.record_for_new(connection, voices, created)
    return written


def _draft(group: Group, tally: supporting.Tally | None, policy: Policy) -> Draft:
    stored = group.stored
    # What was retired for good starts anew: only its identity and its counters go on.
    known = stored.pattern if stored and not stored.retired else None
    if known and stored and _is_believed(stored):
        pattern = reduce(hear, _said(group), known)
    else:
        pattern = _merged(group, known, stored.size if stored else 0)
    if known and stored and tally and stored.source == MINED:
        standing = supporting.measured(stored, pattern, tally.rejecting, policy)
    else:
        standing = supporting.standing_of(pattern, tally, stored if known else None, policy)
    return Draft(
        pattern=pattern,
        standing=standing,
        source=stored.source if stored and known else LEARN,
        stored=stored,
    )


def _said(group: Group) -> list[Pattern]:
    if group.said is None:
        slug = group.target.slug
        group.said = [contribution(it, it.learn, slug) for it in group.submissions if it.learn is not None]
    return group.said


def _is_believed(stored: Stored) -> bool:
    """Tell whether a pattern is more than a claim, so that no single instance may change it."""
    return stored.standing.state is not State.CANDIDATE or stored.source == MINED


def _is_due(group: Group, now: Stored) -> bool:
    """Tell whether more follows from these learns than was written: what is believed follows from all of them."""
    before = group.stored
    if before is None or before.retired:
        return _is_believed(now) or bool(now.pattern.aliases)
    if group.is_turned or _judges_too_early(group, before.pattern):
        return True
    if _is_believed(before) != _is_believed(now):
        return True
    if _is_believed(now):
        return any(is_novel(before.pattern, one) for one in _said(group))
    return before.pattern.aliases != now.pattern.aliases


def _judges_too_early(group: Group, known: Pattern) -> bool:
    """Tell whether feedback came before anybody had spoken of the pattern, and was only applied after that."""
    judged = [it.delivery.received_at for it in group.submissions if it.feedback is not None]
    if not judged:
        return False
    first = next((entry.at for entry in known.provenance if entry.field is None and entry.source == LEARN), None)
    return first is not None and min(judged) < first


def _merged(group: Group, known: Pattern | None, size: int) -> Pattern:
    said = _said(group)
    if size + sum(len(it.delivery.data) for it in group.submissions) <= limiting.MAX_DOCUMENT:
        return reduce(absorb, said, known or merge(said[0], said[0]))
    return limiting.merged(known or merge(said[0], said[0]), said)


def _applied(submission: Submission, group: Group, written: dict[tuple[str, str], Stored]) -> Outcome:
    target = group.target
    changed = written.get((target.type, target.slug))
    stored = changed or group.stored
    return Outcome(
        delivery=submission.delivery,
        learn_id=submission.learn_id,
        state="applied",
        type=target.type,
        slug=target.slug,
        seq=stored.seq if stored else None,
        changed=changed is not None,
    )
