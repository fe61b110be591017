"""Which patterns are one thing: names, indicators and codebases together say so, never one of them alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consolidation.duplicates import Held, Merger, neighbours, plan
from services.consolidation.likeness import Profile, compare, joined
from services.consolidation.policy import Policy

POLICY = Policy()
#: Six codebases, two of each instance.
SEEN_BY = {"a": 0b000011, "b": 0b001100, "c": 0b110000}
EVERYWHERE = 0b111111


def profile(
    identity: int, name: str, keys: str = "dep:npm:x file:x.json", *, seen: int = EVERYWHERE, instances: int = 0
) -> Profile:
    names, known = frozenset({name}), frozenset(keys.split())
    return Profile(identity, "framework", name, names, known, seen=seen, instances=instances)


def planned(*profiles: Profile) -> tuple[list[Merger], list[Held]]:
    known = {it.id: it for it in profiles}
    return plan(known, neighbours({it.id: it.keys for it in profiles}), SEEN_BY, POLICY)


FIRST, TWIN = profile(1, "acmeframework", instances=2), profile(2, "acmeframeworks")


def test_what_all_three_say_is_one_thing() -> None:
    mergers, held = planned(FIRST, TWIN)
    assert [(it.survivor, it.gone) for it in mergers] == [("acmeframework", "acmeframeworks")]
    assert mergers[0].likeness.instances == ("a", "b", "c")
    assert held == []


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(TWIN, names=frozenset({"zebra"})), None),
        (replace(TWIN, keys=frozenset({"dep:npm:y", "file:x.json", "file:y.json"})), None),
        (replace(TWIN, type="technology"), None),
        (replace(TWIN, seen=0), "seen together in 0 codebases"),
        (replace(TWIN, seen=0b000111), "together in 50% of their codebases"),
        (replace(TWIN, related=frozenset({"acmeframework"})), "another thing"),
        (replace(TWIN, split_from=frozenset({"acmeframework"})), "an operator made two of them"),
        (replace(TWIN, deprecated=True), "one is deprecated"),
    ],
)
def test_one_that_says_otherwise_keeps_them_apart(other: Profile, why: str | None) -> None:
    mergers, held = planned(replace(FIRST, keys=FIRST.keys | {"image:acme", "env:ACME"}), other)
    assert mergers == []
    assert [why is not None and why in it.likeness.apart for it in held] == ([True] if why else [])


def test_preact_is_not_react_whatever_else_they_share() -> None:
    keys = "file:index.jsx import:react"
    react = replace(profile(1, "react", keys), packages={"npm": frozenset({"react"})})
    preact = replace(profile(2, "preact", keys), packages={"npm": frozenset({"preact"})})
    mergers, [held] = planned(react, preact)
    assert mergers == []
    assert held.likeness.names > POLICY.names
    assert held.likeness.apart == "each has a package of its own name in npm"


def test_two_that_are_curated_stay_two_and_one_of_them_goes_on() -> None:
    assert planned(replace(FIRST, curated=True), replace(TWIN, curated=True)) == ([], [])
    [merger] = planned(FIRST, replace(TWIN, curated=True))[0]
    assert (merger.survivor, merger.gone) == ("acmeframeworks", "acmeframework")


def test_one_instance_s_sightings_merge_nothing() -> None:
    few = {"a": EVERYWHERE}
    found = compare(FIRST, TWIN, few, POLICY)
    assert found is not None
    assert found.apart == "1 instances saw both, 3 are needed"


def test_what_is_one_with_one_of_two_is_compared_with_both() -> None:
    third = profile(3, "acmeframeworksx", "file:x.json file:z.json")
    mergers, _held = planned(FIRST, TWIN, third)
    assert {it.gone for it in mergers} == {"acmeframeworks", "acmeframeworksx"}
    assert {it.survivor for it in mergers} == {"acmeframework"}


@given(
    st.permutations(range(6)), st.lists(st.sampled_from(["acme", "acmee", "acmes", "zebra"]), min_size=6, max_size=6)
)
def test_the_plan_is_the_same_in_any_order_and_leaves_nothing_to_do(order: list[int], names: list[str]) -> None:
    profiles = [profile(number, f"{name}{number}", instances=number % 3) for number, name in enumerate(names)]
    mergers, _held = planned(*profiles)
    assert planned(*[profiles[place] for place in order])[0] == mergers
    left = {it.slug: it for it in profiles}
    for it in mergers:
        left[it.survivor] = joined(left[it.survivor], left.pop(it.gone))
    assert planned(*left.values())[0] == []
