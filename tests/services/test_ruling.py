"""An operator's word: one revision with its reason, standing whatever is taught later, and undone by another."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from services import catalogue
from services.consolidation import compaction
from services.curation import joining, returning, revoking, ruling, showing
from services.curation.ruling import Operator, RulingError, UnknownPatternError
from tests.services.curating import POLICY, settle, teach
from tests.services.learning_messages import NOW, document, feed_is_gapless, handle, learn, message, one, rows

CATALOGUE = """
- slug: alpha
  name: Alpha
  type: framework
  description: The real one.
  indicators:
    - dependency: npm:alpha
"""


@pytest.fixture
def operator(database: Engine) -> Operator:
    return Operator(database, "me", lambda: NOW, POLICY)


def alpha(database: Engine, count: int = 1, **fields: Any) -> None:
    said = {"indicators": ["dependency npm:alpha"], **fields}
    teach(database, [message(learn("Alpha", instance_id=f"i{n}", codebase_id=f"c{n}", **said)) for n in range(count)])


def deeds(database: Engine, slug: str = "alpha") -> list[tuple[Any, ...]]:
    return rows(database, "SELECT actor, action, reason FROM audit WHERE slug = :slug ORDER BY id", slug=slug)


@pytest.mark.parametrize(
    ("rule", "state", "sure"), [(ruling.promote, "active", (0.9, 1)), (ruling.reject, "deprecated", (0, 0.2))]
)
def test_a_state_that_was_given_stands(
    operator: Operator, rule: Callable[..., Any], state: str, sure: tuple[float, float]
) -> None:
    alpha(operator.database)
    written = rule(operator, "framework", "alpha", "seen it myself")
    assert (written.revision, written.standing.state) == (2, state)
    alpha(operator.database, 4)
    settle(operator.database)
    after = document(operator.database, "alpha")
    assert after["state"] == state
    assert sure[0] < after["confidence"] < sure[1]
    assert after["support"] == {"codebases": 4, "instances": 4}
    assert [item["name"] for item in after["indicators"]] == ["alpha"]
    assert deeds(operator.database) == [("operator:me", rule.__name__, "seen it myself")]
    assert feed_is_gapless(operator.database)


def test_who_only_spoke_for_what_an_operator_promoted_is_revoked_with_it(operator: Operator) -> None:
    alpha(operator.database)
    ruling.promote(operator, "framework", "alpha", "seen it")
    revoking.revoke(
        operator.database, "i0", since=None, actor="operator:me", reason="lies", clock=operator.clock, policy=POLICY
    )
    assert rows(operator.database, "SELECT slug FROM patterns WHERE NOT retired") == []


def test_what_is_promoted_is_not_changed_by_one_instance(operator: Operator) -> None:
    alpha(operator.database, description="First.")
    ruling.promote(operator, "framework", "alpha", "seen it")
    before = document(operator.database, "alpha")
    garbage = [
        message(
            learn(
                "Alpha",
                instance_id="flood",
                learn_id=f"F{n}",
                indicators=[f"dependency npm:garbage-{n}"],
                description=f"Garbage {n}.",
                aliases=[f"garbage {n}"],
                homepage="https://garbage.example",
                examples=["rm -rf /"],
            )
        )
        for n in range(60)
    ]
    teach(operator.database, garbage)
    after = document(operator.database, "alpha")
    for field in ("name", "description", "indicators", "state"):
        assert after[field] == before[field]
    assert {"aliases", "homepage", "examples"} & after.keys() == set()


def test_a_rule_needs_a_reason_and_a_pattern_in_service(operator: Operator) -> None:
    alpha(operator.database)
    with pytest.raises(RulingError):
        ruling.promote(operator, "framework", "alpha", " ")
    with pytest.raises(UnknownPatternError):
        ruling.promote(operator, "framework", "nobody", "why not")
    assert rows(operator.database, "SELECT * FROM audit") == []
    assert one(operator.database, "SELECT seq FROM feed_head").seq == 1


def test_a_new_name_stands_and_the_old_one_still_answers(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(CATALOGUE)
    catalogue.load(operator.database, tmp_path)
    ruling.rename(operator, "framework", "alpha", "Alpha One", "they renamed it")
    ruling.rename(operator, "framework", "alpha", "Alpha Two", "and again")
    (tmp_path / "web.yaml").write_text(CATALOGUE.replace("The real one", "Really"))
    catalogue.load(operator.database, tmp_path)
    alpha(operator.database, 3, description="Another.")
    settle(operator.database)
    after = document(operator.database, "alpha")
    assert (after["name"], after["description"]) == ("Alpha Two", "Really.")
    names = dict(rows(operator.database, "SELECT key, rank FROM pattern_names"))
    assert names == {"alpha": 0, "alphatwo": 1, "alphaone": 2}
    [outcome] = handle(operator.database, message(learn("alpha one", learn_id="old"))).outcomes
    assert outcome.slug == "alpha"


def test_what_was_merged_can_be_split_again(operator: Operator) -> None:
    alpha(operator.database)
    beta = {"indicators": ["file beta.json"]}
    teach(operator.database, [message(learn("Beta", instance_id="b", learn_id="b", **beta))])
    joining.merge_patterns(operator, "framework", "beta", "alpha", "one thing")
    together = document(operator.database, "alpha")
    assert {item["kind"] for item in together["indicators"]} == {"dependency", "file"}
    assert together["support"]["instances"] == 2
    teach(operator.database, [message(learn("Beta", instance_id="later", learn_id="c", **beta))])
    joining.split(operator, "framework", "alpha", "Beta", indicators=(), reason="no, two")
    settle(operator.database)
    apart = [document(operator.database, slug) for slug in ("alpha", "beta")]
    assert [[item["kind"] for item in it["indicators"]] for it in apart] == [["dependency"], ["file"]]
    assert [it["support"]["instances"] for it in apart] == [1, 2]
    assert "Beta" not in apart[0].get("aliases", [])
    assert [it[1] for it in deeds(operator.database)] == ["absorb", "split"]
    assert [it[1] for it in deeds(operator.database, "beta")] == ["merge", "restore"]


def test_indicators_that_belong_to_another_thing_become_a_pattern_of_their_own(operator: Operator) -> None:
    alpha(operator.database, indicators=["dependency npm:alpha", "dependency npm:omega"])
    ids = {item["name"]: item["id"] for item in document(operator.database, "alpha")["indicators"]}
    joining.split(operator, "framework", "alpha", "Omega", indicators=[ids["omega"]], reason="two things")
    alpha(operator.database, 5, indicators=["dependency npm:alpha", "dependency npm:omega"])
    settle(operator.database)
    assert [item["name"] for item in document(operator.database, "alpha")["indicators"]] == ["alpha"]
    part = document(operator.database, "omega")
    assert ([item["name"] for item in part["indicators"]], part["state"]) == (["omega"], "active")
    for name, indicators in (("Omega", [ids["alpha"]]), ("Psi", ["nothing"]), ("Psi", [])):
        with pytest.raises(RulingError):
            joining.split(operator, "framework", "alpha", name, indicators=indicators, reason="no")


def test_what_is_retired_begins_anew(operator: Operator) -> None:
    alpha(operator.database, 3, indicators=["dependency npm:wrong"])
    ruling.retire(operator, "framework", "alpha", "no such thing")
    settle(operator.database)
    assert rows(operator.database, "SELECT op FROM feed ORDER BY seq DESC LIMIT 1") == [("retire",)]
    with pytest.raises(UnknownPatternError):
        ruling.retire(operator, "framework", "alpha", "again")
    teach(
        operator.database, [message(learn("Alpha", instance_id="x", learn_id="x", indicators=["dependency npm:right"]))]
    )
    after = document(operator.database, "alpha")
    assert [item["name"] for item in after["indicators"]] == ["right"]
    assert after["support"]["instances"] == 1


def test_what_an_operator_made_and_retired_stays_so_when_it_is_derived(operator: Operator) -> None:
    alpha(operator.database, indicators=["dependency npm:alpha", "dependency npm:omega"])
    ids = {item["name"]: item["id"] for item in document(operator.database, "alpha")["indicators"]}
    joining.split(operator, "framework", "alpha", "Omega", indicators=[ids["omega"]], reason="two things")
    omega = [
        message(learn("Omega", instance_id=who, learn_id=f"omega-{who}", indicators=["file omega.json"]))
        for who in ("evil", "good")
    ]
    teach(operator.database, omega[:1])
    ruling.retire(operator, "framework", "omega", "no such thing")
    revoking.revoke(
        operator.database, "evil", since=None, actor="operator:me", reason="liar", clock=lambda: NOW, policy=POLICY
    )
    settle(operator.database)
    assert rows(operator.database, "SELECT slug FROM patterns WHERE NOT retired") == [("alpha",)]
    teach(operator.database, omega[1:])
    assert [item["kind"] for item in document(operator.database, "omega")["indicators"]] == ["file"]


@pytest.mark.parametrize("compacted", [False, True])
def test_a_pattern_returns_to_an_earlier_revision(operator: Operator, *, compacted: bool) -> None:
    alpha(operator.database, 2, description="Good.")
    before = document(operator.database, "alpha")
    ruling.rename(operator, "framework", "alpha", "Wrong", "oops")
    ruling.reject(operator, "framework", "alpha", "oops")
    worse = [message(learn("Alpha", instance_id=f"w{n}", indicators=["dependency npm:bad"])) for n in range(4)]
    teach(operator.database, worse)
    if compacted:
        assert compaction.compact_feed(operator.database, published=10_000, kept=0) > 0
    written = returning.rollback(operator, "framework", "alpha", before["revision"], "as it was")
    after = document(operator.database, "alpha")
    different = {"revision", "seq", "provenance"}
    assert {name: it for name, it in after.items() if name not in different} == {
        name: it for name, it in before.items() if name not in different
    }
    settle(operator.database)
    assert document(operator.database, "alpha")["revision"] == written.revision
    teach(operator.database, [message(learn("Alpha", instance_id="new", learn_id="new", indicators=["file a.json"]))])
    grown = document(operator.database, "alpha")
    assert (grown["state"], grown["support"]["instances"]) == ("active", 3)
    assert [item["name"] for item in grown["indicators"]] == ["alpha"]
    with pytest.raises(RulingError):
        returning.rollback(operator, "framework", "alpha", 10_000, "no such")


def test_what_is_said_is_shown_side_by_side(operator: Operator) -> None:
    alpha(operator.database, 3, description="First.")
    teach(
        operator.database,
        [
            message(
                learn("Alpha", instance_id="other", learn_id="o", indicators=["file alpha.json"], description="Else.")
            )
        ],
    )
    shown = showing.show(operator.database, "framework", "alpha", POLICY)
    said = {(it.field, json.dumps(it.value) if it.field == "indicators" else it.value): it for it in shown.said}
    assert (said["description", "First."].instances, said["description", "First."].counts) == (3, True)
    assert (said["description", "Else."].instances, said["description", "Else."].counts) == (1, False)
    assert sorted((it.instances, it.counts) for it in shown.said if it.field == "indicators") == [(1, False), (3, True)]
    assert (shown.agreement, shown.rungs, shown.rejecting) == (2, 3, 0)
    ruling.promote(operator, "framework", "alpha", "good")
    history = showing.history(operator.database, "framework", "alpha", 10)
    assert (history[0].action, history[0].actor, history[0].reason) == ("promote", "operator:me", "good")
    assert [it.revision for it in history] == list(range(len(history), 0, -1))
    revision = ruling.retire(operator, "framework", "alpha", "no such thing").revision
    gone, before, *_rest = showing.history(operator.database, "framework", "alpha", 10)
    assert (gone.op, gone.revision, gone.action, gone.reason) == ("retire", revision, "retire", "no such thing")
    assert (before.revision, before.action) == (revision - 1, "promote")
