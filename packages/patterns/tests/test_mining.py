"""Mining's arithmetic: sets of codebases as integers against the plainest counting."""

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from centralcloud_patterns.mining.agreed import agreed
from centralcloud_patterns.mining.reliability import Judged, unreliable
from centralcloud_patterns.mining.stacks import StackRules, stacks
from centralcloud_patterns.mining.telling import ProposalRules, proposals
from centralcloud_patterns.mining.trends import TrendRules, trends
from centralcloud_patterns.mining.unclaimed import purl_of, unclaimed
from centralcloud_patterns.short_indicators import KNOWN_ECOSYSTEMS

CODEBASES = st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=40)


def sets_of(codebases: list[frozenset[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, items in enumerate(codebases):
        for item in items:
            found[item] = found.get(item, 0) | 1 << number
    return found


def counted(codebases: list[frozenset[str]], members: set[str]) -> int:
    return sum(members <= items for items in codebases)


@settings(max_examples=200)
@given(CODEBASES, st.integers(1, 5), st.sampled_from([1.1, 1.5, 2.0]))
def test_stacks_are_what_counting_gives(codebases: list[frozenset[str]], least: int, lift: float) -> None:
    total, rules = len(codebases), StackRules(codebases=least, share=0.0, lift=lift)
    found = stacks(sets_of(codebases), total, rules)
    for stack in found:
        members = set(stack.members)
        assert stack.codebases == counted(codebases, members) >= least
        assert stack.support == stack.codebases / total
        lifts = [
            stack.codebases * total / (counted(codebases, {one}) * counted(codebases, members - {one}))
            for one in members
        ]
        assert stack.lift == pytest.approx(min(lifts))
        assert stack.lift >= lift
    # Of the pairs that qualify none is lost but to a larger stack that holds it.
    told = [set(stack.members) for stack in found]
    for pair in map(set, combinations("abcdef", 2)):
        one, other = (counted(codebases, {it}) for it in sorted(pair))
        both = counted(codebases, pair)
        if both >= least and both * total >= lift * one * other * 1.0001:
            assert any(pair <= members for members in told)


def test_kin_make_no_stack_and_order_tells_nothing() -> None:
    codebases = [frozenset("abc")] * 10 + [frozenset("d")] * 20
    rules = StackRules(codebases=5, share=0.0)
    [stack] = stacks(sets_of(codebases), 30, rules)
    assert (stack.members, stack.codebases, stack.lift) == (("a", "b", "c"), 10, 3.0)
    assert [it.members for it in stacks(sets_of(codebases), 30, rules, {"a": {"b"}})] == [("a", "c"), ("b", "c")]
    backwards = dict(reversed(sets_of(codebases).items()))
    assert stacks(backwards, 30, rules) == stacks(sets_of(codebases), 30, rules)


def test_many_patterns_that_always_come_together_end() -> None:
    sets = {f"p{number:03}": 0b11111 for number in range(60)}
    found = stacks(sets, 100, StackRules(codebases=5, share=0.0, most=10))
    assert [(len(it.members), it.codebases, it.lift) for it in found] == [(3, 5, 20.0)] * 10


@given(CODEBASES)
def test_a_proposed_fact_is_measured_as_counting_gives(codebases: list[frozenset[str]]) -> None:
    sets = sets_of(codebases)
    patterns = {item: bits for item, bits in sets.items() if item in "abc"}
    facts = {item: bits for item, bits in sets.items() if item in "def"}
    rules = ProposalRules(codebases=2, precision=0.6, recall=0.5)
    found = {(it.pattern, it.fact): it for it in proposals(patterns, facts, rules, known={"f"})}
    for pattern in patterns:
        for fact in facts:
            with_both = counted(codebases, {pattern, fact})
            precision, recall = with_both / counted(codebases, {fact}), with_both / counted(codebases, {pattern})
            wanted = with_both >= 2 and precision >= 0.6 and recall >= 0.5 and fact != "f"
            assert ((pattern, fact) in found) == wanted
            if wanted:
                told = found[pattern, fact]
                assert (told.codebases, told.precision, told.recall) == (with_both, precision, recall)


def test_unknown_packages_that_come_with_something_rare_rank_above_those_that_come_with_anything() -> None:
    codebases = [frozenset({"a", "x"})] * 6 + [frozenset({"b"})] * 20 + [frozenset({"y", it}) for it in "abcdeb"]
    sets = sets_of(codebases)
    ranked = unclaimed({"x": sets["x"], "y": sets["y"]}, {it: sets[it] for it in "abcde"}, len(codebases))
    assert [it.package for it in ranked] == ["x", "y"]
    assert [(it.pattern, it.share) for it in ranked[0].beside] == [("a", 1.0)]
    assert ranked[1].rank == 6
    assert 6 < ranked[0].rank <= 12


def test_trends_need_enough_of_both_and_a_clear_difference() -> None:
    before, lately = (1 << 100) - 1, (1 << 200) - (1 << 100)
    rising = (1 << 10) - 1 | ((1 << 150) - (1 << 100))
    level = (1 << 50) - 1 | ((1 << 152) - (1 << 100))
    found = list(trends({"up": rising, "level": level}, lately, before, TrendRules()))
    assert [(it.pattern, it.lately, it.before) for it in found] == [("up", 0.5, 0.1)]
    assert list(trends({"up": rising}, lately, 0b111, TrendRules())) == []
    [down] = trends({"down": rising}, before, lately, TrendRules())
    assert down.score < 0


@given(st.lists(st.frozensets(st.sampled_from("abcd")), min_size=1, max_size=5))
def test_what_is_agreed_is_what_most_saw(sights: list[frozenset[str]]) -> None:
    found = agreed(sights)
    for item in "abcd":
        seen = sum(item in sight for sight in sights)
        assert (item in found) == (2 * seen > len(sights) or (2 * seen == len(sights) and item in sights[0]))


@pytest.mark.parametrize("seed", range(3))
def test_who_judges_as_nobody_else_is_found_and_nobody_honest(seed: int) -> None:
    chance = random.Random(seed)
    usual = {pattern: chance.choice([0.3, 0.7, 0.95, 0.99]) for pattern in range(60)}
    told = []
    for number in range(50):
        for pattern, rate in usual.items():
            count = chance.randrange(3)
            # Five say the opposite, and five whatever comes to their mind.
            honest = sum(chance.random() < rate for _ in range(count))
            confirmed = count - honest if number < 5 else chance.randint(0, count) if number < 10 else honest
            told.append(Judged(f"i{number}", pattern, confirmed, count - confirmed))
    found = unreliable(told)
    assert found == {f"i{number}" for number in range(10)}
    chance.shuffle(told)
    assert unreliable(told) == found


def test_few_verdicts_condemn_nobody() -> None:
    told = [Judged(f"i{number}", 1, 5, 0) for number in range(6)]
    assert unreliable([*told, Judged("odd", 1, 0, 5)]) == set()
    assert unreliable([*told, Judged("odd", 1, 0, 50)]) == {"odd"}


@given(st.sampled_from(sorted(KNOWN_ECOSYSTEMS)), st.text("abz019.-_/@A+ ", min_size=1, max_size=12))
def test_a_purl_is_the_librarys(ecosystem: str, name: str) -> None:
    namespace, _sign, rest = name.rpartition("/")
    try:
        expected = PackageURL(type=ecosystem, namespace=namespace or None, name=rest).to_string()
    except (ValueError, TypeError):
        expected = None
    assert purl_of(ecosystem, name) == expected


def test_plain_names_stand_as_they_are_except_where_the_library_has_its_own_form() -> None:
    assert purl_of("npm", "left-pad") == "pkg:npm/left-pad"
    assert purl_of("pub", "left-pad") == "pkg:pub/left_pad"
