"""Which discovery comes next: in turn between those who ask, once for a kind of things, not while no call may leave;
who asks for too much is turned away, and nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from llm.model import Model
from services import catalogue, shipped_templates
from services.discovery import opening, operating
from services.discovery.outcomes import Outcome
from services.paid_calls import Caps, PaidCalls, oversight
from tests.llm import replies
from tests.llm.scripted_server import ScriptedServer
from tests.services.asking import ENDLESS, KEY, Clock
from tests.services.discovering import FOUND, NOT_FOUND, Worker, discoveries, missed
from tests.services.finding_things import CATALOGUE
from tests.services.learning_messages import one
from tests.services.test_templates_of_the_centre import SHIPPED

PLAIN = FOUND | {"name": None, "indicators": []}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _asked: replies.answer(PLAIN)) as running:
        yield running


@pytest.fixture
def model(server: ScriptedServer) -> Iterator[Model]:
    made = Model("scripted", api_key=KEY, base_url=server.url, timeout=20)
    yield made
    made.close()


@pytest.fixture
def worker(database: Engine, model: Model, tmp_path: Path) -> Worker:
    (tmp_path / "few.yaml").write_text(CATALOGUE)
    catalogue.load(database, tmp_path)
    shipped_templates.load(database, SHIPPED)
    clock = Clock()
    return Worker(database, clock, PaidCalls(database, model, ENDLESS, clock))


def beside(worker: Worker, server: ScriptedServer, said: object) -> Worker:
    """Return a second worker, which works while the model thinks about the first question."""
    second = Worker(worker.database, worker.clock, worker.paid_calls)

    def think(_asked: object) -> replies.Reply:
        if not second.told:
            second.work()
        return replies.answer(said)

    server.script = think
    return second


@pytest.mark.parametrize(("first", "then"), [("framework", "technology"), ("code", "microservice")])
def test_one_name_asked_for_as_two_types_of_a_kind_at_once_costs_one_call(
    worker: Worker, server: ScriptedServer, first: str, then: str
) -> None:
    second = beside(worker, server, PLAIN)
    worker.hear(missed("nova", first))
    worker.clock.forward(1)
    worker.hear(missed("nova", then), missed("nebula"))
    outcomes = worker.work()
    # What stands behind it does not wait.
    assert [(told.type, told.key) for told in second.told] == [("framework", "nebula")] * 2
    assert [(it.type, it.state, it.reason) for it in outcomes] == [
        (first, "found", ""),
        (then, "failed", f"known_as_{first}"),
    ]
    assert len(server.asked) == 2


def test_a_name_that_is_nothing_of_one_type_is_asked_for_as_the_other(worker: Worker, server: ScriptedServer) -> None:
    second = beside(worker, server, NOT_FOUND)
    worker.hear(missed("nova"), missed("nova", "technology"))
    assert [outcome.reason for outcome in worker.work()] == ["no_such_thing"] * 2
    assert (second.told, len(server.asked)) == ([], 2)


def test_nobody_waits_for_all_that_another_asks(worker: Worker, server: ScriptedServer) -> None:
    worker.hear(*(missed(f"flood {letter}", instance="flood") for letter in "abcdefghij"))
    worker.clock.forward(1)
    worker.hear(missed("nova", instance="beta"))
    second = beside(worker, server, PLAIN)
    worker.work()
    assert second.told[0].key == "nova"
    assert {row.state for row in discoveries(worker.database)} == {"found"}


def test_what_was_put_off_is_left_alone_while_no_call_may_leave(worker: Worker, server: ScriptedServer) -> None:
    oversight.stop(worker.database, worker.clock(), "too dear")
    worker.hear(*(missed(f"nova {letter}") for letter in "abc"))
    assert [(it.state, it.reason) for it in worker.work()] == [("open", "stopped")] * 3
    worker.clock.forward(3_600)
    assert worker.work() == []
    # What costs nothing is found all the same.
    worker.hear(missed("react framework"))
    (outcome,) = worker.work()
    assert (outcome.state, outcome.found_by, server.asked) == ("found", "alias", [])
    oversight.resume(worker.database)
    assert [it.state for it in worker.work()] == ["found"] * 3


def test_what_waits_for_the_day_or_a_place_is_looked_at_once(worker: Worker, model: Model) -> None:
    worker.paid_calls = PaidCalls(worker.database, model, Caps(per_day=1), worker.clock)
    worker.hear(missed("nova"))
    worker.work()
    worker.hear(*(missed(f"nova {letter}") for letter in "abc"))
    assert [it.reason for it in worker.work()] == ["cap"] * 3
    operating.retry(worker.database, [], worker.clock())
    assert [it.reason for it in worker.work()] == ["cap"] * 3
    with worker.database.begin() as connection:
        connection.execute(text("UPDATE discoveries SET due_at = :now WHERE state = 'open'"), {"now": worker.clock()})
    assert worker.work() == []
    worker.clock.forward(86_400)
    assert [it.state for it in worker.work()] == ["found"]


def test_askers_behind_a_probe_wait_as_long_as_it_takes_and_no_longer(worker: Worker, server: ScriptedServer) -> None:
    server.script = lambda _asked: replies.failure(500, "out of order")
    worker.hear(*(missed(f"nova {letter}") for letter in "abcde"))
    worker.work()
    worker.clock.forward(31)
    worker.hear(missed("nebula"), missed("quasar"))
    second = beside(worker, server, PLAIN)
    worker.work()
    put_off = [it for it in second.told if it.state == "open"]
    assert [(it.reason, it.due_ms) for it in put_off] == [("circuit_open", 1_000)] * 2
    worker.clock.forward(1)
    worker.work()
    assert {row.state for row in discoveries(worker.database)} == {"found"}


def fill(database: Engine, count: int, instance: str, clock: Clock) -> None:
    """Open so many discoveries on one account."""
    statement = """
        INSERT INTO discoveries
          (type, key, id, name, instance_id, trace, state, runs, failures, due_at, opened_at, changed_at)
        SELECT 'framework', :instance || n, md5(:instance || n), :instance || n, :instance, '', 'open', 0, 0,
          :now, :now, :now
        FROM generate_series(1, :count) AS n
    """
    with database.begin() as connection:
        connection.execute(text(statement), {"count": count, "instance": instance, "now": clock()})


def turned_away(worker: Worker, name: str, instance: str) -> list[Outcome]:
    told = list[Outcome]()
    opening.record(worker.database, [missed(name, instance=instance)], worker.clock(), enabled=True, tell=told.append)
    return told


def test_who_asks_for_too_much_is_turned_away_and_nobody_else(worker: Worker) -> None:
    fill(worker.database, opening.MOST_OF_ONE, "flood", worker.clock)
    (outcome,) = turned_away(worker, "nova", "flood")
    assert (outcome.state, outcome.reason, outcome.due_ms) == ("failed", "too_many", 3_600_000)
    word = worker.say("nova")
    assert (word.id, word.runs, word.reason, word.due_ms) == (outcome.id, False, "too_many", 3_600_000)
    assert turned_away(worker, "nova", "flood") == []
    assert turned_away(worker, "nebula", "beta") == []
    assert worker.say("nebula").runs
    (row,) = operating.ls(worker.database, states=["failed"], reason="too_many", limit=10)
    assert (row.name, bool(row.message)) == ("nova", True)
    # Whoever asks when there is room again has it found out.
    worker.clock.forward(3_601)
    assert turned_away(worker, "nova", "beta") == []
    assert worker.say("nova").runs


def test_beyond_a_bound_nothing_is_opened_for_anybody(worker: Worker) -> None:
    for number in range(10):
        fill(worker.database, opening.MOST_UNSETTLED // 10, f"i{number}x", worker.clock)
    (outcome,) = turned_away(worker, "nova", "beta")
    assert outcome.reason == "too_many"
    assert one(worker.database, "SELECT state FROM discoveries WHERE key = 'nova'").state == "failed"
