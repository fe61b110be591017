"""Candidates that were learned and are thin get what they lack, once, from a scripted model on real sockets."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from llm.model import Model
from services import enrichment, shipped_templates
from services.enrichment import Enriched, Means
from services.enrichment.sweeping import LEASE, MOST_AT_ONCE
from services.package_metadata import Package
from services.paid_calls import Caps, PaidCalls
from tests.llm.replies import answer, failure, refusal, said, too_many
from tests.llm.scripted_server import ScriptedServer
from tests.services.asking import ENDLESS, KEY, Clock
from tests.services.discovering import Worker
from tests.services.finding_things import peopled
from tests.services.learning_messages import document, feed_is_gapless, handle, learn, message, one, rows
from tests.services.test_templates_of_the_centre import SHIPPED

__all__ = ["peopled"]

ANSWER: dict[str, Any] = {
    "description": "A queue of our own.",
    "category": "message-queue",
    "languages": ["typescript"],
    "aliases": ["acmequeue"],
    "homepage": None,
    "indicators": [{"kind": "file", "glob": "acme-queue.yaml", "supported_by": ["F2"]}],
    "relations": [{"kind": "requires", "slug": "redis"}],
    "practices": ["Give every job a key of its own."],
    "pitfalls": [],
    "examples": [{"code": "queue.add('mail')", "language": "typescript", "title": "Add a job"}],
}


@dataclass
class Enricher:
    """The enriching worker of one process."""

    database: Engine
    server: ScriptedServer
    clock: Clock = field(default_factory=Clock)
    caps: Caps = ENDLESS
    metadata: Any = None

    @property
    def means(self) -> Means:
        model = Model("scripted", api_key=KEY, base_url=self.server.url, timeout=10)
        return Means(self.database, self.clock, PaidCalls(self.database, model, self.caps, self.clock), self.metadata)

    def run(self, limit: int = 10) -> Enriched:
        return enrichment.run(self.means, limit)

    def state(self) -> list[tuple[Any, ...]]:
        return rows(self.database, "SELECT state, reason FROM enrichments ORDER BY pattern_id")


@pytest.fixture
def enricher(peopled: Engine) -> Iterator[Enricher]:
    shipped_templates.load(peopled, SHIPPED)
    with ScriptedServer(lambda _asked: answer(ANSWER)) as server:
        yield Enricher(peopled, server)


def teach(database: Engine, name: str = "Acme Queue", instance: str = "alpha", **fields: Any) -> None:
    given = {"indicators": ["dependency npm:acme-queue", "every service has an acme-queue.yaml"]} | fields
    handle(database, message(learn(name, instance_id=instance, **given)))


def test_a_thin_candidate_gets_what_it_lacks(enricher: Enricher) -> None:
    teach(enricher.database)
    assert enricher.run() == Enriched(changed=1)
    pattern = document(enricher.database, "acme-queue")
    assert (pattern["name"], pattern["description"], pattern["category"]) == (
        "Acme Queue",
        "A queue of our own.",
        "message-queue",
    )
    assert [(it["kind"], it.get("weight", 0.9)) for it in pattern["indicators"]] == [("dependency", 0.9), ("file", 0.9)]
    assert pattern["notes"] == ["every service has an acme-queue.yaml"]
    assert (pattern["state"], pattern["support"]["instances"], pattern["revision"]) == ("candidate", 1, 2)
    claims = {entry.get("field"): entry for entry in pattern["provenance"] if entry.get("call_id")}
    assert {"description", "category", "indicators", "practices", "examples", "relations", None} <= claims.keys()
    assert {claim["template"] for claim in claims.values()} == {"enrichment@1"}
    assert claims["description"]["source"] == "scripted"
    assert claims["description"]["call_id"] == one(enricher.database, "SELECT call_id FROM enrichments").call_id
    assert feed_is_gapless(enricher.database)


def test_the_model_is_shown_what_was_taught_and_nothing_twice(enricher: Enricher) -> None:
    teach(enricher.database, examples=["const token = 'hunter2hunter2'\nqueue.add('mail')"])
    enricher.run()
    [asked] = enricher.server.asked
    assert "every service has an acme-queue.yaml" in asked.user
    assert "queue.add('mail')" in asked.user
    assert "hunter2" not in asked.text
    assert asked.system.startswith("You are the librarian")


def test_it_is_asked_about_once_until_more_is_taught(enricher: Enricher) -> None:
    teach(enricher.database)
    assert [enricher.run() for _turn in range(3)] == [Enriched(changed=1), Enriched(), Enriched()]
    teach(enricher.database, instance="beta")
    assert enricher.run() == Enriched()
    assert len(enricher.server.asked) == 1
    teach(enricher.database, instance="gamma", indicators=["it keeps its jobs in tables"])
    assert document(enricher.database, "acme-queue")["state"] == "active"
    for who in "def":
        verdict = {"slug": "acme-queue", "verdict": "rejected", "instance_id": who}
        handle(enricher.database, message(verdict, kind="feedback"))
    assert document(enricher.database, "acme-queue")["state"] == "candidate"
    enricher.run()
    assert len(enricher.server.asked) == 2


def test_what_facts_alone_made_while_there_was_no_model_is_asked_about_once(enricher: Enricher) -> None:
    teach(
        enricher.database, "Shop Stack", description="Ours.", category="shop", indicators=["dependency npm:acme-queue"]
    )
    assert Worker(enricher.database, enricher.clock).find("acme-queue").found_by == "facts"
    before = document(enricher.database, "acme-queue")
    assert [enricher.run() for _turn in range(3)] == [Enriched(changed=1), Enriched(), Enriched()]
    pattern = document(enricher.database, "acme-queue")
    assert (pattern["description"], pattern["category"]) == ("A queue of our own.", "message-queue")
    assert (pattern["state"], pattern["support"]) == (before["state"], before["support"])
    assert len(enricher.server.asked) == 1


def test_what_needs_nothing_is_left_alone(enricher: Enricher) -> None:
    whole: dict[str, Any] = {
        "description": "A queue.",
        "category": "queue",
        "indicators": ["dependency npm:acme-queue"],
    }
    teach(enricher.database, **whole)
    assert enricher.run() == Enriched()
    assert enricher.server.asked == []
    assert enricher.state() == []


def test_words_of_people_stand(enricher: Enricher) -> None:
    teach(enricher.database, description="Ours.", homepage="https://acme.dev")
    enricher.run()
    pattern = document(enricher.database, "acme-queue")
    assert (pattern["description"], pattern["homepage"], pattern["category"]) == (
        "Ours.",
        "https://acme.dev",
        "message-queue",
    )


def test_a_later_answer_replaces_the_earlier_one_of_a_model(enricher: Enricher) -> None:
    teach(enricher.database)
    enricher.run()
    teach(enricher.database, instance="beta", indicators=["it retries three times"])
    enricher.clock.forward(60)
    enricher.server.then(answer({**ANSWER, "description": "A queue that retries.", "practices": []}))
    assert enricher.run() == Enriched(changed=1)
    pattern = document(enricher.database, "acme-queue")
    assert pattern["description"] == "A queue that retries."
    assert pattern["practices"] == ["Give every job a key of its own."]


def test_package_indexes_are_asked_about_what_was_taught(enricher: Enricher) -> None:
    class Indexes:
        def find(self, name: str) -> list[Package]:
            return [Package("npm", name, "Queues jobs.")] if name == "acme-queue" else []

    enricher.metadata = Indexes()
    teach(enricher.database)
    enricher.run()
    assert "package acme-queue of npm: Queues jobs." in enricher.server.asked[0].user


def test_the_cost_is_of_whoever_taught_it(enricher: Enricher) -> None:
    enricher.caps = Caps(per_instance_per_day=1)
    teach(enricher.database, "First Queue", "alpha")
    teach(enricher.database, "Second Queue", "alpha")
    teach(enricher.database, "Third Queue", "beta")
    for _turn in range(3):
        enricher.run()
    assert len(enricher.server.asked) == 2
    assert sorted(enricher.state()) == [("done", None), ("done", None), ("waiting", "cap")]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (refusal(), ("waiting", "refused")),
        (said("no json at all"), ("waiting", "unreadable")),
        (answer({**ANSWER, "state": "active"}), ("waiting", "unreadable")),
        (failure(401), ("waiting", "misconfigured")),
        (too_many(30), ("waiting", "postponed")),
        (failure(500), ("waiting", "postponed")),
    ],
    ids=["refused", "no json", "against the schema", "wrong key", "429", "500"],
)
def test_whatever_fails_is_put_off_and_said(enricher: Enricher, reply: Any, state: tuple[str, str]) -> None:
    teach(enricher.database)
    enricher.server.script = lambda _asked: reply
    before = document(enricher.database, "acme-queue")
    done = enricher.run()
    assert (done.failed, done.postponed) == ((0, 1) if state[1] == "postponed" else (1, 0))
    assert enricher.state() == [state]
    assert document(enricher.database, "acme-queue") == before
    asked = len(enricher.server.asked)
    assert enricher.run() == Enriched()
    assert len(enricher.server.asked) == asked


def test_the_pause_grows_and_ends_with_an_operator(enricher: Enricher) -> None:
    from services.enrichment import operating

    teach(enricher.database)
    enricher.server.script = lambda _asked: refusal()
    pauses = []
    for _turn in range(5):
        enricher.run()
        due = one(enricher.database, "SELECT due_at FROM enrichments").due_at
        pauses.append((due - enricher.clock.now).total_seconds())
        enricher.clock.now = due
    assert pauses == [600.0, 2_400.0, 9_600.0, 38_400.0, 153_600.0]
    assert enricher.state() == [("failed", "refused")]
    assert enricher.run() == Enriched()
    [listed] = operating.ls(enricher.database, states=("failed",), limit=10)
    assert (listed.type, listed.slug, listed.reason) == ("framework", "acme-queue", "refused")
    enricher.server.script = lambda _asked: answer(ANSWER)
    assert operating.retry(enricher.database, enricher.clock, None) == 1
    enricher.clock.forward(86_400)
    assert enricher.run() == Enriched(changed=1)


def test_claims_of_a_killed_run_are_taken_over_and_paid_for_once(enricher: Enricher) -> None:
    teach(enricher.database)

    class KilledError(BaseException):
        pass

    def dying(_step: str) -> None:
        if _step == "recorded":
            raise KilledError

    model = Model("scripted", api_key=KEY, base_url=enricher.server.url, timeout=10)
    dies = PaidCalls(enricher.database, model, ENDLESS, enricher.clock, on_step=dying)
    with pytest.raises(KilledError):
        enrichment.run(Means(enricher.database, enricher.clock, dies))
    assert enricher.state() == [("running", None)]
    assert enricher.run() == Enriched()
    enricher.clock.forward(LEASE.total_seconds() + 1)
    assert enricher.run() == Enriched(changed=1)
    assert len(enricher.server.asked) == 1


def test_few_are_worked_on_at_one_time(enricher: Enricher) -> None:
    for number in range(MOST_AT_ONCE + 2):
        teach(enricher.database, f"Queue Number{number}")
    enricher.run(0)
    with enricher.database.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
    taken = [enrichment.sweeping.claim_due(enricher.database, enricher.clock()) for _turn in range(MOST_AT_ONCE + 2)]
    assert [claim is not None for claim in taken] == [True] * MOST_AT_ONCE + [False] * 2


def test_a_run_is_bounded_and_goes_on_in_the_next(enricher: Enricher) -> None:
    for number in range(5):
        teach(enricher.database, f"Queue Number{number}")
    assert [enricher.run(2).changed for _turn in range(4)] == [2, 2, 1, 0]


def test_a_sweep_costs_what_changed(enricher: Enricher) -> None:
    teach(enricher.database)
    enricher.run()
    place = one(enricher.database, "SELECT value FROM statistics WHERE name = 'enrichment'").value
    assert place == {"seq": one(enricher.database, "SELECT seq FROM feed_head").seq}
    teach(enricher.database, instance="beta")
    with enricher.database.begin() as connection:
        assert enrichment.sweeping.note_changes(connection, enricher.clock()) == 1
        assert enrichment.sweeping.note_changes(connection, enricher.clock()) == 0


def test_without_a_template_it_says_so(peopled: Engine) -> None:
    teach(peopled)
    with ScriptedServer(lambda _asked: answer(ANSWER)) as server:
        enricher = Enricher(peopled, server)
        assert enricher.run() == Enriched(failed=1)
        assert enricher.state() == [("waiting", "no_template")]
        shipped_templates.load(peopled, Path(SHIPPED))
        enricher.clock.now += datetime.timedelta(hours=1)
        assert enricher.run() == Enriched(changed=1)
