"""What has no key: one set finds what trying one by one does, whatever memory it has and however many they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_patterns import keyless
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.expression_sets import ExpressionSet
from centralcloud_patterns.expressions import BadRegex, compiled, find
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import MAX_SHARING, Index, keys_of
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType

KIND = IndicatorKind
SIGNS = st.text("ab/.\n #é", max_size=12)
EXPRESSIONS = st.lists(st.text("^$|()[]ab\\.+*?#{2}/-imsUQEAzb:", min_size=1, max_size=10), max_size=8)


def sound(regex: str) -> bool:
    try:
        compiled(regex)
    except BadRegex:
        return False
    return True


def pattern(number: int, indicator: Indicator) -> Pattern:
    return Pattern(type=PatternType.CODE, slug=f"p{number}", name=f"p{number}", indicators=(indicator,))


def many(count: int) -> list[Pattern]:
    """Return patterns that no key finds: expressions on paths, on texts and on commands in turn."""
    kinds = (
        lambda n: Indicator(kind=KIND.FILE, regex=f"x{n}y"),
        lambda n: Indicator(kind=KIND.FILE, glob=f"*x{n}y*"),
        lambda n: Indicator(kind=KIND.CONTENT, glob="*.txt", regex=f"x{n}y[a-z]*"),
        lambda n: Indicator(kind=KIND.SCRIPT, regex=f"x{n}y"),
    )
    return [pattern(number, kinds[number % len(kinds)](number)) for number in range(count)]


def slugs(index: Index, files: dict[str, str | None]) -> set[str]:
    return {found.slug for found in index.candidates(extract(Evidence(files=files)).keys)}


@given(EXPRESSIONS, SIGNS, st.sampled_from([1 << 12, 1 << 16, 1 << 24]))
@settings(max_examples=300, deadline=None)
def test_a_set_finds_what_one_by_one_finds(written: list[str], text: str, memory: int) -> None:
    taken = [regex for regex in dict.fromkeys(written) if sound(regex)]
    found = set(ExpressionSet(taken, memory).found_in(text.encode()))
    one_by_one = {regex for regex in taken if find(regex, text) is not None}
    # Out of memory it says too much; never too little.
    assert found == one_by_one if memory > 1 << 20 else found >= one_by_one


@given(EXPRESSIONS, st.lists(st.text("ab/.é", min_size=1, max_size=6), max_size=3), st.lists(SIGNS, max_size=3))
@settings(max_examples=400, deadline=None)
def test_what_is_keyless_is_found_among_joined_subjects(written: list[str], names: list[str], texts: list[str]) -> None:
    files: dict[str, str | None] = dict.fromkeys(names)
    files |= {f"{number}.txt": text for number, text in enumerate(texts)} | {"Procfile": "web: a.b\nx: /a -b\n"}
    given_ones = [
        pattern(number, indicator)
        for number, regex in enumerate(filter(sound, written))
        for indicator in (
            Indicator(kind=KIND.FILE, regex=regex),
            Indicator(kind=KIND.CONTENT, glob="*.txt", regex=regex),
            Indicator(kind=KIND.SCRIPT, regex=regex),
        )[number % 3 :][:1]
    ]
    fresh = match(extract(Evidence(files=files)), given_ones, min_confidence=0.0)
    facts = extract(Evidence(files=files))
    found = match(facts, Index(given_ones).candidates(facts.keys), min_confidence=0.0)
    assert found.matches == fresh.matches


def test_many_without_a_key_are_all_found_and_nothing_else_is() -> None:
    patterns = many(20 * MAX_SHARING)
    index = Index(patterns)
    assert all(keyless.MARK in keys_of(one) for one in patterns)
    files: dict[str, str | None] = {"a/x400y.md": None, "bx401yb": None, "t.txt": "-x402yq", "Procfile": "web: x403y"}
    assert slugs(index, files) == {"p400", "p401", "p402", "p403"}
    assert slugs(index, {"a.md": None, "t.txt": "x"}) == set()


def test_the_set_follows_the_patterns() -> None:
    index = Index(many(4))
    assert slugs(index, {"x0y": None, "x9y": None}) == {"p0"}
    index.put(pattern(9, Indicator(kind=KIND.FILE, regex="x9y")))
    assert slugs(index, {"x0y": None, "x9y": None}) == {"p0", "p9"}
    index.put(pattern(0, Indicator(kind=KIND.FILE, glob="other.txt")))
    index.drop("code", "p9")
    assert slugs(index, {"x0y": None, "x9y": None}) == set()


def test_of_too_many_the_first_are_tried() -> None:
    keys = [f"path~x{number}y*" for number in range(keyless.MAX_EXPRESSIONS + 5)]
    facts = extract(Evidence(files={f"x{keyless.MAX_EXPRESSIONS - 1}y": None, f"x{keyless.MAX_EXPRESSIONS}y": None}))
    assert keyless.Residue(keys).found_by(facts.keys) == {keys[keyless.MAX_EXPRESSIONS - 1]}


@pytest.mark.parametrize(
    ("regex", "reason"),
    [
        ("a" * 900 + "é" * 60, "longer than 1000 bytes"),
        (r"\Aabc", "whole text's ends"),
        ("(?i-s:a)", "switches flags off"),
        (r"\Qa", "whole text's ends"),
        ("(", "missing"),
        ("(a{1,99}b{1,20}){9}", "steps, more than"),
    ],
)
def test_what_no_set_should_take_is_refused_with_a_reason(regex: str, reason: str) -> None:
    assert reason in (keyless.unfit(regex) or "")
    assert keyless.key_of(keyless.PATH, regex) is None


def test_expressions_that_explode_stay_within_their_memory_and_are_found() -> None:
    """Each remembers which of the last twelve signs were an `a`: an automaton of all has no end."""
    hostile = [f"a.{{{length}}}x{length}" for length in range(12, 76)]
    text = b"ab" * 500 + b"a" * 14 + b"x12 aab" * 200
    assert "a.{12}x12" in set(ExpressionSet(hostile, 1 << 18).found_in(text))
