"""`status` and `dead-letters`; and what every command says when nobody is there, or when it cannot be understood."""

import signal
import time
import uuid
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cli.storage import database
from stack.system import System
from tests.cli.command import Command
from tests.end_to_end.patience import until


def test_status_of_a_healthy_system(run: Command, system: System) -> None:
    until(lambda: run("status", "--json", expect=0).json["health"] == "healthy", 1, "it is not well")
    report = run("status", "--json").json
    assert {process["name"] for process in report["processes"]} == set(system.supervisor.children)
    assert [queue["name"] for queue in report["redis"]["queues"]][:4] == ["lookup", "detect", "learn", "sync"]
    assert report["feed_lag"] == 0
    assert report["database"]["feed_head"] == report["nats"]["published"] > 0
    said = run("status").out
    assert said.startswith("healthy\n")
    assert all(len(line) <= 110 for line in said.splitlines())


def test_status_names_what_is_missing(run: Command, system: System) -> None:
    system.hold("consolidate")
    try:
        said = run("status", expect=1).out
        assert said.startswith("degraded\n  consolidate is gone\n")
        assert "consolidate is gone" in run("status", "--json", expect=1).json["why"]
    finally:
        system.start_again("consolidate")
    assert run("status").out.startswith("healthy\n")


def test_status_without_a_database_still_shows_the_rest(run: Command, system: System) -> None:
    system.hold("postgres", by_force=True)
    try:
        report = run("status", "--json", expect=1).json
        assert not report["database"]["ok"]
        assert report["redis"]["ok"]
        assert any(why.startswith("database: ") for why in report["why"])
        refused = run("export", "-", expect=5)
        assert refused.error.startswith("centralcloud: the database does not answer: ")
        assert refused.error.count("\n") == 1
    finally:
        system.start_again("postgres")
    until(lambda: run("status", "--json", expect=0), 1, "it is not well")


def test_status_of_a_system_that_answers_nobody(run: Command, system: System) -> None:
    system.child("gateway").signal(signal.SIGSTOP)
    try:
        said = run("status", expect=2).out
        assert said.startswith("down\n")
        assert "  no gateway answers\n" in said
    finally:
        system.child("gateway").signal(signal.SIGCONT)
    until(lambda: run("status", "--json").json["health"] == "healthy", 1, "it is not well")


def test_status_where_nothing_runs(nowhere: Command) -> None:
    assert nowhere("status", expect=2).out.startswith("down: nothing runs on ")
    assert nowhere("status", "--json", expect=2).json["health"] == "down"


def test_status_of_a_system_that_died_without_a_word(nowhere: Command, tmp_path: Path) -> None:
    state = tmp_path / ".centralcloud"
    state.mkdir()
    (state / "env").write_text(
        "CENTRALCLOUD_NATS_URL=nats://127.0.0.1:9\nCENTRALCLOUD_REDIS_URL=redis://127.0.0.1:9/0\n"
        "CENTRALCLOUD_DATABASE_URL=postgresql://x@127.0.0.1:9/x\nCENTRALCLOUD_FLOWER_URL=http://127.0.0.1:9\n"
    )
    assert nowhere("status", expect=2).out.startswith("down\n")


def test_dead_letters_are_listed_and_sent_again(run: Command, rows: Engine) -> None:
    name, learn_id = f"dead-{uuid.uuid4().hex[:10]}", uuid.uuid4().hex
    assert run("dead-letters", "ls").out == "no dead letters\n"
    assert run("dead-letters", "ls", "--json").json == []
    assert run("dead-letters", "retry").out == "no dead letters\n"
    assert run("dead-letters", "retry", "4711", expect=4).error == "centralcloud: no such dead letters\n"
    planted = bury(rows, name, learn_id)

    letter = run("dead-letters", "ls", "--json").json[0]
    assert (letter["id"], letter["learn_id"], letter["attempts"]) == (planted, learn_id, 5)
    line = run("dead-letters", "ls").out.splitlines()[1]
    assert "framework.learn" in line
    assert "ZeroDivisionError: [x]" in line
    assert len(line) <= 110
    assert "1 dead letter (" in run("status", expect=1).out

    assert run("dead-letters", "retry", str(planted)).out == "sent 1 learn again\n"
    assert run("dead-letters", "ls").out == "no dead letters\n"
    until(lambda: state_of(rows, learn_id) == "applied", 15, "it was not applied")
    assert run("query", "framework", name, "--json").json["patterns"][0]["slug"] == name


def test_dead_letters_stay_listed_when_they_cannot_be_sent(run: Command, rows: Engine, system: System) -> None:
    planted = bury(rows, "unsent", uuid.uuid4().hex)
    system.hold("nats", by_force=True)
    try:
        refused = run("dead-letters", "retry", expect=5)
        assert refused.error.startswith("centralcloud: cannot reach NATS at ")
    finally:
        system.start_again("nats")
    assert [letter["id"] for letter in run("dead-letters", "ls", "--json").json] == [planted]
    with rows.begin() as connection:
        connection.execute(text("DELETE FROM dead_letters"))


