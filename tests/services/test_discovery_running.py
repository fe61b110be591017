"""A discovery runs: aliases and what is known cost no call, a model is asked once, every end is seen and retried."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from centralcloud_client.messages.pattern import Pattern
from llm.model import Model
from services import catalogue, lookup, shipped_templates
from services.discovery import operating, working
from services.discovery.telling import Teller
from services.paid_calls import PaidCalls, oversight
from tests.llm import replies
from tests.llm.scripted_server import ScriptedServer
from tests.services.asking import ENDLESS, KEY, Clock
from tests.services.discovering import FOUND, NOT_FOUND, Worker, discoveries, missed
from tests.services.learning_messages import feed_is_gapless, handle, learn, message, one

KNOWN = """
- {slug: spring-boot, type: framework, name: Spring Boot, category: web-framework, languages: [java],
   description: Java framework., indicators: [{dependency: "maven:org.springframework.boot:spring-boot"}]}
- {slug: postgresql, type: technology, name: PostgreSQL, aliases: [postgres], category: database,
   description: Database., indicators: [{dependency: "pypi:psycopg2"}]}
- {slug: react, type: framework, name: React, category: ui-library, languages: [javascript],
   description: Library., indicators: [{dependency: "npm:react"}]}
- {slug: circuit-breaker, type: microservice, name: Circuit Breaker, category: resilience, description: Stops calls.}
"""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _asked: replies.answer(FOUND)) as running:
        yield running


@pytest.fixture
def database(database: Engine, tmp_path: Path) -> Engine:
    """The session's database with a few known patterns."""
    (tmp_path / "known.yaml").write_text(KNOWN)
    catalogue.load(database, tmp_path)
    shipped_templates.load(database, Path(catalogue.__file__).parents[1] / "catalogue" / "templates")
    return database


@pytest.fixture
def worker(database: Engine, server: ScriptedServer) -> Iterator[Worker]:
    model = Model("scripted", api_key=KEY, base_url=server.url, timeout=20)
    clock = Clock()
    yield Worker(database, clock, PaidCalls(database, model, ENDLESS, clock))
    model.close()


@pytest.fixture
def poor(database: Engine) -> Worker:
    """A worker without a key."""
    return Worker(database, Clock())


def pattern(database: Engine, type_: str, slug: str) -> Pattern:
    row = one(database, "SELECT document FROM patterns WHERE type = :type AND slug = :slug", type=type_, slug=slug)
    return msgspec.json.decode(row.document, type=Pattern)


def looked_up(worker: Worker, type_: str, key: str, name: str) -> lookup.Answer:
    teller = Teller([(type_, key)], [name], worker.clock, enabled=True)
    (answer,) = lookup.lookup_many(worker.database, worker.near, [(type_, key)], teller).answers
    return answer


def test_what_a_model_finds_becomes_a_candidate_on_the_feed(worker: Worker, server: ScriptedServer) -> None:
    outcome = worker.find("Nova")
    assert (outcome.state, outcome.found_by, outcome.slug) == ("found", "model", "nova")
    found = pattern(worker.database, "framework", "nova")
    assert (found.state, found.description) == ("candidate", "Web framework for small services.")
    assert one(worker.database, "SELECT * FROM feed ORDER BY seq DESC LIMIT 1").slug == "nova"
    feed_is_gapless(worker.database)
    assert looked_up(worker, "framework", "nova", "nova").slugs == ("nova",)
    assert len(server.asked) == 1
    assert [told.state for told in worker.told] == ["running", "found"]


def test_a_wrong_name_asked_a_thousand_times_costs_one_call(worker: Worker, server: ScriptedServer) -> None:
    server.script = lambda _asked: replies.answer(NOT_FOUND)
    outcome = worker.find("Nova")
    assert (outcome.state, outcome.reason) == ("failed", "no_such_thing")
    for _ in range(100):
        assert worker.hear(*[missed("nova")] * 10) == 0
        assert worker.work() == []
    assert len(server.asked) == 1
    (row,) = discoveries(worker.database)
    assert (row.state, row.reason, row.message, row.failures) == ("failed", "no_such_thing", "nobody makes it", 1)


