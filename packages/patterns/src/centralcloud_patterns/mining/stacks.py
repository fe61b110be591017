"""Technology stacks: patterns that codebases have together more often than by chance.

Sets of codebases are integers, a bit each, so that counting an itemset is one AND: exact over a million codebases, and
a fraction of the memory that lists of transactions take.
"""

import math
from collections.abc import Mapping, Sequence, Set
from functools import reduce
from itertools import combinations
from operator import and_
from typing import Final

from msgspec import Struct

#: Itemsets that are looked at in one run, whatever the sets are like.
_MOST_SETS: Final = 100_000
#: A part is not told where a larger stack is found in nearly all of its codebases.
_COVERED: Final = 0.75


#: Names of patterns, sorted.
Members = tuple[str, ...]


class StackRules(Struct, frozen=True, kw_only=True):
    """Which itemsets are stacks."""

    #: Least codebases, and least share of all of them.
    codebases: int = 5
    share: float = 0.005
    #: How many times as often as by chance each member comes with the others.
    lift: float = 1.5
    members: int = 5
    #: Stacks that are told.
    most: int = 200


class Stack(Struct, frozen=True, kw_only=True):
    """Some patterns that come together."""

    members: Members
    codebases: int
    #: Share of all codebases.
    support: float
    #: Least over the members: P(all) / (P(member) · P(the others)).
    lift: float
    #: Which codebases.
    bits: int


def stacks(
    sets: Mapping[str, int], total: int, rules: StackRules, kin: Mapping[str, Set[str]] | None = None
) -> list[Stack]:
    """Return the stacks, the best first: those that chance explains least, parts of larger ones left out.

    `sets` are the codebases that have each pattern, `kin` the patterns that each one brings along anyway (what it
    implies, is part of, or supersedes): these make no stack with it.
    """
    least = max(rules.codebases, math.ceil(rules.share * total), 1)
    names = sorted(name for name, bits in sets.items() if bits.bit_count() >= least)
    friends = _friends(names, sets, total, least, rules=rules, kin=kin or {})
    counts: dict[Members, int] = {}
    for most in range(rules.members, 1, -1):
        # Where everything comes with everything, smaller stacks must do.
        counts, complete = _counted({name: sets[name] for name in names}, friends, least, most)
        if complete:
            break
    lifts = {members: _lift(members, counts, sets, total) for members in counts if len(members) > 1}
    told = _uncovered({members: counts[members] for members, lift in lifts.items() if lift >= rules.lift})
    told.sort(key=lambda members: (-counts[members] * (1 - 1 / lifts[members]), members))
    return [
        Stack(
            members=members,
            codebases=counts[members],
            support=counts[members] / total,
            lift=lifts[members],
            bits=_bits(members, sets),
        )
        for members in told[: rules.most]
    ]


def _counted(
    sets: Mapping[str, int], friends: Mapping[str, Set[str]], least: int, most: int
) -> tuple[dict[Members, int], bool]:
    """Count the itemsets of friends with at least so many codebases; False when there are too many to look at.

    Depth first (Eclat), each set made when its turn comes: so few are held at a time.
    """
    counts: dict[Members, int] = {}
    waiting: list[tuple[Members, int, Set[str]]] = [((name,), sets[name], friends[name]) for name in sets]
    for _ in range(_MOST_SETS):
        if not waiting:
            return counts, True
        members, outer, after = waiting.pop()
        bits = outer & sets[members[-1]]
        count = bits.bit_count()
        if count >= least:
            counts[members] = count
            if len(members) < most:
                waiting += [((*members, name), bits, after & friends[name]) for name in after]
    return counts, False


def _lift(members: Members, counts: Mapping[Members, int], sets: Mapping[str, int], total: int) -> float:
    lifts = []
    for place, member in enumerate(members):
        rest = members[:place] + members[place + 1 :]
        others = counts.get(rest) or _bits(rest, sets).bit_count()
        lifts.append(counts[members] * total / (sets[member].bit_count() * others))
    return min(lifts)


def _uncovered(counts: Mapping[Members, int]) -> list[Members]:
    """Return the itemsets that no larger one says as well."""
    covered: dict[Members, int] = {}
    kept: list[Members] = []
    for members in sorted(counts, key=lambda it: (-len(it), -counts[it], it)):
        if covered.get(members, 0) < _COVERED * counts[members]:
            kept.append(members)
            for size in range(2, len(members)):
                for part in combinations(members, size):
                    covered[part] = max(covered.get(part, 0), counts[members])
    return kept


def _bits(members: Members, sets: Mapping[str, int]) -> int:
    return reduce(and_, (sets[member] for member in members))


def _friends(
    names: Sequence[str],
    sets: Mapping[str, int],
    total: int,
    least: int,
    *,
    rules: StackRules,
    kin: Mapping[str, Set[str]],
) -> dict[str, set[str]]:
    """Return for each pattern the later ones that it often comes with: all members of a stack are friends."""
    sizes = {name: sets[name].bit_count() for name in names}
    friends: dict[str, set[str]] = {name: set() for name in names}
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            if other in kin.get(one, ()) or one in kin.get(other, ()):
                continue
            wanted = max(least, rules.lift * sizes[one] * sizes[other] / total)
            if min(sizes[one], sizes[other]) >= wanted and (sets[one] & sets[other]).bit_count() >= wanted:
                friends[one].add(other)
    return friends
