"""Packages that codebases use and no pattern claims, ranked by how much it would help to know them."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

#: A pattern comes with a package where at least this share of the package's codebases have it.
_OFTEN: Final = 0.5
_MOST_BESIDE: Final = 5


class Beside(Struct, frozen=True):
    """A pattern that comes with a package."""

    pattern: str
    #: Share of the package's codebases that have it.
    share: float
    #: How many times as often as anywhere.
    lift: float


class Unclaimed(Struct, frozen=True, kw_only=True):
    """One unknown package."""

    package: str
    codebases: int
    #: Codebases, up to twice as many where it always comes with something that is rare elsewhere.
    rank: float
    beside: tuple[Beside, ...]


def unclaimed(packages: Mapping[str, int], patterns: Mapping[str, int], total: int) -> list[Unclaimed]:
    """Rank packages, the best first; both are sets of codebases."""
    shares = {pattern: bits.bit_count() / total for pattern, bits in patterns.items() if bits}
    ranked = [_ranked(package, bits, patterns, shares) for package, bits in packages.items() if bits]
    return sorted(ranked, key=lambda it: (-it.rank, it.package))


def _ranked(package: str, bits: int, patterns: Mapping[str, int], shares: Mapping[str, float]) -> Unclaimed:
    count = bits.bit_count()
    near = []
    for pattern, usual in shares.items():
        share = (bits & patterns[pattern]).bit_count() / count
        if share >= _OFTEN and share > usual:
            near.append(Beside(pattern, share, share / usual))
    near.sort(key=lambda it: (_gap(it), it.pattern))
    cohesion = max((-_gap(it) for it in near), default=0.0)
    return Unclaimed(
        package=package,
        codebases=count,
        rank=round(count * (1 + cohesion), 4),
        beside=tuple(near[:_MOST_BESIDE]),
    )


def _gap(it: Beside) -> float:
    """Return, below zero, how much more often than usual the pattern is there: what neighbours are ordered by."""
    return it.share / it.lift - it.share