@pytest.mark.parametrize(
    ("type_", "name", "slug"),
    [
        ("framework", "the Spring Boot framework", "spring-boot"),
        ("framework", "springbootframework", "spring-boot"),
        ("framework", "reactjs", "react"),
        ("technology", "postgre sql db", "postgresql"),
        ("microservice", "circuit breaker pattern", "circuit-breaker"),
    ],
)
def test_an_alias_is_found_without_a_call_and_answers_from_then_on(
    worker: Worker, server: ScriptedServer, type_: str, name: str, slug: str
) -> None:
    before = pattern(worker.database, type_, slug)
    outcome = worker.find(name, type_)
    assert (outcome.state, outcome.found_by, outcome.slug) == ("found", "alias", slug)
    after = pattern(worker.database, type_, slug)
    assert (set(after.aliases) - set(before.aliases), after.revision) == ({name}, before.revision + 1)
    assert (after.state, after.confidence, after.support) == (before.state, before.confidence, before.support)
    assert looked_up(worker, type_, missed(name).key, name).slugs == (slug,)
    assert server.asked == []


def test_an_alias_outlives_the_next_loading_of_the_catalogue(worker: Worker, tmp_path: Path) -> None:
    worker.find("reactjs")
    (tmp_path / "known.yaml").write_text(KNOWN.replace("Library.", "Library for interfaces."))
    catalogue.load(worker.database, tmp_path)
    assert "reactjs" in pattern(worker.database, "framework", "react").aliases


def test_versions_are_forwarded_and_no_aliases(worker: Worker, server: ScriptedServer) -> None:
    for name in ("React 18", "react@17.0.2", "react v19"):
        outcome = worker.find(name)
        assert (outcome.state, outcome.found_by, outcome.slug) == ("found", "same", "react")
        assert looked_up(worker, "framework", missed(name).key, name).slugs == ("react",)
    assert pattern(worker.database, "framework", "react").revision == 1
    assert server.asked == []


def test_a_package_of_others_is_nobodys_alias(worker: Worker, server: ScriptedServer) -> None:
    handle(worker.database, message(learn("Other", indicators=["dependency npm:reactjs"])))
    assert worker.find("reactjs").found_by == "model"
    assert len(server.asked) == 1


def test_what_is_known_as_another_type_costs_no_call(worker: Worker, server: ScriptedServer) -> None:
    outcome = worker.find("PostgreSQL", "framework")
    assert (outcome.state, outcome.reason) == ("failed", "known_as_technology")
    assert server.asked == []
    # Designs are another kind of thing than software.
    assert worker.find("circuit breaker", "technology").state == "found"


def test_what_was_taught_meanwhile_is_found_without_a_call(worker: Worker, server: ScriptedServer) -> None:
    worker.hear(missed("Custom Framework"))
    handle(worker.database, message(learn()))
    (outcome,) = worker.work()
    assert (outcome.state, outcome.found_by, outcome.slug) == ("found", "known", "custom-framework")
    assert server.asked == []


def test_a_model_may_say_that_it_is_another_name(worker: Worker, server: ScriptedServer) -> None:
    server.script = lambda _asked: replies.answer({**FOUND, "alias_of": "spring-boot"})
    outcome = worker.find("springboots")
    assert (outcome.state, outcome.found_by, outcome.slug) == ("found", "alias", "spring-boot")
    assert len(server.asked) == 1


def test_without_a_key_facts_make_a_candidate(poor: Worker) -> None:
    handle(poor.database, message(learn("Shop", indicators=["dependency npm:nova", "dependency npm:other"])))
    outcome = poor.find("nova")
    assert (outcome.state, outcome.found_by) == ("found", "facts")
    assert "npm" in str(pattern(poor.database, "framework", "nova").description)


def test_without_a_key_and_facts_it_is_disabled(poor: Worker) -> None:
    outcome = poor.find("nova")
    assert (outcome.state, outcome.reason) == ("failed", "discovery_disabled")
    assert poor.find("reactjs").found_by == "alias"


