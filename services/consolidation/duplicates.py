"""Find patterns that are one thing, and decide which of them goes on: a plan that is complete in itself.

Works in memory on profiles: once two are one, they are compared with the others as one, until nothing changes. So the
same knowledge always gives the same plan, and carried out it leaves nothing to do. Writing is `running`'s.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from services.consolidation import likeness
from services.consolidation.likeness import Likeness, Profile
from services.consolidation.policy import Policy

#: Internal ids of two patterns, the lower first.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Merger:
    """A pattern that is to become part of another, and why."""

    type: str
    survivor: str
    gone: str
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Held:
    """Two patterns that look alike and stay two, and why."""

    type: str
    one: str
    other: str
    likeness: Likeness


def neighbours(keys: Mapping[int, Collection[str]]) -> Iterator[Pair]:
    """Yield the pairs that share a key, each once; `keys` hold those only that few share."""
    owners: dict[str, list[int]] = {}
    for identity in sorted(keys):
        for key in keys[identity]:
            owners.setdefault(key, []).append(identity)
    told: set[Pair] = set()
    for sharing in owners.values():
        for pair in combinations(sharing, 2):
            if pair not in told:
                told.add(pair)
                yield pair


def plan(
    profiles: Mapping[int, Profile], pairs: Iterable[Pair], seen_by: Mapping[str, int], policy: Policy
) -> tuple[list[Merger], list[Held]]:
    """Return what is to become one, in order, and what looks alike and stays apart."""
    views = dict(profiles)
    heir: dict[int, int] = {}
    mergers: list[Merger] = []
    held: dict[Pair, Held] = {}
    beside: dict[int, set[int]] = {}
    waiting: deque[Pair] = deque(sorted(pairs))
    for one, other in waiting:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    while waiting:
        pair = waiting.popleft()
        one, other = sorted((_last(heir, pair[0]), _last(heir, pair[1])))
        if one == other:
            continue
        found = likeness.compare(views[one], views[other], seen_by, policy)
        if found is None:
            continue
        survivor, gone = sorted((views[one], views[other]), key=lambda profile: profile.rank)
        if found.apart:
            # That the catalogue tells two of its own apart is no news.
            if not gone.curated:
                held[one, other] = Held(survivor.type, survivor.slug, gone.slug, found)
            continue
        mergers.append(Merger(survivor.type, survivor.slug, gone.slug, found))
        views[survivor.id] = likeness.joined(survivor, gone)
        heir[gone.id] = survivor.id
        near = beside.setdefault(survivor.id, set()) | beside.get(gone.id, set())
        beside[survivor.id] = near
        # What was compared with one of them is compared with both as one.
        waiting.extend((survivor.id, third) for third in sorted(near))
    alive = [(pair, it) for pair, it in held.items() if not heir.keys() & set(pair)]
    return mergers, [it for _pair, it in sorted(alive, key=lambda found: found[0])]


def _last(heir: Mapping[int, int], identity: int) -> int:
    while identity in heir:
        identity = heir[identity]
    return identity
