"""Packages that codebases use and no pattern claims, ranked by how much it would help to know them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct
from packageurl import PackageURL

#: A pattern comes with a package where at least this share of the package's codebases have it.
_OFTEN: Final = 0.5
_MOST_BESIDE: Final = 5
#: Names that nearly every ecosystem writes into a purl as they are; the library needs some 20 microseconds for each.
_PLAIN: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_PROBE: Final = "a1.b-c"


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


def package_of(purl: str) -> tuple[str, str] | None:
    """Return ecosystem and name of a package, None where its purl cannot be read."""
    try:
        read = PackageURL.from_string(purl)
    except ValueError:
        return None
    return read.type, f"{read.namespace}/{read.name}" if read.namespace else read.name


def purl_of(ecosystem: str, name: str) -> str | None:
    """Return the purl of a package without version, None where it can have none."""
    if _PLAIN.fullmatch(name) and _stays_plain(ecosystem):
        return f"pkg:{ecosystem}/{name}"
    namespace, _sign, rest = name.rpartition("/")
    if not rest.strip():
        # The library fails on what is left of it.
        return None
    try:
        return PackageURL(type=ecosystem, namespace=namespace or None, name=rest).to_string()
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _stays_plain(ecosystem: str) -> bool:
    """Tell whether names of small letters, digits, dots and hyphens stand in the ecosystem's purls as they are."""
    try:
        return PackageURL(type=ecosystem, name=_PROBE).to_string() == f"pkg:{ecosystem}/{_PROBE}"
    except ValueError:
        return False


def unclaimed(packages: Mapping[str, int], patterns: Mapping[str, int], total: int) -> list[Unclaimed]:
    """Rank packages, the best first; both are sets of codebases."""
    sizes = {pattern: bits.bit_count() for pattern, bits in patterns.items() if bits}
    ranked = [_ranked(package, bits, patterns, sizes, total) for package, bits in packages.items() if bits]
    return sorted(ranked, key=lambda it: (-it.rank, it.package))


def _ranked(package: str, bits: int, patterns: Mapping[str, int], sizes: Mapping[str, int], total: int) -> Unclaimed:
    count = bits.bit_count()
    near = []
    for pattern, size in sizes.items():
        if size < _OFTEN * count:
            # Too small to be with most of them: no need to look.
            continue
        share, usual = (bits & patterns[pattern]).bit_count() / count, size / total
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
