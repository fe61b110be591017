"""When two patterns are one thing: names, indicators and codebases must all say so, and nothing may speak against it.

Conservative: preact is not react. A wrong merger gives every instance a wrong answer, a duplicate costs little. Pure;
where profiles come from is `profiles`' matter, which pairs are compared is `duplicates`'.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from rapidfuzz.distance import JaroWinkler

from services.consolidation.policy import Policy


@dataclass(frozen=True, slots=True)
class Profile:
    """What is compared of one pattern, or of several that are to be one."""

    id: int
    type: str
    slug: str
    #: Normalised slug, name and aliases.
    names: frozenset[str]
    #: Keys that few others share.
    keys: frozenset[str]
    curated: bool = False
    active: bool = False
    instances: int = 0
    codebases: int = 0
    #: Packages that bear its name, by ecosystem.
    packages: Mapping[str, frozenset[str]] | None = None
    #: Slugs that it says something about, as another thing.
    related: frozenset[str] = frozenset()
    #: Slugs that an operator took out of it, or took it out of.
    split_from: frozenset[str] = frozenset()
    deprecated: bool = False
    #: Codebases it was seen in: one bit each.
    seen: int = 0

    @property
    def rank(self) -> tuple[bool, bool, int, int, str]:
        """What decides which of two goes on: the least; nothing of it tells which was taught first."""
        return (not self.curated, not self.active, -self.instances, -self.codebases, self.slug)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two patterns are, and what keeps them apart; empty: nothing does."""

    names: float
    indicators: float
    together: float = 0.0
    codebases: int = 0
    instances: tuple[str, ...] = ()
    apart: str = ""

    @property
    def reason(self) -> str:
        """Say in a line what speaks for one thing."""
        return (
            f"names {self.names:.2f} alike, {self.indicators:.0%} of indicators shared, together in"
            f" {self.codebases} codebases ({self.together:.0%}) of {len(self.instances)} instances"
        )


def joined(one: Profile, other: Profile) -> Profile:
    """Return the profile of two patterns as one, under the identity of the one that goes on."""
    survivor, gone = sorted((one, other), key=lambda profile: profile.rank)
    packages: dict[str, frozenset[str]] = dict(survivor.packages or {})
    for ecosystem, names in (gone.packages or {}).items():
        packages[ecosystem] = packages.get(ecosystem, frozenset()) | names
    return replace(
        survivor,
        names=one.names | other.names,
        keys=one.keys | other.keys,
        packages=packages,
        related=one.related | other.related,
        split_from=one.split_from | other.split_from,
        seen=one.seen | other.seen,
    )


def name_likeness(one: Collection[str], other: Collection[str], least: float) -> float:
    """Return how alike the nearest names are; 0 where none reaches `least`."""
    return max(
        (JaroWinkler.similarity(mine, theirs, score_cutoff=least) for mine in one for theirs in other), default=0.0
    )


def shared_keys(one: Collection[str], other: Collection[str]) -> float:
    """Return the share of keys that both have, of the one that has fewer."""
    fewer = min(len(one), len(other))
    return len(set(one) & set(other)) / fewer if fewer else 0.0


def looks_alike(one: Profile, other: Profile, policy: Policy) -> Likeness | None:
    """Compare what patterns say of themselves; None where that already tells them apart."""
    indicators = shared_keys(one.keys, other.keys)
    if one.type != other.type or indicators < policy.indicators:
        return None
    names = name_likeness(one.names, other.names, policy.names)
    return Likeness(names, indicators) if names else None


def compare(one: Profile, other: Profile, seen_by: Mapping[str, int], policy: Policy) -> Likeness | None:
    """Compare two patterns altogether; None where they do not even look alike.

    `seen_by` has the codebases that each instance looked at, one bit each.
    """
    alike = looks_alike(one, other, policy)
    if alike is None:
        return None
    both = one.seen & other.seen
    common = both.bit_count()
    more = max(one.seen.bit_count(), other.seen.bit_count())
    told = replace(
        alike,
        together=common / more if more else 0.0,
        codebases=common,
        instances=tuple(sorted(who for who, looked in seen_by.items() if looked & both)),
    )
    return replace(told, apart=_apart(one, other, told, policy))


def _apart(one: Profile, other: Profile, told: Likeness, policy: Policy) -> str:
    return _said_to_be_two(one, other) or _not_seen_as_one(told, policy)


def _said_to_be_two(one: Profile, other: Profile) -> str:
    if one.curated and other.curated:
        return "both are curated"
    if one.slug in other.related or other.slug in one.related:
        return "one speaks of the other as another thing"
    if one.slug in other.split_from or other.slug in one.split_from:
        return "an operator made two of them"
    if one.deprecated or other.deprecated:
        return "one is deprecated"
    return _of_own_packages(one, other)


def _of_own_packages(one: Profile, other: Profile) -> str:
    for ecosystem, names in (one.packages or {}).items():
        theirs = (other.packages or {}).get(ecosystem)
        if theirs and not names & theirs:
            return f"each has a package of its own name in {ecosystem}"
    return ""


def _not_seen_as_one(told: Likeness, policy: Policy) -> str:
    if told.codebases < policy.codebases:
        return f"seen together in {told.codebases} codebases, {policy.codebases} are needed"
    if told.together < policy.together:
        return f"together in {told.together:.0%} of their codebases only"
    if len(told.instances) < policy.instances:
        return f"{len(told.instances)} instances saw both, {policy.instances} are needed"
    return ""
