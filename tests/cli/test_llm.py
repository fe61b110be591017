"""`centralcloud llm`: what was spent, is under way, and failed; stop and resume, as every worker heeds them."""

import datetime
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from llm.model import Model
from services.paid_calls import Caps, NotNow, PaidCalls
from services.paid_calls.breaker import THRESHOLD
from tests.cli.command import Command
from tests.llm import replies
from tests.llm.scripted_server import ScriptedServer
from tests.services.asking import ENDLESS, KEY, VALID, question


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _asked: replies.answer(VALID)) as running:
        yield running


@pytest.fixture
def calls(rows: Engine, server: ScriptedServer) -> Iterator[PaidCalls]:
    _forget(rows)
    calls = PaidCalls(rows, Model("scripted", api_key=KEY, base_url=server.url, timeout=20), ENDLESS, now)
    yield calls
    calls.close()
    # A breaker left open would be seen by `status`.
    _forget(rows)


def _forget(rows: Engine) -> None:
    with rows.begin() as connection:
        connection.execute(text("TRUNCATE llm_calls, llm_control"))


def test_before_any_call_it_says_so(run: Command, calls: PaidCalls) -> None:
    assert run("llm").out == "0 paid calls today; no worker with a key has run here yet\n"
    assert run("llm", "--json").json["spending"]["day"] == []
    assert run("llm", "resume").out == "calls may leave: nothing was stopped\n"


def test_spending_failures_and_limits_are_shown(run: Command, calls: PaidCalls, server: ScriptedServer) -> None:
    calls.ask(question("[bold]nextjs"))
    server.then(replies.failure(500, "out of [/] order\nand more"))
    with pytest.raises(NotNow):
        calls.ask(question("other", instance=""))
    report = run("llm", "--json").json
    assert report["paid_today"] == 2
    assert {one["instance_id"]: one["paid"] for one in report["spending"]["instance"]} == {"alpha": 1, "": 1}
    assert [(one["code"], one["key"]) for one in report["failures"]] == [("postponed", "other")]
    said = run("llm").out
    assert f"scripted at {server.url}/\n2 paid calls today of at most 10000" in said
    for part in ("framework/[bold]nextjs", "out of [/] order", "(nobody in particular)", "by purpose", "0.0000"):
        assert part in said
    assert all(len(line) <= 110 for line in said.splitlines())


def test_what_is_under_way_is_shown_and_what_its_worker_left(run: Command, calls: PaidCalls, rows: Engine) -> None:
    calls.ask(question())
    state = text("UPDATE llm_calls SET state = 'sent', lease_until = :until")
    for until, shown in ((now() + datetime.timedelta(minutes=5), "sent"), (now(), "lost")):
        with rows.begin() as connection:
            connection.execute(state, {"until": until})
        (one,) = run("llm", "--json").json["in_flight"]
        assert (one["state"], one["key"]) == (shown, "nextjs")
        assert f"{one['call_id'][:8]}" in run("llm").out


def test_stop_and_resume_reach_every_worker(run: Command, calls: PaidCalls, server: ScriptedServer) -> None:
    assert run("llm", "stop", "--why", "too expensive").out.startswith("stopped: ")
    with pytest.raises(NotNow) as caught:
        calls.ask(question())
    assert caught.value.reason == "stopped"
    assert run("llm").out.startswith("stopped since ")
    assert run("llm", "--json").json["stopped"]["why"] == "too expensive"
    assert run("llm", "resume", "--json").json == {"state": "running"}
    calls.ask(question())
    assert len(server.asked) == 1


def test_an_open_breaker_is_shown_with_its_reason(run: Command, calls: PaidCalls, server: ScriptedServer) -> None:
    server.script = lambda _asked: replies.failure(503, "overloaded")
    for number in range(5):
        with pytest.raises(NotNow):
            calls.ask(question(f"key-{number}"))
    said = run("llm").out.splitlines()[0]
    assert said.startswith("the model's server fails: no call leaves before ")
    assert "overloaded" in said
    assert run("llm", "--json").json["breaker"]["state"] == "open"
    run("llm", "resume")
    assert run("llm", "--json").json["breaker"]["state"] == "closed"


def test_where_nothing_runs_it_is_one_line(nowhere: Command) -> None:
    for arguments in (("llm",), ("llm", "stop"), ("llm", "resume")):
        assert nowhere(*arguments, expect=5).error.startswith("centralcloud: ")


def test_status_says_what_keeps_calls_from_leaving(run: Command, calls: PaidCalls, server: ScriptedServer) -> None:
    assert run("status", "--json").json["database"]["paid_calls"]["state"] == "unused"
    calls.ask(question())
    report = run("status", "--json").json
    assert (report["health"], report["notes"]) == ("healthy", [])
    assert report["database"]["paid_calls"] == {"state": "running", "paid_today": 1, "cap_per_day": 10_000}
    run("llm", "stop", "--why", "the budget is [spent]")
    said = run("status").out
    assert said.startswith("healthy\n  paid calls: an operator stopped them ")
    assert "the budget is [spent]" in " ".join(said.split())
    stopped = run("status", "--json").json
    assert (stopped["database"]["paid_calls"]["state"], len(stopped["notes"])) == ("stopped", 1)
    run("llm", "resume")
    assert run("status").out.startswith("healthy\nprocess")


def test_status_says_that_the_cap_of_the_day_is_reached(run: Command, rows: Engine, server: ScriptedServer) -> None:
    model = Model("scripted", api_key=KEY, base_url=server.url, timeout=20)
    calls = PaidCalls(rows, model, Caps(per_day=1), now)
    _forget(rows)
    try:
        calls.ask(question())
        said = " ".join(run("status").out.split())
        assert "paid calls: the cap of 1 is reached until midnight UTC" in said
        report = run("status", "--json").json
        assert (report["health"], report["database"]["paid_calls"]["state"]) == ("healthy", "cap")
    finally:
        calls.close()
        _forget(rows)


def test_status_is_degraded_while_the_breaker_is_open(
    run: Command, calls: PaidCalls, rows: Engine, server: ScriptedServer
) -> None:
    for number in range(THRESHOLD):
        server.then(replies.failure(500, "out of [/] order"))
        with pytest.raises(NotNow):
            calls.ask(question(f"name-{number}"))
    said = " ".join(run("status", expect=1).out.split())
    assert said.startswith("degraded paid calls: the model's server fails, none leaves before ")
    assert "out of [/] order" in said
    report = run("status", "--json", expect=1).json
    assert report["database"]["paid_calls"]["state"] == "circuit_open"
    assert [why for why in report["why"] if why.startswith("paid calls: ")] == report["why"]
    with rows.begin() as connection:
        connection.execute(text("UPDATE llm_control SET open_until = now() - interval '1 second'"))
    assert run("status", "--json", expect=1).json["database"]["paid_calls"]["state"] == "probing"
