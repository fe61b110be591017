"""Indicators that nobody told: facts that hold in nearly all codebases with a pattern, and in few without it."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Set

from msgspec import Struct


class ProposalRules(Struct, frozen=True, kw_only=True):
    """Which facts are worth proposing."""

    codebases: int = 10
    precision: float = 0.95
    recall: float = 0.8


class Proposal(Struct, frozen=True, kw_only=True):
    """A fact that would tell a pattern, as measured."""

    pattern: str
    fact: str
    #: That have both.
    codebases: int
    #: Share of the codebases with the fact that have the pattern.
    precision: float
    #: Share of the codebases with the pattern that have the fact.
    recall: float
    bits: int


def proposals(
    patterns: Mapping[str, int], facts: Mapping[str, int], rules: ProposalRules, known: Set[str]
) -> Iterator[Proposal]:
    """Yield the facts that tell patterns; both are sets of codebases.

    A fact that some pattern is `known` by is no news: where another comes with it, these two come together.
    """
    by_size = sorted((bits.bit_count(), fact, bits) for fact, bits in facts.items() if fact not in known)
    sizes = [size for size, _fact, _bits in by_size]
    for pattern, with_it in sorted(patterns.items()):
        count = with_it.bit_count()
        if count < rules.codebases:
            continue
        first = bisect_left(sizes, rules.recall * count)
        last = bisect_left(sizes, count / rules.precision + 1)
        for size, fact, bits in by_size[first:last]:
            both = bits & with_it
            shared = both.bit_count()
            if shared >= rules.codebases and shared >= rules.precision * size and shared >= rules.recall * count:
                yield Proposal(
                    pattern=pattern,
                    fact=fact,
                    codebases=shared,
                    precision=shared / size,
                    recall=shared / count,
                    bits=both,
                )
