"""What is paid for and what is not: answers, repairs, failures, and the report; on real sockets."""

import datetime
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import Engine, create_engine, text

from llm.model import Model
from services.paid_calls import Answered, PaidCalls, oversight
from services.paid_calls.asking import MOST_IN_VAIN, Step
from tests.llm import replies
from tests.llm.replies import Reply
from tests.llm.scripted_server import Asked, ScriptedServer
from tests.services.asking import ENDLESS, KEY, VALID, Clock, Found, question
from tests.services.paid_calls.outcomes import gave_up, not_now, rows


def test_an_answer_is_paid_for_once(calls: PaidCalls, server: ScriptedServer, database: Engine) -> None:
    first, second = calls.ask(question()), calls.ask(question())
    assert first == second == Answered(Found(name="Next.js", kind="framework"), "scripted", first.call_id)
    assert len(server.asked) == 1
    (row,) = rows(database)
    assert (row.id, row.state, row.paid, row.attempt) == (first.call_id, "done", True, 1)
    assert (row.purpose, row.type, row.key, row.instance_id) == ("discovery", "framework", "nextjs", "alpha")
    assert (row.prompt_tokens, row.completion_tokens, row.cost) == (120, 40, Decimal("0.00064"))
    assert (json.loads(row.output), row.served_by) == (VALID, "scripted-1")


def test_another_prompt_version_model_or_wish_for_news_is_another_question(
    calls: PaidCalls, server: ScriptedServer, database: Engine, clock: Clock
) -> None:
    calls.ask(question())
    calls.ask(question(version=2))
    assert len(server.asked) == 2
    clock.forward(60)
    calls.ask(question(since=clock.now))
    calls.ask(question(since=clock.now))
    assert len(server.asked) == 3
    other = Model("other", api_key=KEY, base_url=server.url)
    PaidCalls(database, other, ENDLESS, clock).ask(question())
    other.close()
    assert len(server.asked) == 4


def test_an_answer_is_written_down_through_a_fault_of_the_database(
    database: Engine, model: Model, clock: Clock, server: ScriptedServer
) -> None:
    engine = create_engine(database.url, pool_size=1)

    def sever(step: Step) -> None:
        if step == "answered":
            with database.begin() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                connection.execute(text(f"{others} AND datname = current_database()"))

    answered = PaidCalls(engine, model, ENDLESS, clock, on_step=sever).ask(question())
    engine.dispose()
    assert [(row.id, row.state) for row in rows(database)] == [(answered.call_id, "done")]
    assert len(server.asked) == 1


def test_two_who_ask_the_same_at_one_time_pay_once(calls: PaidCalls, server: ScriptedServer, clock: Clock) -> None:
    server.script = lambda _asked: replies.answer(VALID).after(1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(calls.ask, question())
        server.wait_asked(1)
        second = not_now(calls)
        assert first.result(10).value.name == "Next.js"
    assert (second.reason, len(server.asked)) == ("busy", 1)
    assert second.due > clock.now


def test_an_answer_that_does_not_validate_is_mended_once(
    calls: PaidCalls, server: ScriptedServer, database: Engine
) -> None:
    server.then(replies.answer({"name": "Next.js", "kind": "database"}))
    answered = calls.ask(question())
    assert answered.value.kind == "framework"
    first, repair = server.asked
    assert "kind: Input should be 'framework' or 'library'" in repair.user
    assert repair.body["messages"][:2] == first.body["messages"]
    wrong, right = rows(database)
    assert (wrong.state, wrong.code, wrong.paid, wrong.cost) == ("failed", "unreadable", True, Decimal("0.00064"))
    assert json.loads(json.loads(wrong.raw))["kind"] == "database"
    assert (right.state, right.repair, right.attempt, right.id) == ("done", True, 2, answered.call_id)
    assert calls.ask(question()) == answered
    assert len(server.asked) == 2


def test_an_answer_that_cannot_be_mended_is_given_up_and_begun_anew_later(
    calls: PaidCalls, server: ScriptedServer, database: Engine
) -> None:
    server.then(replies.said("no"), replies.said("still no"), replies.answer(VALID))
    assert gave_up(calls).reason == "unreadable"
    assert [row.code for row in rows(database)] == ["unreadable", "unreadable"]
    assert calls.ask(question()).value.name == "Next.js"
    assert len(server.asked[2].body["messages"]) == 2


def test_what_is_kept_of_a_bad_answer_is_bounded_and_ours(
    calls: PaidCalls, server: ScriptedServer, database: Engine
) -> None:
    server.then(replies.said("\x00\ud800" + "x" * 100_000), replies.answer(VALID | {"\x00" * 3_000: "\ud800"}))
    gave_up(calls)
    wild, extra = rows(database)
    assert json.loads(wild.raw).startswith("\x00")
    assert len(wild.raw) < 20_000
    assert "\x00" not in wild.error + extra.error
    assert len(extra.error) < 1_000
    server.then(replies.refusal("no\x00" * 10_000))
    assert gave_up(calls).message.startswith("no�no")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (replies.refusal(), "refused"),
        (replies.failure(400, "too long"), "refused"),
        (replies.failure(401), "misconfigured"),
        (replies.failure(404, "no such model"), "misconfigured"),
    ],
)
def test_what_cannot_get_better_is_given_up(
    calls: PaidCalls, server: ScriptedServer, reply: Reply, reason: str
) -> None:
    server.then(reply)
    error = gave_up(calls)
    assert error.reason == reason
    assert error.message
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "seconds", "paid"),
    [
        (replies.too_many(120), 120, False),
        (replies.too_many(), 30, False),
        (replies.failure(503), 30, True),
        (replies.truncated(VALID), 30, True),
        (replies.closed(), 30, True),
        (replies.bad_json(), 30, True),
    ],
)
def test_what_may_get_better_says_when(
    calls: PaidCalls,
    server: ScriptedServer,
    database: Engine,
    clock: Clock,
    reply: Reply,
    seconds: float,
    *,
    paid: bool,
) -> None:
    server.then(reply)
    error = not_now(calls)
    assert (error.reason, error.due) == ("postponed", clock.now + datetime.timedelta(seconds=seconds))
    (row,) = rows(database)
    assert (row.state, row.code, row.paid) == ("failed", "postponed", paid)
    assert calls.ask(question()).value.name == "Next.js"


