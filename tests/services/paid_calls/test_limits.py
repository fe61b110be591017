"""What keeps calls from leaving: caps over all workers, an operator's stop, the breaker; on real sockets."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from llm.model import Model
from services.paid_calls import Caps, NotNow, PaidCalls, oversight
from services.paid_calls.asking import Step
from tests.llm import replies
from tests.llm.scripted_server import ScriptedServer
from tests.services.asking import ENDLESS, VALID, Clock, question
from tests.services.paid_calls.outcomes import gave_up, not_now, rows


@pytest.mark.parametrize(
    ("caps", "passing", "refused"),
    [
        (replace(ENDLESS, per_day=2), [("a", "x"), ("b", "y")], ("c", "z")),
        (replace(ENDLESS, per_instance_per_day=2), [("a", "x"), ("b", "x"), ("c", "y")], ("d", "x")),
        (replace(ENDLESS, per_instance_per_day=1), [("a", ""), ("b", "x")], ("c", "")),
        (replace(ENDLESS, per_pattern_per_day=0), [], ("a", "x")),
        (replace(ENDLESS, per_day=0), [], ("a", "x")),
    ],
    ids=["day", "instance", "anonymous", "pattern", "none"],
)
def test_caps_hold_until_the_next_day(
    database: Engine, model: Model, clock: Clock, server: ScriptedServer, caps: Caps, passing: Any, refused: Any
) -> None:
    calls = PaidCalls(database, model, caps, clock)
    for key, instance in passing:
        calls.ask(question(key, instance=instance))
    error = not_now(calls, refused[0], instance=refused[1])
    assert (error.reason, error.due) == ("cap", datetime.datetime(2026, 3, 5, tzinfo=datetime.UTC))
    # What was paid for is still answered.
    for key, instance in passing:
        calls.ask(question(key, instance=instance))
    assert len(server.asked) == len(passing)
    clock.now = error.due
    if passing:
        calls.ask(question(refused[0], instance=refused[1]))


def test_repairs_and_lost_calls_count_and_what_was_turned_away_does_not(
    database: Engine, model: Model, clock: Clock, server: ScriptedServer
) -> None:
    calls = PaidCalls(database, model, replace(ENDLESS, per_pattern_per_day=3), clock)
    server.then(replies.too_many(1), replies.too_many(1), replies.said("no"), replies.failure(500))
    for reason in ("postponed", "postponed", "postponed", None, "cap"):
        if reason is None:
            assert calls.ask(question()).value.name == "Next.js"
        elif reason == "cap":
            assert not_now(calls, version=2).reason == "cap"
        else:
            assert not_now(calls).reason == reason
    assert [row.paid for row in rows(database)] == [False, False, True, True, True]


def test_many_threads_over_several_engines_never_pass_the_cap_together(
    database: Engine, model: Model, clock: Clock, server: ScriptedServer
) -> None:
    engines = [create_engine(database.url, pool_size=4) for _ in range(3)]
    workers = [PaidCalls(engine, model, replace(ENDLESS, per_day=10), clock) for engine in engines]

    def ask(number: int) -> str:
        try:
            workers[number % 3].ask(question(f"key-{number}"))
        except NotNow as error:
            return error.reason
        return "answered"

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(ask, range(40)))
    for engine in engines:
        engine.dispose()
    assert sorted(set(outcomes)) == ["answered", "cap"]
    assert outcomes.count("answered") == len(server.asked) == 10


def test_no_more_are_in_flight_than_may_be(
    database: Engine, model: Model, clock: Clock, server: ScriptedServer
) -> None:
    calls = PaidCalls(database, model, replace(ENDLESS, in_flight=2), clock)
    server.script = lambda _asked: replies.answer(VALID).after(1)
    with ThreadPoolExecutor(2) as pool:
        under_way = [pool.submit(calls.ask, question(key)) for key in "ab"]
        server.wait_asked(2)
        refused = not_now(calls, "c")
        assert (refused.reason, refused.due) == ("busy", clock.now + datetime.timedelta(seconds=1))
        for one in under_way:
            one.result(10)
    assert server.most_in_flight == 2
    calls.ask(question("c"))


def test_an_operators_stop_is_heeded_by_all_until_resumed(
    calls: PaidCalls, database: Engine, clock: Clock, server: ScriptedServer
) -> None:
    calls.ask(question("known"))
    oversight.stop(database, clock.now, "too expensive")
    error = not_now(calls, "new")
    assert error.reason == "stopped"
    assert error.due > clock.now
    assert len(rows(database)) == 1
    assert oversight.report(database, clock.now, days=1)["stopped"]["why"] == "too expensive"
    # What was paid for is still answered.
    calls.ask(question("known"))
    assert len(server.asked) == 1
    assert oversight.resume(database)
    assert not oversight.resume(database)
    calls.ask(question("new"))


def test_a_stop_between_reservation_and_request_is_heeded(
    database: Engine, model: Model, clock: Clock, server: ScriptedServer
) -> None:
    def stop(step: Step) -> None:
        if step == "reserved":
            oversight.stop(database, clock.now, "")

    calls = PaidCalls(database, model, ENDLESS, clock, on_step=stop)
    assert not_now(calls).reason == "stopped"
    assert server.asked == []
    assert [(row.state, row.code, row.paid) for row in rows(database)] == [("failed", "stopped", False)]


def test_a_worker_that_slept_over_its_reservation_does_not_ask_too(
    database: Engine, model: Model, clock: Clock, server: ScriptedServer
) -> None:
    other = PaidCalls(database, model, ENDLESS, clock)

    def sleep(step: Step) -> None:
        if step == "reserved":
            clock.forward(60)
            other.ask(question())

    assert not_now(PaidCalls(database, model, ENDLESS, clock, on_step=sleep)).reason == "busy"
    assert len(server.asked) == len(rows(database)) == 1


def test_a_server_that_keeps_failing_is_left_alone_until_a_probe_succeeds(
    calls: PaidCalls, database: Engine, clock: Clock, server: ScriptedServer
) -> None:
    server.script = lambda _asked: replies.failure(500, "out of order")
    for number in range(5):
        not_now(calls, f"key-{number}")
    error = not_now(calls, "another")
    assert (error.reason, error.due) == ("circuit_open", clock.now + datetime.timedelta(seconds=30))
    assert "out of order" in error.message
    assert len(server.asked) == 5
    breaker = oversight.report(database, clock.now, days=1)["breaker"]
    assert (breaker["state"], breaker["failures"]) == ("open", 5)
    # One probe; it fails, and the pause doubles.
    clock.forward(30)
    assert not_now(calls, "another").due == clock.now + datetime.timedelta(seconds=60)
    assert not_now(calls, "another").reason == "circuit_open"
    assert len(server.asked) == 6
    clock.forward(60)
    server.script = lambda _asked: replies.answer(VALID).after(1)
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(calls.ask, question("another"))
        server.wait_asked(7)
        assert not_now(calls, "a third").reason == "circuit_open"
        probe.result(10)
    calls.ask(question("a third"))
    assert oversight.report(database, clock.now, days=1)["breaker"]["state"] == "closed"


def test_an_operator_may_close_the_breaker(
    calls: PaidCalls, database: Engine, clock: Clock, server: ScriptedServer
) -> None:
    server.script = lambda _asked: replies.failure(401, "wrong key")
    for number in range(5):
        gave_up(calls, f"key-{number}")
    assert not_now(calls).reason == "circuit_open"
    server.script = lambda _asked: replies.answer(VALID)
    assert oversight.resume(database)
    calls.ask(question())