ENDS = {
    "429 with a time": (replies.failure(429, "slow down"), "open", "postponed"),
    "500": (replies.failure(500, "broken"), "open", "postponed"),
    "truncated": (replies.truncated(FOUND), "open", "postponed"),
    "a page of a proxy": (replies.bad_json(), "open", "postponed"),
    "429 with Retry-After": (replies.too_many(90), "open", "postponed"),
    "an answer without end": (replace(replies.answer(FOUND), endless=True), "open", "postponed"),
    "a 401 without end": (replace(replies.failure(401), endless=True), "failed", "misconfigured"),
    "400": (replies.failure(400, "the prompt is too long"), "failed", "refused"),
    "hung up": (replies.Reply(hang_up=True), "open", "postponed"),
    "401": (replies.failure(401, "bad key"), "failed", "misconfigured"),
    "404": (replies.failure(404, "no such model"), "failed", "misconfigured"),
    "refused": (replies.refusal(), "failed", "refused"),
    "no JSON": (replies.said("Nova is a framework."), "failed", "unreadable"),
    "another schema": (replies.answer({"name": "Nova"}), "failed", "unreadable"),
}


@pytest.mark.parametrize("end", ENDS)
def test_every_way_to_fail_is_seen_and_can_be_tried_again(worker: Worker, server: ScriptedServer, end: str) -> None:
    reply, state, reason = ENDS[end]
    script, server.script = server.script, lambda _asked: reply
    outcome = worker.find("nova")
    assert (outcome.state, outcome.reason) == (state, reason)
    (row,) = operating.ls(worker.database, states=[state], limit=10)
    assert (row.name, row.reason, bool(row.message)) == ("nova", reason, True)
    assert row.due_at > worker.clock()
    assert worker.work() == []

    server.script = script
    worker.clock.forward(3_600)
    operating.retry(worker.database, [row.id], worker.clock())
    (outcome,) = worker.work()
    assert (outcome.state, outcome.slug) == ("found", "nova")


def test_what_is_put_off_runs_by_itself_when_it_is_due(worker: Worker, server: ScriptedServer) -> None:
    server.then(replies.failure(500, "broken"))
    outcome = worker.find("nova")
    assert outcome.due_ms > 0
    assert worker.work() == []
    worker.clock.forward(outcome.due_ms / 1000 + 1)
    (outcome,) = worker.work()
    assert outcome.state == "found"


def test_an_operator_stops_and_resumes(worker: Worker, server: ScriptedServer) -> None:
    oversight.stop(worker.database, worker.clock(), "too dear")
    outcome = worker.find("nova")
    assert (outcome.state, outcome.reason) == ("open", "stopped")
    oversight.resume(worker.database)
    operating.retry(worker.database, [], worker.clock())
    (outcome,) = worker.work()
    assert outcome.state == "found"


def test_a_fault_of_ours_is_a_failure_with_its_name(worker: Worker) -> None:
    with worker.database.begin() as connection:
        connection.execute(text("UPDATE patterns SET document = '{}' WHERE slug = 'react'"))
    outcome = worker.find("react framework")
    assert (outcome.state, outcome.reason) == ("failed", "failed")
    assert "ValidationError" in discoveries(worker.database)[0].message


def test_a_lease_that_ran_out_is_taken_over_and_the_late_run_writes_nothing(
    worker: Worker, server: ScriptedServer
) -> None:
    second = Worker(worker.database, worker.clock, worker.paid_calls)
    taken: list[Any] = []

    def slow(_asked: object) -> replies.Reply:
        # The first run thinks for longer than its lease, and another worker looks for work meanwhile.
        if not taken:
            taken.append(None)
            worker.clock.forward(working.lease(worker.means).total_seconds() + 1)
            taken.extend(second.work())
        return replies.answer(FOUND)

    server.script = slow
    worker.hear(missed("nova"))
    ended = worker.work()
    (row,) = discoveries(worker.database)
    assert row.runs == 2
    # One extra call; the first came too late to write anything.
    assert ended == []
    assert (taken[1].state, len(server.asked)) == ("found", 2)
    assert one(worker.database, "SELECT count(*) AS n FROM feed WHERE slug = 'nova'").n == 1


