"""What a model found out, merged: the laws hold, nobody's word gives way to it, its later word replaces its earlier."""

from functools import reduce
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_patterns.merging import DERIVED, MAX_INDICATORS, absorb, merge, without_curated
from centralcloud_patterns.merging.items import COLLECTIONS
from centralcloud_patterns.pattern import Pattern, PatternType, Provenance
from packages.patterns.tests.test_merging import catalogues, contents, curated, indicator, learned, learns

_WORDS = ("name", "category", "description", "homepage")


def found(number: int = 1, source: str = "some-model", **fields: Any) -> Pattern:
    """What one call brought: every word and every collection carries it."""
    claim: dict[str, Any] = {
        "source": source,
        "at": f"2026-02-{number:02}",
        "call_id": f"c{number}",
        "template": "discovery@1",
    }
    pattern = Pattern(type=PatternType.FRAMEWORK, slug="thing", **({"name": "Thing"} | fields))
    spoken = [Provenance(field=word, **claim) for word in _WORDS if getattr(pattern, word)]
    brought = [
        Provenance(field=collection.field, items=tuple(sorted(map(collection.key, listed))), **claim)
        for collection in COLLECTIONS
        if (value := getattr(pattern, collection.field)) and (listed := [*_listed(value)])
    ]
    voice = Provenance(**claim)
    return Pattern(
        type=pattern.type, slug="thing", provenance=(voice, *spoken, *brought), **({"name": "Thing"} | fields)
    )


def _listed(value: Any) -> Any:
    return value.items() if isinstance(value, dict) else value


findings = st.builds(
    lambda number, source, fields: found(number, source, **fields),
    st.integers(1, 28),
    st.sampled_from(["some-model", "other-model", DERIVED]),
    contents,
)
said_or_found = st.one_of(learns, findings)
anybody = st.one_of(said_or_found, catalogues)


@given(said_or_found, anybody)
def test_it_does_not_matter_who_comes_first(one: Pattern, other: Pattern) -> None:
    assert merge(one, other) == merge(other, one)


@given(said_or_found, said_or_found, anybody)
@settings(max_examples=150)
def test_nor_how_they_are_grouped(one: Pattern, two: Pattern, three: Pattern) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))
    assert merge(merge(one, three), two) == merge(one, merge(three, two))


@given(st.lists(said_or_found, min_size=3, max_size=3), catalogues)
@settings(max_examples=30)
def test_every_order_gives_one_pattern(said: list[Pattern], catalogue: Pattern) -> None:
    for speakers in (said, [*said, catalogue]):
        assert len({repr(reduce(merge, order)) for order in permutations(speakers)}) == 1


@given(st.lists(said_or_found, max_size=3), anybody)
@settings(max_examples=60)
def test_saying_it_again_changes_nothing(said: list[Pattern], first: Pattern) -> None:
    together = reduce(merge, said, merge(first, first))
    assert merge(together, together) == together
    assert all(merge(together, again) == together for again in (*said, first))


@given(st.lists(said_or_found, min_size=1, max_size=12), learns)
@settings(max_examples=60)
def test_absorbing_is_merging(said: list[Pattern], new: Pattern) -> None:
    known = reduce(merge, said, merge(said[0], said[0]))
    for one in (new, *said):
        assert absorb(known, one) == merge(known, one)


@given(st.lists(learns, min_size=1, max_size=4), st.lists(findings, max_size=3))
@settings(max_examples=60)
def test_what_instances_say_is_untouched_by_findings(said: list[Pattern], brought: list[Pattern]) -> None:
    alone = reduce(merge, said, merge(said[0], said[0]))
    together = reduce(merge, brought, alone)
    for collection in COLLECTIONS:
        assert set(_listed(getattr(alone, collection.field))) <= set(_listed(getattr(together, collection.field)))
    for word in _WORDS:
        assert getattr(alone, word) in {None, getattr(together, word)}


@given(catalogues, st.lists(learns, max_size=3), st.lists(findings, max_size=3))
@settings(max_examples=60)
def test_a_curated_pattern_has_no_use_for_found_items(
    catalogue: Pattern, said: list[Pattern], brought: list[Pattern]
) -> None:
    without = reduce(merge, said, merge(catalogue, catalogue))
    together = reduce(merge, brought, without)
    for collection in COLLECTIONS:
        assert getattr(together, collection.field) == getattr(without, collection.field)
    assert merge(catalogue, without_curated(together)) == together


def test_a_later_answer_replaces_an_earlier_one_field_by_field() -> None:
    earlier = found(1, description="first", practices=("old",), indicators=(indicator("A"), indicator("B")))
    later = found(2, description="second", indicators=(indicator("B"), indicator("C")))
    together = merge(later, earlier)
    assert (together.description, together.practices) == ("second", ("old",))
    assert [item.name for item in together.indicators] == ["B", "C"]
    calls = {entry.field: entry.call_id for entry in together.provenance}
    assert (calls["description"], calls["indicators"], calls["practices"]) == ("c2", "c2", "c1")


def test_what_a_learn_says_too_becomes_the_learns() -> None:
    modest, sure = indicator("A", 0.3), indicator("A", 0.9)
    together = merge(found(1, indicators=(sure, indicator("B"))), learned(3, indicators=(modest,), description="Mine."))
    assert together.indicators == (modest, indicator("B"))
    [brought] = [entry for entry in together.provenance if entry.field == "indicators"]
    assert brought.items == ("env-B",)
    assert absorb(together, learned(3, indicators=(modest,))) == together


def test_any_word_of_a_person_outranks_a_model_and_a_model_what_is_derived() -> None:
    model, facts = found(2, description="found"), found(1, DERIVED, description="derived")
    assert merge(model, facts).description == "found"
    assert merge(merge(model, facts), learned(28, description="taught")).description == "taught"
    assert merge(model, curated(description="ours")).description == "ours"


def test_an_item_that_was_taken_over_does_not_bring_an_outdone_answer_back() -> None:
    earlier, later = found(1, aliases=("x", "y")), found(2, aliases=("z",))
    taken = merge(later, learned(1, aliases=("z",)))
    assert merge(taken, earlier).aliases == ("z",)
    assert merge(taken, earlier) == merge(merge(later, earlier), learned(1, aliases=("z",)))


def test_findings_make_room_for_what_is_said() -> None:
    said = learned(1, indicators=tuple(indicator(f"S{number}") for number in range(MAX_INDICATORS)))
    brought = found(1, indicators=tuple(indicator(f"A{number}") for number in range(20)))
    assert set(merge(said, brought).indicators) == set(said.indicators)
