"""What counts of all that was said: everything of a claim, only what enough agree upon of what is believed."""

from functools import reduce
from hashlib import sha256
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_patterns.merging import (
    KNOWN_AS,
    NOT_BETWEEN,
    STATE,
    WITHOUT,
    absorb,
    agreed,
    hear,
    is_curated,
    is_novel,
    learned_names,
    merge,
    ruled,
    ruled_state,
    stands_alone,
    supporters,
    unlearned,
    without_curated,
)
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Provenance, State

WORDS = ("one", "two", "three")
QUORUM = 3


def indicator(name: str, weight: float = 0.5) -> Indicator:
    return Indicator(kind=IndicatorKind.ENV, id=f"env-{name}", name=name, weight=weight)


def learned(number: int, who: str, **fields: Any) -> Pattern:
    at = f"2026-01-{number:02}"
    # One id never says two things.
    content = sha256(repr(sorted(fields.items())).encode()).hexdigest()[:8]
    voice = Provenance(source="learn", instance_id=who, learn_id=f"l{number:02}{who}-{content}", at=at)
    said = {"name": f"Name {who}"} | fields
    spoken = [
        Provenance(source="learn", field=word, instance_id=who, learn_id=voice.learn_id, at=at)
        for word in ("name", "description")
        if said.get(word)
    ]
    return Pattern(type=PatternType.FRAMEWORK, slug="thing", provenance=(voice, *spoken), **said)


def ruling(kind: str, *items: str, at: str = "2026-02-01") -> Pattern:
    entry = Provenance(source="operator", field=kind, at=at, items=items)
    return Pattern(type=PatternType.FRAMEWORK, slug="thing", name="Thing", provenance=(entry,))


bare = Pattern(type=PatternType.FRAMEWORK, slug="thing", name="")
curated = Pattern(
    type=PatternType.FRAMEWORK,
    slug="thing",
    name="Thing",
    description="Ours.",
    indicators=(indicator("OWN"),),
    provenance=(Provenance(source="catalogue"),),
)
contents = st.fixed_dictionaries(
    {
        "indicators": st.lists(st.sampled_from(WORDS), unique=True, max_size=3).map(
            lambda names: tuple(indicator(name) for name in names)
        ),
        "aliases": st.lists(st.sampled_from(WORDS), unique=True, max_size=2).map(tuple),
        "description": st.sampled_from([None, *WORDS]),
    }
)
#: Many come in the same moment.
days = st.integers(1, 28) | st.integers(1, 2)
learns = st.builds(lambda number, who, fields: learned(number, who, **fields), days, st.sampled_from("abcde"), contents)
bases = st.sampled_from([bare, curated])
rulings = st.builds(
    lambda kind, items, day: ruling(kind, *items, at=f"2026-02-{day:02}"),
    st.sampled_from([KNOWN_AS, WITHOUT, NOT_BETWEEN]),
    st.lists(st.sampled_from(["indicators.env-one", "one", "two"]), unique=True, max_size=2),
    st.integers(1, 28),
)


def derived(base: Pattern, said: list[Pattern], least: int = QUORUM) -> Pattern:
    return reduce(merge, agreed(base, said, least), merge(base, base))


@given(bases, st.lists(learns, max_size=8), st.randoms())
def test_neither_order_nor_repetition_matters(base: Pattern, said: list[Pattern], chance: Any) -> None:
    again = [*said, *said[::2]]
    chance.shuffle(again)
    assert derived(base, again) == derived(base, said)


@given(st.lists(learns, min_size=1, max_size=8))
def test_of_a_claim_everything_counts(said: list[Pattern]) -> None:
    assert derived(bare, said, 1) == reduce(merge, said, merge(bare, bare))


@given(st.lists(learns, max_size=8), contents)
def test_fewer_than_a_quorum_change_nothing_of_what_is_curated(said: list[Pattern], lies: dict[str, Any]) -> None:
    alone = [learned(9, who, **lies) for who in ("liar", "lair")]
    before, now = derived(curated, said), derived(curated, [*said, *alone])
    both = supporters([*said, *alone])
    for field in ("indicators", "aliases"):
        new = set(getattr(now, field)) - set(getattr(before, field))
        assert all(
            len(who) >= QUORUM for (kind, value), who in both.items() if kind == field and value in map(_json, new)
        )
    assert (now.name, now.description) == (curated.name, curated.description)


def _json(item: Any) -> bytes:
    import msgspec

    return msgspec.json.Encoder(order="deterministic").encode(item)


def test_what_a_quorum_says_counts_and_the_rest_waits() -> None:
    said = [learned(n, who, indicators=(indicator("TRUE"),), description="Same.") for n, who in enumerate("abc", 2)]
    said.append(learned(1, "d", indicators=(indicator("LIE"),), description="First."))
    now = derived(bare, said)
    assert now.indicators == (indicator("TRUE"),)
    assert now.description == "Same."
    assert len([entry for entry in now.provenance if entry.field is None]) == 4


