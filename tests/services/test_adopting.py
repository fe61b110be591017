"""Proposed indicators are adopted on an operator's word, and stay; what was declined is not proposed again."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.explaining import explain
from centralcloud_patterns.facts import extract
from centralcloud_patterns.pattern import Pattern
from services import catalogue
from services.curation import adopting, deriving, joining, returning, revoking, ruling, showing
from services.curation.ruling import Operator, RulingError
from services.mining import running
from services.mining.rules import Rules
from services.mining.running import Means
from tests.services.curating import POLICY, settle, teach
from tests.services.learning_messages import NOW, document, feed_is_gapless, learn, message, one, rows
from tests.services.mining_observations import see

CATALOGUE = """
- {slug: phoenix, type: framework, name: Phoenix, indicators: [{dependency: {name: "hex:phoenix", weight: 0.9}}]}
- {slug: react, type: framework, name: React, indicators: [{dependency: "npm:react"}]}
"""
FACT = "file:mix.lock"


@pytest.fixture
def operator(database: Engine, tmp_path: Path) -> Operator:
    (tmp_path / "web.yaml").write_text(CATALOGUE)
    catalogue.load(database, tmp_path)
    teach(database, [taught("Nerves", who) for who in "abcd"])
    for slug in ("phoenix", "nerves"):
        for number in range(20):
            see(
                database,
                f"{slug}{number}",
                {f"pattern:framework/{slug}", f"fact:{fact(slug)}"},
                instance="abcd"[number % 4],
            )
    for number in range(20):
        see(database, f"react{number}", {"pattern:framework/react", "fact:file:README.md"}, instance="abcd"[number % 4])
    mine(database)
    return Operator(database, "ann", lambda: NOW, POLICY)


def fact(slug: str) -> str:
    return FACT if slug == "phoenix" else "dep:hex:nerves_runtime"


def taught(name: str, who: str, **fields: Any) -> list[Any]:
    return message(learn(name, learn_id=f"{name}-{who}-{sorted(fields)}", instance_id=who, codebase_id=who, **fields))


def mine(database: Engine) -> None:
    assert not running.run(Means(database, lambda: NOW, Rules())).failed


def proposed(database: Engine) -> set[tuple[str, str]]:
    return {(row.slug, row.fact) for row in adopting.proposed(database, None, 100)}


def checks(database: Engine, slug: str) -> list[str]:
    return [it.get("glob") or it["name"] for it in document(database, slug)["indicators"]]


@pytest.mark.parametrize(("slug", "checked"), [("phoenix", "mix.lock"), ("nerves", "nerves_runtime")])
def test_what_is_adopted_recognises_the_pattern_and_stays(
    operator: Operator, slug: str, checked: str, tmp_path: Path
) -> None:
    database = operator.database
    assert proposed(database) >= {("phoenix", fact("phoenix")), ("nerves", fact("nerves"))}
    before = checks(database, slug)
    written = adopting.adopt(operator, "framework", slug, [fact(slug)], "seen everywhere")
    assert written.revision == document(database, slug)["revision"]
    assert checks(database, slug) == [*before, checked]
    [change] = [it for it in showing.history(database, "framework", slug, 10) if it.action == "adopt"]
    assert (change.actor, change.reason, change.revision) == ("operator:ann", "seen everywhere", written.revision)
    assert one(database, "SELECT key FROM pattern_keys WHERE key = :key", key=fact(slug))
    added = next(it for it in document(database, slug)["indicators"] if checked in (it.get("glob"), it.get("name")))
    assert added["weight"] == 0.95
    [entry] = [it for it in document(database, slug)["provenance"] if it.get("field") == f"indicators.{added['id']}"]
    assert (entry["source"], entry["at"][:10]) == ("operator", f"{NOW:%Y-%m-%d}")
    [stands] = showing.show(database, "framework", slug, POLICY).adopted
    assert (stands.fact, stands.codebases, stands.instances, stands.precision) == (fact(slug), 20, 4, 1.0)

    # Whatever happens then, it stays, and is not proposed again.
    teach(database, [taught(slug, who, indicators=["env LATER"]) for who in "abcd"])
    catalogue.load(database, tmp_path)
    with database.begin() as connection:
        deriving.derive(connection, [written.id], NOW, POLICY)
    mine(database)
    assert set(checks(database, slug)) >= {*before, checked}
    assert (slug, fact(slug)) not in proposed(database)
    assert feed_is_gapless(database)


def test_it_shows_in_why(operator: Operator) -> None:
    adopting.adopt(operator, "framework", "phoenix", [FACT], "seen everywhere")
    known = msgspec.convert(document(operator.database, "phoenix"), Pattern)
    explanation = explain(extract(Evidence(files={"mix.exs": "", "mix.lock": None})), known)
    [step] = [it for it in explanation.places[0].steps if it.fired]
    assert step.checks == "mix.lock"
    assert step.adopted == f"{NOW:%Y-%m-%d}, with precision 1.00 and recall 1.00 in 20 codebases of 4 instances"


def test_an_earlier_revision_is_without_it(operator: Operator) -> None:
    before = document(operator.database, "nerves")
    adopting.adopt(operator, "framework", "nerves", [fact("nerves")], "seen")
    returning.rollback(operator, "framework", "nerves", before["revision"], "not so")
    assert document(operator.database, "nerves")["indicators"] == before["indicators"]


def test_what_instances_teach_is_their_own_again_when_they_are_revoked(operator: Operator) -> None:
    database = operator.database
    adopting.adopt(operator, "framework", "phoenix", [FACT], "seen")
    adopted = document(database, "phoenix")
    teach(database, [taught("Phoenix", who, indicators=["file mix.lock", "file lie.json"]) for who in "wxyz"])
    assert "lie.json" in checks(database, "phoenix")
    for who in "wxyz":
        revoking.revoke(database, who, since=None, actor="operator:me", reason="liar", clock=lambda: NOW, policy=POLICY)
    settle(database)
    now = document(database, "phoenix")
    assert (now["indicators"], now["provenance"]) == (adopted["indicators"], adopted["provenance"])


def test_a_merger_brings_it_along(operator: Operator) -> None:
    adopting.adopt(operator, "framework", "nerves", [fact("nerves")], "seen")
    joining.merge_patterns(operator, "framework", "nerves", "phoenix", "one thing")
    assert "nerves_runtime" in checks(operator.database, "phoenix")


def test_what_is_declined_is_not_proposed_again_until_that_is_taken_back(operator: Operator) -> None:
    database = operator.database
    before = document(database, "phoenix")
    adopting.decline(operator, "framework", "phoenix", [FACT], "every mix project has it")
    assert ("phoenix", FACT) not in proposed(database)
    mine(database)
    assert ("phoenix", FACT) not in proposed(database)
    assert ("nerves", fact("nerves")) in proposed(database)
    assert document(database, "phoenix") == before
    assert rows(database, "SELECT actor, slug, reason FROM audit WHERE action = 'decline'") == [
        ("operator:ann", "phoenix", "every mix project has it")
    ]
    adopting.reconsider(operator, "framework", "phoenix", [FACT], "it is telling after all")
    mine(database)
    assert ("phoenix", FACT) in proposed(database)


def test_what_is_not_proposed_is_neither_adopted_nor_declined(operator: Operator) -> None:
    for act in (adopting.adopt, adopting.decline, adopting.reconsider):
        with pytest.raises(RulingError, match=r"file:README\.md"):
            act(
                operator,
                "framework",
                "phoenix",
                [FACT, "file:README.md"] if act is not adopting.reconsider else ["file:README.md"],
                "why not",
            )
        with pytest.raises(ruling.UnknownPatternError):
            act(operator, "framework", "nobody", [FACT], "why not")
    assert rows(operator.database, "SELECT action FROM audit") == []
