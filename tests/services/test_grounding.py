"""What is known of a name before a model is asked: bounded, clean, in a fixed order; and what that alone makes."""

from typing import Any

import pytest
from sqlalchemy import Engine

from centralcloud_client.naming import normalise
from centralcloud_patterns.pattern import Pattern
from services import grounding
from services.findings import write_discovered
from services.grounding import Fact, FactKind, Facts
from services.grounding.draft import Draft
from services.grounding.gathering import numbered
from services.package_metadata import Package
from tests.services.finding_things import NOW, peopled
from tests.services.learning_messages import document, handle, learn, message

__all__ = ["peopled"]


class Indexes:
    """Package indexes that know what they are told, and note what they are asked."""

    def __init__(self, *packages: Package) -> None:
        self.packages, self.asked = packages, list[str]()

    def find(self, name: str) -> list[Package]:
        self.asked.append(name)
        return [package for package in self.packages if package.name == name]


def gather(database: Engine, name: str, type_: str = "framework", metadata: Any = None) -> Facts:
    with database.connect() as connection:
        return grounding.gather(connection, type_, name, normalise(name), metadata)


def of(facts: Facts, kind: FactKind) -> list[Fact]:
    return [fact for fact in facts.items if fact.kind is kind]


def teach(database: Engine, **fields: Any) -> None:
    given = {
        "instance_id": "i",
        "codebase_id": "shop",
        "indicators": ["dependency npm:custom-queue", "dependency npm:left-pad", "it talks to custom-queue a lot"],
        "examples": ["import { add } from 'custom-queue'\nadd('mail')"],
        "description": "Our shop, built upon custom-queue.",
    }
    handle(database, message(learn("Shop Stack", **(given | fields))))


def test_nothing_is_known_of_what_nobody_mentioned(peopled: Engine) -> None:
    assert gather(peopled, "zzyzx") == Facts()


def test_what_others_say_of_a_name_is_gathered(peopled: Engine) -> None:
    teach(peopled)
    facts = gather(peopled, "Custom Queue")
    [package] = of(facts, FactKind.PACKAGE)
    assert package.indicator is not None
    assert (package.indicator.ecosystem, package.indicator.name) == ("npm", "custom-queue")
    assert package.text == "package custom-queue of npm: among what Shop Stack (framework) is known by, in 1 codebases"
    by_spelling = gather(peopled, "custom-queue")
    assert any("Our shop" in fact.text for fact in of(by_spelling, FactKind.WORDS))
    assert any("talks to custom-queue" in fact.text for fact in of(by_spelling, FactKind.WORDS))
    assert any("import { add }" in fact.text for fact in of(by_spelling, FactKind.SAMPLE))
    assert [fact.text for fact in of(by_spelling, FactKind.BESIDE)] == [
        "beside it in framework Shop Stack: dependency: ecosystem npm, name left-pad"
    ]


def test_facts_are_numbered_in_a_fixed_order(peopled: Engine) -> None:
    teach(peopled)
    first, again = gather(peopled, "custom-queue"), gather(peopled, "custom-queue")
    assert first == again
    assert [fact.id for fact in first.items] == [f"F{number}" for number in range(1, len(first.items) + 1)]
    assert list(first.by_id()) == [fact.id for fact in first.items]


def test_near_names_come_with_their_slugs(peopled: Engine) -> None:
    near = gather(peopled, "reactt").near()
    assert list(near) == ["react"]
    assert near["react"].text == "React (slug react): A UI library."


def test_the_name_under_another_type_is_told_with_what_it_is_known_by(peopled: Engine) -> None:
    facts = gather(peopled, "redis")
    assert any("known as technology Redis: A store." in fact.text for fact in of(facts, FactKind.WORDS))
    assert {fact.indicator.name for fact in of(facts, FactKind.INDICATOR) if fact.indicator} == {"redis"}


def test_package_indexes_are_asked_by_spelling_and_only_when_given(peopled: Engine) -> None:
    indexes = Indexes(Package("pypi", "acme-queue", "Queues jobs.", "https://acme.dev", ("queue", "jobs")))
    facts = gather(peopled, "Acme Queue", metadata=indexes)
    assert indexes.asked == ["acme-queue", "acme_queue"]
    assert [fact.text for fact in facts.items] == [
        "package acme-queue of pypi: Queues jobs.; homepage https://acme.dev; keywords queue, jobs"
    ]


def test_indexes_are_asked_before_the_first_statement(peopled: Engine) -> None:
    with peopled.connect() as connection:

        class Watching(Indexes):
            def find(self, name: str) -> list[Package]:
                assert not connection.in_transaction()
                return super().find(name)

        indexes = Watching()
        grounding.gather(connection, "framework", "Acme Queue", "acmequeue", indexes)
    assert indexes.asked


