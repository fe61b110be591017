"""Decide which pattern a submission speaks of: one of its own name, one that is vouched for under it, else a new one.

Names compare as lookups do, but a name that only instances gave leads nowhere: nobody can take over what others will
teach, and no order of learns matters. New names are reserved by an advisory lock first, so that two workers never
create one pattern twice; all locks are taken in one order.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection

from centralcloud_client.messages.learns import Learn
from centralcloud_patterns.merging import LEARN
from centralcloud_patterns.slugs import slugify
from models import pattern_writes
from models.base import AnyRow
from services.learning.names import key
from services.learning.reading import Submission

#: A pattern's type and a normalised name.
Pair = tuple[str, str]
#: Mergers of mergers that are followed.
_MAX_HOPS: Final = 5


class Target(NamedTuple):
    """The pattern a submission goes into; without an id it is to be created."""

    type: str
    slug: str
    id: int | None
    #: No longer answered: a learn brings it back, feedback finds nothing.
    retired: bool = False
    #: Whether more than what instances say led to it.
    vouched: bool = False


def resolve(connection: Connection, submissions: Iterable[Submission]) -> dict[str, Target]:
    """Return the target of each submission by learn_id; feedback on what nobody knows has none."""
    wanted = list(submissions)
    pairs = {submission.learn_id: _pairs(submission) for submission in wanted}
    found = find(connection, {pair for asked in pairs.values() for pair in asked}, learned=False)
    unknown = [it for it in wanted if it.learn is not None and _known(pairs[it.learn_id], found) is None]
    if unknown:
        names = {pair for submission in unknown for pair in pairs[submission.learn_id]}
        reserve(connection, names)
        found |= find(connection, names, learned=False)
    targets: dict[str, Target] = {}
    for submission in wanted:
        target = _known(pairs[submission.learn_id], found)
        if target is not None and target.retired and submission.learn is None:
            continue
        if target is None and submission.learn is not None:
            target = _new(submission.type, submission.learn)
            found[pairs[submission.learn_id][0]] = target
        if target is not None:
            targets[submission.learn_id] = target
    return targets


def reserve(connection: Connection, names: Iterable[Pair]) -> None:
    """Wait until nobody else creates patterns, or aliases, under these names; held until the transaction ends."""
    pattern_writes.reserve_names(connection, sorted({_number(pair) for pair in names}))


@lru_cache(maxsize=16_384)
def new_slug(name: str) -> str:
    """Return a slug that is free whenever no pattern answers to the name.

    Where the name has more to it than a slug can hold, a hash of its key tells it from its neighbours.
    """
    known = key(name)
    slug = slugify(name)
    if key(slug) == known:
        return slug
    digest = hashlib.sha256(known.encode()).hexdigest()[:8]
    return f"{slug}-{digest}" if slug else f"pattern-{digest}"


def _new(type_: str, learn: Learn) -> Target:
    return Target(type_, new_slug(learn.slug or learn.name), None)


def _pairs(submission: Submission) -> tuple[Pair, ...]:
    """Return what a submission names its pattern by: its own name as a slug, then what else it says."""
    names: list[str | None] = []
    if submission.learn is not None:
        names = [submission.learn.slug, submission.learn.name]
    elif submission.feedback is not None:
        names = [submission.feedback.slug]
    said = [name for name in names if name]
    return tuple(dict.fromkeys((submission.type, key(name)) for name in (new_slug(said[0]), *said)))


def _known(pairs: Sequence[Pair], found: Mapping[Pair, Target]) -> Target | None:
    """Return the pattern of a submission's own name, else one that is vouched for under another of its names."""
    own = found.get(pairs[0])
    if own is not None:
        return own
    return next((target for pair in pairs[1:] if (target := found.get(pair)) is not None and target.vouched), None)


def find(connection: Connection, names: Collection[Pair], *, learned: bool = True) -> dict[Pair, Target]:
    """Find the patterns that answer to these names, mergers followed; `learned`: also to names that instances gave."""
    found: dict[Pair, Target] = {}
    #: Name now looked for → names that led to it.
    asked: dict[Pair, list[Pair]] = {pair: [pair] for pair in names}
    for _hop in range(_MAX_HOPS):
        best: dict[Pair, AnyRow] = {}
        for row in pattern_writes.named(connection, list(asked)):
            if learned or row.rank < pattern_writes.LEARNED_NAME:
                best.setdefault((row.type, row.key), row)
        further: dict[Pair, list[Pair]] = {}
        for pair, row in best.items():
            if row.retired and row.merged_into is not None:
                further.setdefault((row.type, key(row.merged_into)), []).extend(asked[pair])
            else:
                target = Target(row.type, row.slug, row.id, row.retired, row.rank > 0 or row.source != LEARN)
                for name in asked[pair]:
                    found[name] = target
        if not further:
            break
        asked = further
    return found


def _number(pair: Pair) -> int:
    """Return the number of a name's advisory lock: 64 bits, signed."""
    digest = hashlib.blake2b("\0".join(pair).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