def test_what_the_server_fails_again_and_again_is_given_up_and_begun_anew_later(
    calls: PaidCalls, server: ScriptedServer, clock: Clock
) -> None:
    def fails_at_one(asked: Asked) -> Reply:
        return replies.failure(500, "out of order") if "poison" in asked.user else replies.answer(VALID)

    server.script = fails_at_one
    for number in range(MOST_IN_VAIN - 1):
        assert not_now(calls, "poison").reason == "postponed"
        # Others are answered meanwhile, so it is not the server that is left alone.
        calls.ask(question(f"key-{number}"))
        server.then(replies.too_many(1))
        assert not_now(calls, "poison").reason == "postponed"
        calls.ask(question(f"other-{number}"))
    error = gave_up(calls, "poison")
    assert (error.reason, error.message) == (
        "postponed",
        "the server failed 5 times in a row: Error code: 500 - out of order",
    )
    clock.forward(3_600)
    assert not_now(calls, "poison", since=clock.now).reason == "postponed"


def _json_mode_only(asked: Asked) -> Reply:
    if asked.format == "json_schema":
        return replies.unknown_parameter("response_format")
    if "max_completion_tokens" in asked.body:
        return replies.unknown_parameter("max_completion_tokens")
    return replies.answer(VALID)


def test_a_server_that_knows_json_mode_only_is_understood_within_one_question(
    calls: PaidCalls, server: ScriptedServer, database: Engine
) -> None:
    server.script = _json_mode_only
    assert calls.ask(question("a")).value.name == "Next.js"
    assert [(row.code, row.paid) for row in rows(database)][:2] == [("not_understood", False)] * 2
    calls.ask(question("b"))
    assert len(server.asked) == 4


def test_the_report_tells_who_spent_what_on_what(
    calls: PaidCalls, database: Engine, clock: Clock, server: ScriptedServer
) -> None:
    calls.ask(question("a", instance="alpha"))
    clock.forward(86_400)
    server.then(replies.failure(500, "out of order"))
    not_now(calls, "b", instance="beta")
    calls.ask(question("b", instance="beta"))
    calls.ask(question("c", instance="beta"))
    report = oversight.report(database, clock.now, days=30)
    assert report["paid_today"] == 3
    by_day = [(one["day"].day, one["calls"], one["paid"], one["failed"]) for one in report["spending"]["day"]]
    assert by_day == [(5, 3, 3, 1), (4, 1, 1, 0)]
    assert [(one["instance_id"], one["cost"]) for one in report["spending"]["instance"]] == [
        ("beta", 0.00128),
        ("alpha", 0.00064),
    ]
    assert {one["key"]: one["calls"] for one in report["spending"]["pattern"]} == {"a": 1, "b": 2, "c": 1}
    assert [(one["purpose"], one["prompt_tokens"]) for one in report["spending"]["purpose"]] == [("discovery", 360)]
    assert [(one["key"], one["code"]) for one in report["failures"]] == [("b", "postponed")]
    assert report["setting"]["caps"]["per_day"] == ENDLESS.per_day
    assert KEY not in json.dumps(report, default=str)
    assert len(oversight.report(database, clock.now, days=1)["spending"]["day"]) == 1