def test_facts_are_clean_and_bounded(peopled: Engine) -> None:
    planted = "custom-queue\u202e\u200b password: hunter2 " + "AKIA" + "IOSFODNN7EXAMPLE"
    for number in range(30):
        fields = {
            "instance_id": f"i{number}",
            "practices": [f"{number} {planted}"],
            "examples": [planted + " " + "x" * 9_000],
        }
        handle(peopled, message(learn(f"Stack {number}", **fields)))
    with peopled.begin() as connection:
        connection.exec_driver_sql("UPDATE feed SET body = replace(body, 'password: ***', 'password: hunter2')")
    facts = gather(peopled, "custom-queue")
    told = "\n".join(fact.text for fact in facts.items)
    assert facts.items
    assert not any(bad in told for bad in ("hunter2", "AKIA", "\u202e", "\u200b"))
    assert len(told) < 25_000
    assert max(len(fact.text) for fact in facts.items) <= 1_500
    assert len(of(facts, FactKind.SAMPLE)) <= 8


def test_each_fact_and_all_of_them_are_bounded() -> None:
    facts = numbered(Draft(FactKind.WORDS, f"{number} " + "x" * 3_000, "learn") for number in range(40))
    lengths = [len(fact.text) for fact in facts.items]
    assert set(lengths) == {1_500}
    assert sum(lengths) == 24_000
    assert [fact.id for fact in facts.items] == [f"F{number}" for number in range(1, 17)]


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        (FactKind.PACKAGE, 8),
        (FactKind.METADATA, 6),
        (FactKind.INDICATOR, 20),
        (FactKind.WORDS, 20),
        (FactKind.SAMPLE, 8),
        (FactKind.BESIDE, 5),
        (FactKind.NEAR, 5),
    ],
)
def test_no_kind_of_facts_takes_all_the_room(kind: FactKind, most: int) -> None:
    facts = numbered([*(Draft(kind, f"{number}", "learn") for number in range(60)), Draft(FactKind.NEAR, "x", "learn")])
    assert len(of(facts, kind)) == most
    assert kind is FactKind.NEAR or len(of(facts, FactKind.NEAR)) == 1


def test_a_pattern_is_gathered_with_what_was_taught_of_it(peopled: Engine) -> None:
    teach(peopled, metadata={"where": "billing"})
    handle(
        peopled,
        message({"slug": "shop-stack", "verdict": "rejected", "why": "It was only a test."}, kind="feedback"),
    )
    with peopled.connect() as connection:
        facts = grounding.gather_more(connection, stored(peopled, "shop-stack"), None)
    texts = [fact.text for fact in facts.items]
    assert "note: it talks to custom-queue a lot" in texts
    assert 'told with it: {"where":"billing"}' in texts
    assert "rejected: It was only a test." in texts
    assert {fact.indicator.name for fact in of(facts, FactKind.INDICATOR) if fact.indicator} == {
        "custom-queue",
        "left-pad",
    }


def stored(database: Engine, slug: str) -> Pattern:
    import msgspec

    return msgspec.convert(document(database, slug), Pattern)


def test_facts_alone_make_a_candidate_of_a_package_that_is_used(peopled: Engine) -> None:
    teach(peopled)
    facts = gather(peopled, "Custom Queue")
    candidate = grounding.deterministic_candidate(facts, "framework", "Custom Queue")
    assert candidate is not None
    with peopled.begin() as connection:
        write_discovered(connection, candidate, "Custom Queue", NOW)
    pattern = document(peopled, "custom-queue")
    assert (pattern["name"], pattern["state"], pattern["confidence"]) == ("Custom Queue", "candidate", 0.5)
    [indicator] = pattern["indicators"]
    assert (indicator["ecosystem"], indicator["name"], indicator["weight"]) == ("npm", "custom-queue", 0.8)
    assert "among what Shop Stack (framework) is known by" in pattern["description"]
    assert {entry["source"] for entry in pattern["provenance"]} == {"derived"}


def test_that_an_index_has_a_package_of_the_name_makes_none(peopled: Engine) -> None:
    facts = gather(peopled, "banana", metadata=Indexes(Package("npm", "banana", "Yellow.")))
    assert facts.items
    assert grounding.deterministic_candidate(facts, "framework", "banana") is None
    assert grounding.deterministic_candidate(Facts(), "framework", "banana") is None


def test_what_only_the_catalogue_names_makes_none(peopled: Engine) -> None:
    facts = gather(peopled, "redis")
    assert of(facts, FactKind.PACKAGE)
    assert grounding.deterministic_candidate(facts, "framework", "redis") is None