def test_where_nothing_is_agreed_upon_the_first_learn_counts() -> None:
    said = [learned(n, who, indicators=(indicator(who),), description=who) for n, who in enumerate("abc", 1)]
    now = derived(bare, said)
    assert (now.indicators, now.description, now.name) == ((indicator("a"),), "a", "Name a")
    assert derived(bare, [*said, learned(5, "x", indicators=(indicator("garbage"),))]).indicators == now.indicators


@given(bases, st.lists(learns, min_size=1, max_size=6), learns)
def test_hearing_a_voice_changes_nothing_else(base: Pattern, said: list[Pattern], new: Pattern) -> None:
    known = reduce(merge, said, merge(base, base))
    heard = hear(known, new)
    voices = {entry for entry in absorb(known, new).provenance if entry.field is None}
    assert {entry for entry in heard.provenance if entry.field is None} == voices
    assert (heard.name, heard.indicators, heard.aliases, heard.description) == (
        known.name,
        known.indicators,
        known.aliases,
        known.description,
    )
    assert hear(heard, new) is heard


@given(st.lists(learns, min_size=1, max_size=5), learns)
def test_what_is_not_novel_adds_no_item(said: list[Pattern], new: Pattern) -> None:
    known = reduce(merge, said)
    if not is_novel(known, new):
        together = merge(known, new)
        assert (set(together.indicators), set(together.aliases)) == (set(known.indicators), set(known.aliases))


@given(bases, st.lists(learns, min_size=1, max_size=8), learns)
@settings(max_examples=300)
def test_hearing_what_is_not_novel_is_deriving_from_all(base: Pattern, said: list[Pattern], new: Pattern) -> None:
    known = derived(base, said)
    if not is_novel(known, new):
        assert hear(known, new) == derived(base, [*said, new])


@given(bases, st.lists(learns, min_size=1, max_size=8), contents)
def test_who_comes_late_with_early_words_is_novel(base: Pattern, said: list[Pattern], fields: dict[str, Any]) -> None:
    assert is_novel(derived(base, said), learned(0, "a", **fields))


def test_of_one_moment_the_smallest_id_is_credited_whoever_is_applied_first() -> None:
    said = [learned(1, who, name="Thing", indicators=(indicator("TRUE"),)) for who in "dcba"]
    known = derived(bare, said[:3])
    assert is_novel(known, said[3])
    credited = [entry for entry in derived(bare, said).provenance if entry.field == "name"]
    assert [entry.instance_id for entry in credited] == ["a"]


@given(bases, st.lists(learns, max_size=5), st.lists(rulings, max_size=3))
def test_what_is_not_learned_can_be_told_from_the_whole(
    base: Pattern, said: list[Pattern], ruled_: list[Pattern]
) -> None:
    whole = reduce(merge, [*said, *ruled_], merge(base, base))
    left = unlearned(whole)
    assert not any(entry.source == "learn" for entry in left.provenance)
    assert stands_alone(left) == is_curated(base)
    without = set(ruled(whole, WITHOUT))
    assert {it for it in base.indicators if f"indicators.{it.id}" not in without} == set(left.indicators)
    assert reduce(merge, said, merge(left, left)) == reduce(merge, said, merge(unlearned(left), left))


@given(rulings, rulings, rulings)
def test_of_each_ruling_the_latest_stands(one: Pattern, two: Pattern, three: Pattern) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three)) == merge(merge(three, two), one)
    latest = max((it.provenance[0] for it in (one, two, three)), key=lambda entry: entry.at or "")
    assert latest.field is not None
    assert merge(merge(one, two), three).provenance


def test_what_was_ruled_out_is_out_whoever_says_it() -> None:
    known = merge(
        ruling(WITHOUT, "indicators.env-LIE"), learned(1, "a", indicators=(indicator("LIE"), indicator("OK")))
    )
    again = merge(known, learned(2, "b", indicators=(indicator("LIE"),)))
    assert again.indicators == (indicator("OK"),)
    assert merge(ruling(WITHOUT, at="2026-03-01"), again).indicators == (indicator("OK"),)


def test_an_operators_state_and_name_outlive_the_catalogue() -> None:
    named = Provenance(source="operator", field="name", at="2026-02-01")
    operator = Pattern(type=PatternType.FRAMEWORK, slug="thing", name="Mine", provenance=(named,))
    stored = reduce(merge, [operator, ruling(STATE, "deprecated")], curated)
    reloaded = merge(curated, without_curated(stored))
    assert (reloaded.name, ruled_state(reloaded)) == ("Mine", State.DEPRECATED)
    later = Provenance(source="operator", field="name", at="2026-02-02")
    assert (
        merge(reloaded, Pattern(type=PatternType.FRAMEWORK, slug="thing", name="New", provenance=(later,))).name
        == "New"
    )


def test_names_that_only_instances_gave_are_told_apart() -> None:
    taught = learned(1, "a", aliases=("one", "two"))
    assert learned_names(taught) == {"Name a", "one", "two"}
    assert learned_names(merge(ruling(KNOWN_AS, "two"), taught)) == {"Name a", "one"}
    assert learned_names(merge(curated, taught)) == {"one", "two"}