@pytest.mark.parametrize("seconds", [20, 240])
def test_nobody_takes_over_while_a_model_may_still_think_about_an_answer_and_its_repair(
    database: Engine, server: ScriptedServer, seconds: int
) -> None:
    clock = Clock()
    model = Model("slow", api_key=KEY, base_url=server.url, timeout=seconds)
    calls = PaidCalls(database, model, ENDLESS, clock)
    slow, second = Worker(database, clock, calls), Worker(database, clock, calls)
    taken: list[Any] = []

    def think(_asked: object) -> replies.Reply:
        clock.forward(seconds)
        taken.extend(second.work())
        return replies.answer({"name": "Nova"} if len(server.asked) == 1 else FOUND)

    server.script = think
    outcome = slow.find("nova")
    model.close()
    assert (outcome.state, taken, len(server.asked)) == ("found", [], 2)


def test_a_forgotten_one_writes_nothing(worker: Worker, server: ScriptedServer) -> None:
    def forget(_asked: object) -> replies.Reply:
        operating.forget(worker.database, ["framework/nova"])
        return replies.answer(FOUND)

    server.script = forget
    worker.hear(missed("nova"))
    assert worker.work() == []
    assert discoveries(worker.database) == []
    assert one(worker.database, "SELECT count(*) AS n FROM patterns WHERE slug = 'nova'").n == 0


def test_many_workers_find_each_name_once_and_so_many_at_a_time(worker: Worker, server: ScriptedServer) -> None:
    server.script = lambda _asked: replies.answer(FOUND | {"name": None}).after(0.05)
    worker.hear(*(missed(f"nova {letter}") for letter in "abcdefghij"))
    workers = [Worker(worker.database, worker.clock, worker.paid_calls) for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        ended = [outcome for outcomes in pool.map(Worker.work, workers) for outcome in outcomes]
    assert sorted(outcome.key for outcome in ended) == sorted({row.key for row in discoveries(worker.database)})
    assert {outcome.state for outcome in ended} == {"found"}
    assert len(server.asked) == 10
    assert server.most_in_flight <= working.AT_ONCE


def test_more_hands_are_called_while_there_is_more_to_do(worker: Worker) -> None:
    calls: list[None] = []
    worker.hear(missed("nova"), missed("nebula"))
    working.work(worker.means, worker.told.append, lambda: calls.append(None))
    assert len(calls) == 1


def test_the_question_says_on_whose_account_it_is(worker: Worker, database: Engine) -> None:
    worker.find("nova")
    row = one(database, "SELECT * FROM llm_calls")
    assert (row.purpose, row.type, row.key, row.instance_id, row.state) == (
        "discovery",
        "framework",
        "nova",
        "alpha",
        "done",
    )


def test_outcomes_are_json_that_the_gateway_reads(worker: Worker) -> None:
    told = json.loads(worker.find("nova").encode())
    assert told["state"] == "found"
    assert {"type", "key", "id", "slug"} <= told.keys()


def test_an_answer_from_before_a_crash_is_not_paid_for_again(worker: Worker, server: ScriptedServer) -> None:
    worker.hear(missed("nova"))
    # Killed when the model had answered and the ledger had it, before anything was written.
    with worker.database.begin() as connection:
        connection.execute(text("ALTER TABLE patterns ADD CONSTRAINT ck_away CHECK (slug <> 'nova') NOT VALID"))
    try:
        worker.work()
    finally:
        with worker.database.begin() as connection:
            connection.execute(text("ALTER TABLE patterns DROP CONSTRAINT ck_away"))
            connection.execute(text("UPDATE discoveries SET state = 'running', due_at = :now"), {"now": worker.clock()})
    worker.clock.forward(1)
    (outcome,) = worker.work()
    assert outcome.state == "found"
    assert len(server.asked) == 1
