"""Contradictory indicators: the side of more instances counts, whatever the order; the curated stand; equals stay."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from centralcloud_patterns.merging import merge
from centralcloud_patterns.merging.contradictions import consistent, contradicted, contradictions
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Provenance

BASE = Pattern(type=PatternType.FRAMEWORK, slug="acme", name="Acme")


def env(name: str, polarity: str = "for") -> Indicator:
    identity = f"env-{name}" + ("-against" if polarity == "against" else "")
    return Indicator(kind=IndicatorKind.ENV, id=identity, name=name, polarity=polarity)


def learned(instance: str, *indicators: Indicator) -> Pattern:
    voice = Provenance(source="learn", instance_id=instance, at=instance)
    return Pattern(type=BASE.type, slug="acme", name="Acme", indicators=indicators, provenance=(voice,))


def told(said: list[Pattern]) -> set[tuple[str | None, str]]:
    return {(it.name, it.polarity) for one in said for it in one.indicators}


def test_the_side_of_more_instances_counts() -> None:
    said = [learned("a", env("X")), learned("b", env("X")), learned("c", env("X", "against"), env("Y"))]
    [found] = contradictions(BASE, said)
    assert (set(found.speak_for), set(found.speak_against), found.stands) == ({"a", "b"}, {"c"}, "for")
    assert told(consistent(BASE, said)) == {("X", "for"), ("Y", "for")}
    assert contradicted(reduce(merge, said))
    assert not contradicted(reduce(merge, consistent(BASE, said)))


def test_one_instance_s_repetition_is_one_voice() -> None:
    said = [learned("a", env("X")), learned("b", env("X", "against")), learned("b", env("X", "against"))]
    assert told(consistent(BASE, said)) == {("X", "for"), ("X", "against")}


def test_who_says_both_says_neither() -> None:
    said = [learned("a", env("X"), env("X", "against")), learned("b", env("X", "against"))]
    [found] = contradictions(BASE, said)
    assert (set(found.speak_for), set(found.speak_against), found.stands) == (set(), {"b"}, "against")


def test_what_is_curated_stands_against_any_number() -> None:
    curated = Pattern(
        type=BASE.type,
        slug="acme",
        name="Acme",
        indicators=(env("X"),),
        provenance=(Provenance(source="catalogue"),),
    )
    said = [learned(name, env("X", "against")) for name in "abcdef"]
    assert told(consistent(curated, said)) == set()
    assert [it.stands for it in contradictions(curated, said)] == ["for"]


def test_without_a_contradiction_nothing_changes() -> None:
    said = [learned("a", env("X")), learned("b", env("Y", "against"))]
    assert contradictions(BASE, said) == []
    assert consistent(BASE, said) == said


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("XY"), st.booleans()), max_size=12), st.randoms())
def test_order_and_repetition_change_nothing(sayings: list[tuple[str, str, bool]], chance: object) -> None:
    said = [learned(who, env(name, "for" if pro else "against")) for who, name, pro in sayings]
    mixed = [*said, *said[:3]]
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # a Random
    assert contradictions(BASE, mixed) == contradictions(BASE, said)
    assert told(consistent(BASE, mixed)) == told(consistent(BASE, said))
    assert consistent(BASE, consistent(BASE, said)) == consistent(BASE, said)
