"""Merging is a union with provenance: order, grouping and repetition change nothing, and the curated stand."""

from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_patterns.merging import (
    MAX_EXAMPLES,
    MAX_INDICATORS,
    MAX_PROVENANCE,
    absorb,
    described,
    is_curated,
    merge,
    without_curated,
)
from centralcloud_patterns.pattern import (
    Example,
    Indicator,
    IndicatorKind,
    Pattern,
    PatternType,
    Provenance,
    Relation,
    State,
)

WORDS = ("one", "two", "three", "four")


_LAST_DAY = 28


def indicator(name: str, weight: float = 0.5) -> Indicator:
    return Indicator(kind=IndicatorKind.ENV, id=f"env-{name}", name=name, weight=weight)


def learned(number: int = 1, **fields: object) -> Pattern:
    """A learn's contribution: every word carries its speaker; those from 29 on come in the same moment as the first."""
    day = number if number <= _LAST_DAY else 1
    voice = Provenance(source="learn", instance_id=f"i{number % 5}", learn_id=f"l{number}", at=f"2026-01-{day:02}")
    spoken = [
        Provenance(source="learn", field=word, instance_id=voice.instance_id, learn_id=voice.learn_id, at=voice.at)
        for word in ("name", "category", "description", "homepage")
        if word == "name" or fields.get(word)
    ]
    given_: dict[str, Any] = {"name": f"Name {number}"} | fields
    return Pattern(type=PatternType.FRAMEWORK, slug="thing", provenance=(voice, *spoken), **given_)


def curated(**fields: object) -> Pattern:
    voice = Provenance(source="catalogue")
    given_: dict[str, Any] = {"name": "Thing"} | fields
    return Pattern(type=PatternType.FRAMEWORK, slug="thing", provenance=(voice,), **given_)


some_words = st.lists(st.sampled_from(WORDS), unique=True, max_size=4).map(tuple)
contents = st.fixed_dictionaries(
    {
        "aliases": some_words,
        "languages": some_words,
        "notes": some_words,
        "indicators": st.dictionaries(st.sampled_from(WORDS), st.sampled_from([0.2, 0.5, 0.9]), max_size=4).map(
            lambda weights: tuple(indicator(name, weight) for name, weight in weights.items())
        ),
        "examples": some_words.map(lambda codes: tuple(Example(code=code) for code in codes)),
        "relations": some_words.map(lambda slugs: tuple(Relation(kind="implies", slug=slug) for slug in slugs)),
        "commands": st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=3),
        "description": st.sampled_from([None, *WORDS]),
        "homepage": st.sampled_from([None, *WORDS]),
    }
)
learns = st.builds(lambda number, fields: learned(number, **fields), st.integers(1, 56), contents)
catalogues = contents.map(lambda fields: curated(**fields))


@given(learns, learns)
def test_it_does_not_matter_who_comes_first(one: Pattern, other: Pattern) -> None:
    assert merge(one, other) == merge(other, one)


@given(catalogues, learns)
def test_nor_whether_the_catalogue_does(one: Pattern, other: Pattern) -> None:
    assert merge(one, other) == merge(other, one)


@given(learns, learns, st.one_of(learns, catalogues))
@settings(max_examples=200)
def test_nor_how_they_are_grouped(one: Pattern, two: Pattern, three: Pattern) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(st.lists(learns, min_size=1, max_size=4), catalogues)
def test_saying_it_again_changes_nothing(said: list[Pattern], catalogue: Pattern) -> None:
    together = reduce(merge, said, catalogue)
    assert merge(together, together) == together
    assert all(merge(together, again) == together for again in (*said, catalogue))


@given(st.lists(learns, min_size=3, max_size=3), catalogues)
def test_every_order_of_learns_around_a_catalogue_gives_one_pattern(said: list[Pattern], catalogue: Pattern) -> None:
    results = {repr(reduce(merge, order)) for order in permutations([*said, catalogue])}
    assert len(results) == 1


@given(st.lists(learns, max_size=4), catalogues)
def test_the_catalogues_own_words_and_items_stand(said: list[Pattern], catalogue: Pattern) -> None:
    together = reduce(merge, said, catalogue)
    assert together.name == catalogue.name
    assert together.description == catalogue.description or catalogue.description is None
    assert together.indicators[: len(catalogue.indicators)] == catalogue.indicators
    assert together.aliases[: len(catalogue.aliases)] == catalogue.aliases
    assert catalogue.commands.items() <= together.commands.items()


