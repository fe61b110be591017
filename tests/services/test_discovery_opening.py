"""Misses open discoveries, each exactly once; what is said of an unknown name follows its row."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from services.discovery import forgetting, opening, operating
from services.discovery.identity import discovery_id
from services.discovery.reasons import pause
from tests.services.asking import Clock
from tests.services.discovering import Worker, discoveries, missed
from tests.services.learning_messages import one


@pytest.fixture
def worker(database: Engine) -> Worker:
    return Worker(database, Clock())


def settle(database: Engine, **values: object) -> None:
    """Put the one discovery there is into another state, as a run would."""
    told = ", ".join(f"{name} = :{name}" for name in values)
    with database.begin() as connection:
        connection.execute(text(f"UPDATE discoveries SET {told}"), values)


def test_a_miss_is_counted_and_opens_one_discovery(worker: Worker, database: Engine) -> None:
    assert worker.hear(missed("Nova", instance="alpha", asked=3), missed("NOVA", instance="beta")) == 1
    (row,) = discoveries(database)
    assert (row.type, row.key, row.name, row.instance_id, row.state) == ("framework", "nova", "Nova", "alpha", "open")
    assert (row.id, row.trace) == (discovery_id("framework", "nova"), "t" * 32)
    assert one(database, "SELECT * FROM misses").asked == 4
    assert worker.hear(missed("nova")) == 0
    assert one(database, "SELECT * FROM misses").asked == 5


def test_one_name_of_two_types_is_two_discoveries(worker: Worker) -> None:
    assert worker.hear(missed("nova"), missed("nova", "technology")) == 2


def test_many_workers_open_it_once(worker: Worker, database: Engine) -> None:
    names = [missed(f"nova{number}") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda turn: worker.hear(*(names if turn % 2 else reversed(names))), range(16)))
    assert sum(opened) == 20
    assert one(database, "SELECT sum(asked) AS asked FROM misses").asked == 16 * 20


def test_a_new_name_counts_as_being_found_out(worker: Worker) -> None:
    word = worker.say("nova")
    assert (word.id, word.runs, word.reason) == (discovery_id("framework", "nova"), True, "")


@pytest.mark.parametrize("name", ["/etc/passwd", "…", "12345", "https://example.org/?token=abc"])
def test_nonsense_has_a_reason_and_no_id(worker: Worker, name: str) -> None:
    word = worker.say(name)
    assert (word.id, word.runs, word.reason) == ("", False, "not_a_name")


def test_open_and_running_are_told_as_running(worker: Worker, database: Engine) -> None:
    worker.hear(missed("nova"))
    assert worker.say("nova").runs
    settle(database, state="running")
    assert worker.say("nova").runs


def test_put_off_is_told_with_its_time_and_reason(worker: Worker, database: Engine) -> None:
    worker.hear(missed("nova"))
    settle(database, due_at=worker.clock() + datetime.timedelta(hours=1), reason="cap")
    word = worker.say("nova")
    assert (word.runs, word.due_ms, word.reason) == (True, 3_600_000, "cap")
    worker.clock.forward(3_600)
    word = worker.say("nova")
    assert (word.runs, word.due_ms, word.reason) == (True, 0, "")


def test_a_failure_is_remembered_until_its_pause_is_over(worker: Worker, database: Engine) -> None:
    worker.hear(missed("nova"))
    settle(database, state="failed", reason="refused", failures=1, due_at=worker.clock() + datetime.timedelta(hours=1))
    word = worker.say("nova")
    assert (word.runs, word.reason, word.due_ms) == (False, "refused", 3_600_000)
    assert worker.hear(*[missed("nova")] * 1_000) == 0
    worker.clock.forward(3_601)
    assert worker.say("nova").runs
    assert worker.hear(missed("nova", instance="beta")) == 1
    (row,) = discoveries(database)
    # Its failures are counted on: the next pause is longer.
    assert (row.state, row.reason, row.failures, row.instance_id) == ("open", None, 1, "beta")


def test_what_failed_for_want_of_a_model_is_tried_again_once_there_is_one(worker: Worker, database: Engine) -> None:
    worker.hear(missed("nova"))
    settle(database, state="failed", reason="discovery_disabled", due_at=worker.clock() + datetime.timedelta(hours=1))
    assert worker.say("nova").reason == "discovery_disabled"
    assert worker.hear(missed("nova")) == 0
    assert opening.record(database, [missed("nova")], worker.clock(), enabled=True) == 1


def test_what_was_found_and_went_away_is_found_out_anew(worker: Worker, database: Engine) -> None:
    worker.hear(missed("nova"))
    settle(database, state="found", slug="nova", found_by="model")
    # A miss that was read before the finding must not begin it again.
    assert worker.hear(missed("nova")) == 0
    worker.clock.forward(60)
    assert worker.hear(missed("nova")) == 1


@pytest.mark.parametrize(
    "reason", ["failed", "refused", "unreadable", "misconfigured", "postponed", "no_such_thing", "other"]
)
def test_pauses_grow_from_minutes_to_days_and_not_for_ever(reason: str) -> None:
    pauses = [pause(reason, failures) for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert datetime.timedelta(minutes=1) <= pauses[0] < pauses[-1] <= datetime.timedelta(days=60)
    assert pauses[-1] == pauses[-2]


def test_what_nobody_asks_for_any_more_is_forgotten_and_what_waits_is_not(worker: Worker, database: Engine) -> None:
    worker.hear(missed("nova"), missed("nebula"))
    with database.begin() as connection:
        connection.execute(text("UPDATE discoveries SET state = 'failed', reason = 'refused' WHERE key = 'nova'"))
        connection.execute(text("UPDATE misses SET last_asked_at = :now"), {"now": worker.clock()})
    assert forgetting.forget(database, worker.clock() + datetime.timedelta(days=89)) == 0
    assert forgetting.forget(database, worker.clock() + datetime.timedelta(days=91)) == 3
    assert [row.key for row in discoveries(database)] == ["nebula"]


def test_operators_list_retry_and_forget(worker: Worker, database: Engine) -> None:
    worker.hear(missed("nova"), missed("nebula"), missed("quasar", "technology"))
    settle(database, state="failed", reason="refused", failures=5, due_at=worker.clock() + datetime.timedelta(days=9))
    listed = operating.ls(database, states=["failed"], type_="framework", reason="refused", limit=10)
    assert [row.name for row in listed] == ["nebula", "nova"]
    assert operating.ls(database, states=["open", "running", "found"], limit=10) == []

    (row,) = operating.retry(database, ["framework/Nova"], worker.clock())
    assert (row.type, row.key) == ("framework", "nova")
    assert worker.say("nova").runs
    assert one(database, "SELECT * FROM discoveries WHERE key = 'nova'").failures == 0
    assert operating.retry(database, [], worker.clock(), reason="cap") == []
    assert len(operating.retry(database, [], worker.clock(), reason="refused")) == 2
    assert len(operating.retry(database, [], worker.clock())) == 3

    assert [row.key for row in operating.forget(database, [discovery_id("technology", "quasar")])] == ["quasar"]
    assert operating.forget(database, ["technology/quasar", "nonsense"]) == []
    assert worker.hear(missed("quasar", "technology")) == 1