def test_a_retry_says_that_secrets_were_taken_out(run: Command, rows: Engine) -> None:
    for name in ("redacted-once", "redacted-twice"):
        bury(rows, name, uuid.uuid4().hex, redacted=True)
    first, second = run("dead-letters", "ls", "--json").json
    assert first["redacted"]
    said = run("dead-letters", "retry", str(first["id"])).out
    assert said == "sent 1 learn again\n1 of them without the secrets that they held\n"
    assert run("dead-letters", "retry", str(second["id"]), "--json").json == {"sent": 1, "redacted": 1}


def bury(rows: Engine, name: str, learn_id: str, *, redacted: bool = False) -> int:
    """Leave a learn as one that failed five times."""
    body = f'{{"name":"{name}","indicators":["file x"]}}'.encode()
    with rows.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO learns (learn_id, body_hash, kind, type, instance_id, codebase_id, state, code)"
                " VALUES (:learn_id, 'x', 'learn', 'framework', '', '', 'rejected', 'dead_letter')"
            ),
            {"learn_id": learn_id},
        )
        return int(
            connection.execute(
                text(
                    "INSERT INTO dead_letters (learn_id, subject, headers, data, redacted, attempts, error)"
                    " VALUES (:learn_id, 'centralcloud.patterns.framework.learn', '{}', :body, :redacted, 5,"
                    " 'ZeroDivisionError: [x] long ' || repeat('y', 200)) RETURNING id"
                ),
                {"learn_id": learn_id, "body": body, "redacted": redacted},
            ).scalar_one()
        )


def state_of(rows: Engine, learn_id: str) -> str | None:
    with rows.connect() as connection:
        found = connection.execute(text("SELECT state FROM learns WHERE learn_id = :id"), {"id": learn_id}).scalar()
    return None if found is None else str(found)


_ASKING = [
    ("query", "framework", "x"),
    ("search", "framework", "x"),
    ("scan", "."),
    ("learn", "framework", "x", "-i", "file x"),
    ("watch",),
    ("demo",),
    ("import", "store.jsonl", "--instance", "x"),
]


@pytest.mark.parametrize("arguments", _ASKING, ids=lambda arguments: str(arguments[0]))
def test_nobody_at_the_address_is_said_soon_in_one_line(nowhere: Command, arguments: tuple[str, ...]) -> None:
    (nowhere.folder / "store.jsonl").write_text('{"type":"framework","name":"x","indicators":["file x"]}\n')
    began = time.monotonic()
    refused = nowhere(*arguments, "--nats-url", "nats://127.0.0.1:9", expect=5)
    assert time.monotonic() - began < 10
    assert refused.error.startswith("centralcloud: cannot reach NATS at 127.0.0.1:9: ")
    assert refused.error.count("\n") == 1
    assert refused.out == ""


@pytest.mark.parametrize("arguments", _ASKING, ids=lambda arguments: str(arguments[0]))
def test_no_system_here_is_said_with_what_to_do(nowhere: Command, arguments: tuple[str, ...]) -> None:
    (nowhere.folder / "store.jsonl").write_text('{"type":"framework","name":"x","indicators":["file x"]}\n')
    refused = nowhere(*arguments, expect=5)
    assert "start one with `centralcloud up`" in refused.error
    assert refused.error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "recipe", "x"),
        ("search", "recipe", "x"),
        ("learn", "recipe", "x"),
        ("query", "framework"),
        ("query", "framework", "x", "--wait-ms", "soon"),
        ("scan", "/does/not/exist"),
        ("import", "/does/not/exist", "--instance", "x"),
        ("import", "store.jsonl"),
        ("learn", "framework", "--file", "/does/not/exist"),
        ("learn", "framework", "x", "--example", "/does/not/exist"),
        ("dead-letters", "retry", "one"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_said_in_one_line(nowhere: Command, arguments: tuple[str, ...]) -> None:
    refused = nowhere(*arguments, expect=2)
    assert refused.error.startswith("centralcloud: ")
    assert refused.error.count("\n") == 1


@pytest.mark.parametrize("arguments", [("export", "-"), ("dead-letters", "ls"), ("dead-letters", "retry")])
def test_no_database_here_is_said(nowhere: Command, arguments: tuple[str, ...]) -> None:
    assert "no database is known here" in nowhere(*arguments, expect=5).error


def test_help_names_every_command(nowhere: Command) -> None:
    said = nowhere("--help").out
    for name in ("up", "down", "status", "query", "search", "scan", "learn", "import", "export", "watch", "demo"):
        assert f"  {name} " in said


def test_what_others_hold_is_no_database_that_is_away(
    rows: Engine, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    held = text("SELECT 1 FROM feed_head FOR UPDATE")

    def wait_for_it() -> None:
        with database(system.options.state) as engine, engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
            connection.execute(held)

    with rows.begin() as holder:
        holder.execute(held)
        with pytest.raises(SystemExit) as ended:
            wait_for_it()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "centralcloud: others are at work on the same at this moment: try again\n"