@given(st.lists(learns, max_size=4), catalogues, catalogues)
def test_a_new_catalogue_replaces_all_of_the_old_one(said: list[Pattern], old: Pattern, new: Pattern) -> None:
    stored = reduce(merge, said, old)
    reloaded = merge(new, without_curated(stored))
    assert reloaded.name == new.name
    leftover = {item.id for item in reloaded.indicators} - {item.id for item in new.indicators}
    assert leftover <= {item.id for pattern in said for item in pattern.indicators}


@given(st.lists(learns, max_size=4), catalogues)
def test_loading_the_same_catalogue_again_changes_nothing(said: list[Pattern], catalogue: Pattern) -> None:
    stored = reduce(merge, said, merge(catalogue, catalogue))
    assert merge(catalogue, without_curated(stored)) == stored


@given(st.lists(learns, min_size=1, max_size=30), st.one_of(catalogues, learns), learns)
def test_absorbing_is_merging(said: list[Pattern], first: Pattern, new: Pattern) -> None:
    known = reduce(merge, said, merge(first, first))
    for one in (new, *said):
        assert absorb(known, one) == merge(known, one)


def test_what_is_known_is_absorbed_without_a_trace() -> None:
    known = reduce(merge, [learned(number) for number in range(1, 12)])
    assert absorb(known, learned(3)) is known
    assert absorb(known, learned(20)) is known
    assert absorb(known, learned(20, aliases=("new",))) is not known


def test_the_first_description_stays() -> None:
    first = learned(1, description="first")
    later = learned(2, description="later")
    together = merge(later, first)
    assert together.description == "first"
    assert [entry.learn_id for entry in together.provenance if entry.field == "description"] == ["l1"]


def test_a_catalogue_without_a_homepage_takes_a_learned_one() -> None:
    together = merge(curated(), learned(1, homepage="https://thing.example"))
    assert together.homepage == "https://thing.example"


def test_saying_an_indicator_more_weakly_takes_nothing_away() -> None:
    strong, weak = learned(1, indicators=(indicator("X", 0.9),)), learned(2, indicators=(indicator("X", 0.1),))
    assert merge(strong, weak).indicators == (indicator("X", 0.9),)


def test_a_learned_weight_never_replaces_the_catalogues() -> None:
    together = merge(curated(indicators=(indicator("X", 0.4),)), learned(1, indicators=(indicator("X", 0.9),)))
    assert together.indicators == (indicator("X", 0.4),)


def test_one_instance_is_one_voice_with_its_first_learn() -> None:
    together = reduce(merge, [learned(11), learned(1), learned(6)])
    assert [entry.learn_id for entry in together.provenance if entry.field is None] == ["l1"]


def test_floods_are_bounded_and_leave_the_catalogue_whole() -> None:
    own = tuple(indicator(f"OWN{number}") for number in range(30))
    flood = [
        learned(
            number,
            indicators=tuple(indicator(f"A{number}_{index}") for index in range(200)),
            examples=tuple(Example(code=f"{number} {index}") for index in range(50)),
            aliases=tuple(f"a{number}-{index}" for index in range(200)),
        )
        for number in range(1, 29)
    ]
    claimed = reduce(merge, flood)
    assert len(claimed.indicators) == MAX_INDICATORS
    assert len(claimed.examples) == MAX_EXAMPLES
    assert claimed == reduce(merge, reversed(flood))
    vouched = merge(curated(indicators=own), claimed)
    assert vouched.indicators[:30] == own
    assert len(vouched.indicators) <= MAX_INDICATORS
    assert len(vouched.provenance) <= MAX_PROVENANCE


def test_what_is_derived_is_no_part_of_a_merge() -> None:
    whole = described(curated())
    assert (whole.state, whole.confidence, whole.revision) == (State.CANDIDATE, 0.0, 0)
    assert is_curated(whole)
    assert not is_curated(learned(1))


def test_two_patterns_are_not_merged() -> None:
    other = Pattern(type=PatternType.TECHNOLOGY, slug="thing", name="Thing")
    with pytest.raises(ValueError, match="two patterns"):
        merge(curated(), other)
