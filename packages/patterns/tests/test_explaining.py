"""Explaining: what is told adds up to what matching answers."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.explaining import Explanation, described, explain
from centralcloud_patterns.facts import extract
from centralcloud_patterns.matching import match
from centralcloud_patterns.matching.confidence import UNMET_REQUIREMENT, Voice, combined
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Relation
from packages.patterns.tests.test_keying import evidences, indicators

KIND = IndicatorKind


def npm(name: str, **more: Any) -> Indicator:
    return Indicator(kind=KIND.DEPENDENCY, ecosystem="npm", name=name, **{"weight": 0.9, **more})


def pattern(slug: str, *indicators: Indicator, **relations: str) -> Pattern:
    stated = tuple(Relation(kind=kind, slug=target) for kind, target in relations.items())
    return Pattern(type=PatternType.FRAMEWORK, slug=slug, name=slug.title(), indicators=indicators, relations=stated)


def told(files: dict[str, str | None], one: Pattern, *related: Pattern) -> Explanation:
    return explain(extract(Evidence(files=files)), one, related)


PACKAGE = json.dumps({"dependencies": {"next": "^15.1.0", "react": "18.2.0"}}, indent=1)


def test_each_indicator_says_where_it_fired_and_what_it_added() -> None:
    file = Indicator(kind=KIND.FILE, glob="next.config.js", weight=0.8)
    against = npm("react", weight=0.5, polarity="against")
    absent = npm("gone", weight=0.7)
    explanation = told(
        {"package.json": PACKAGE, "next.config.js": None}, pattern("n", npm("next"), file, absent, against)
    )
    (place,) = explanation.places
    voices = [Voice(KIND.DEPENDENCY, 0.9), Voice(KIND.FILE, 0.8)]
    first, both, torn = combined(voices[:1]), combined(voices), combined(voices, [0.5])
    assert [(s.checks, s.weight, s.added, s.polarity) for s in place.steps] == [
        ("npm:next", 0.9, round(first, 4), "for"),
        ("next.config.js", 0.8, round(both - first, 4), "for"),
        ("npm:gone", 0.7, 0.0, "for"),
        ("npm:react", 0.5, round(torn - both, 4), "against"),
    ]
    assert first > both - first > 0 > torn - both
    fired = place.steps[0].fired
    assert fired is not None
    assert (fired.file, fired.line, fired.excerpt, fired.version) == ("package.json", 3, '"next": "^15.1.0",', "15.1.0")
    assert place.steps[2].fired is None
    assert (place.own_confidence, place.confidence, place.told) == (round(torn, 4), round(torn, 4), False)
    assert place.relations == (f"left out: {torn:.2f} is less than 0.50",)


def test_relations_are_told() -> None:
    react, nextjs = pattern("react", npm("react")), pattern("nextjs", npm("next"), supersedes="react", implies="react")
    (place,) = told({"package.json": PACKAGE}, react, nextjs).places
    assert (place.told, place.superseded_by) == (True, "nextjs")
    assert place.relations == ("superseded by nextjs",)
    (place,) = told({"package.json": '{"dependencies": {"next": "1"}}'}, react, nextjs).places
    assert (place.level, place.own_confidence, place.relations) == (
        "implied", 0.0, (f"implied by Nextjs ({place.confidence:.2f})", "superseded by nextjs"),
    )  # fmt: skip
    weak = pattern("weak", npm("next", weight=0.6), requires="vue")
    (place,) = told({"package.json": PACKAGE}, weak).places
    assert place.relations[0] == "requires vue: not seen, so the confidence is damped"
    own = combined([Voice(KIND.DEPENDENCY, 0.6)])
    assert (place.told, place.own_confidence) == (False, round(own, 4))
    assert place.confidence == round(own * UNMET_REQUIREMENT, 4)
    meek = pattern("meek", npm("next", weight=0.6), excludes="react")
    (place,) = told({"package.json": PACKAGE}, meek, react).places
    assert place.relations == ("excludes react, which is surer here", "left out: another excludes it")


def test_what_is_there_but_does_not_fit_is_said() -> None:
    (place,) = told({"package.json": PACKAGE}, pattern("n", npm("next", version="^14"))).places
    assert place.steps[0].note == "package.json has next@^15.1.0 (prod): version or scope does not fit"
    assert (place.path, place.confidence, place.told) == ("", 0.0, False)


def test_what_lies_among_tests_is_said_to_count_less() -> None:
    (place,) = told({"tests/data/package.json": PACKAGE, "README.md": None}, pattern("n", npm("next"))).places
    (step,) = place.steps
    assert step.fired is not None
    assert step.fired.among_tests
    assert step.added == place.own_confidence == round(combined([Voice(KIND.DEPENDENCY, 0.9, among_tests=True)]), 4)


def test_groups_show_their_members_and_secrets_stay_hidden() -> None:
    group = Indicator(kind=KIND.GROUP, all=(npm("next"), Indicator(kind=KIND.ENV, name="TOKEN")), none=(npm("gone"),))
    (place,) = told({"package.json": PACKAGE, ".env": "TOKEN=hunter2\n"}, pattern("g", group)).places
    (step,) = place.steps
    assert step.checks == "all of 2, none of 1"
    assert [(member.checks, member.fired is not None) for member in step.members] == [
        ("npm:next", True),
        ("TOKEN", True),
        ("npm:gone", False),
    ]
    assert "hunter2" not in str(place)


@pytest.mark.parametrize(
    ("indicator", "words"),
    [
        (npm("a", version=">=2", scope="dev"), "npm:a@>=2 as dev"),
        (Indicator(kind=KIND.CONTENT, glob="*.py", regex="^x"), "*.py ~ ^x"),
        (Indicator(kind=KIND.ENV, prefix="AWS_"), "AWS_*"),
        (Indicator(kind=KIND.STRUCTURE, glob="*.proto", value="3"), "*.proto 3"),
    ],
)
def test_an_indicator_is_described_on_one_line(indicator: Indicator, words: str) -> None:
    assert described(indicator) == words


@given(indicators(), indicators(), evidences())
@settings(max_examples=150, deadline=None)
def test_what_is_explained_is_what_matching_answers(one: Indicator, other: Indicator, evidence: Evidence) -> None:
    both = pattern("p", one, other)
    facts = extract(evidence)
    answers = {hit.path: round(hit.confidence, 4) for hit in match(facts, [both]).matches}
    explained = {place.path: place for place in explain(facts, both).places}
    assert {path: place.confidence for path, place in explained.items() if place.told} == answers
    for place in explained.values():
        assert sum(step.added for step in place.steps) == pytest.approx(place.own_confidence, abs=1e-3)
