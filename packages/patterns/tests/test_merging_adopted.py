"""An adopted indicator follows from its ruling alone, whatever is learned, in any order and however often.

Rulings grow: where one is taken back, the pattern is derived anew from all that was said.
"""

from functools import reduce
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns.merging import (
    ADOPTED,
    WITHOUT,
    Adopted,
    absorb,
    adopted_by,
    agreed,
    as_item,
    merge,
    stands_alone,
    unlearned,
    without_curated,
)
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Provenance

NAMES = ("one", "two", "three")
some_names = st.lists(st.sampled_from(NAMES), unique=True, max_size=3)


def indicator(name: str, weight: float) -> Indicator:
    return Indicator(kind=IndicatorKind.ENV, id=f"env-{name}", name=name, weight=weight)


def pattern(*provenance: Provenance, name: str = "", indicators: tuple[Indicator, ...] = ()) -> Pattern:
    return Pattern(type=PatternType.FRAMEWORK, slug="thing", name=name, indicators=indicators, provenance=provenance)


def adoption(names: list[str], day: int = 1) -> Pattern:
    at = f"2026-02-{day:02}"
    items = tuple(
        as_item(
            Adopted(
                indicator=indicator(name, 0.95),
                fact=f"env:{name}",
                at="2026-02-01",
                codebases=20,
                instances=4,
                precision=1.0,
                recall=1.0,
            )
        )
        for name in names
    )
    return pattern(Provenance(source="operator", field=ADOPTED, at=at, items=items))


def excluding(names: list[str]) -> Pattern:
    items = tuple(f"indicators.env-{name}" for name in names)
    return pattern(Provenance(source="operator", field=WITHOUT, at="2026-02-03", items=items))


def learned(number: int, names: list[str]) -> Pattern:
    at, who = f"2026-01-{number:02}", f"i{number}"
    voice = Provenance(source="learn", instance_id=who, learn_id=f"l{number}", at=at)
    word = Provenance(source="learn", field="name", instance_id=who, learn_id=f"l{number}", at=at)
    return pattern(voice, word, name="Thing", indicators=tuple(indicator(name, 0.5) for name in names))


def curated(names: list[str]) -> Pattern:
    own = tuple(indicator(name, 0.7) for name in names)
    return pattern(Provenance(source="catalogue"), name="Thing", indicators=own)


growing = st.tuples(some_names, some_names).map(
    lambda both: (adoption(both[0], 1), adoption(list(dict.fromkeys([*both[0], *both[1]])), 2))
)
learns = st.builds(learned, st.integers(1, 9), some_names)
bases = st.builds(curated, some_names) | learns


def by_id(whole: Pattern) -> dict[str, float]:
    assert len({it.id for it in whole.indicators}) == len(whole.indicators)
    return {it.id: it.weight for it in whole.indicators}


@given(bases, learns, growing, st.builds(excluding, some_names))
def test_every_order_gives_one_pattern_and_repetition_changes_nothing(
    base: Pattern, said: Pattern, rulings: tuple[Pattern, Pattern], without: Pattern
) -> None:
    parts = [base, said, *rulings, without]
    results = {repr(reduce(merge, order)) for order in permutations(parts)}
    assert len(results) == 1
    together = reduce(merge, parts)
    assert merge(together, together) == together
    assert all(merge(together, one) == absorb(together, one) == together for one in parts)


@given(bases, learns, growing)
def test_nor_does_grouping_matter(base: Pattern, said: Pattern, rulings: tuple[Pattern, Pattern]) -> None:
    first, second = rulings
    assert merge(merge(base, first), merge(said, second)) == merge(base, merge(first, merge(said, second)))


@given(st.builds(curated, some_names), st.lists(learns, max_size=4), some_names, some_names)
def test_it_stands_below_the_catalogue_and_above_what_is_learned(
    base: Pattern, said: list[Pattern], names: list[str], excluded: list[str]
) -> None:
    whole = reduce(merge, [base, *said, adoption(names), excluding(excluded)])
    own = {it.id for it in base.indicators}
    for name in names:
        wanted = None if name in excluded else 0.7 if f"env-{name}" in own else 0.95
        assert by_id(whole).get(f"env-{name}") == wanted
    assert {it.indicator.name for it in adopted_by(whole)} == set(names)


@given(bases, st.lists(learns, max_size=3), some_names)
def test_it_outlives_learns_and_catalogues_and_goes_with_its_ruling(
    base: Pattern, said: list[Pattern], names: list[str]
) -> None:
    whole = reduce(merge, [base, *said, adoption(names)])
    anew = merge(curated(["two"]), without_curated(whole))
    assert set(by_id(anew)) >= {f"env-{name}" for name in names}
    bare = unlearned(whole)
    assert merge(bare, bare) == merge(unlearned(base), adoption(names))
    heard = [it for it in (base, *said) if it.provenance[0].source == "learn"]
    assert reduce(merge, agreed(bare, heard, 1), merge(bare, bare)) == whole
    undone = merge(unlearned(whole), adoption([], 9))
    derived = reduce(merge, heard, undone)
    assert derived.indicators == reduce(merge, [base, *said]).indicators


def test_adopting_makes_no_pattern() -> None:
    assert not stands_alone(adoption(["one"]))
