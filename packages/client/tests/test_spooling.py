"""From the spool to NATS: many at once and still in order, nobody's word taken for another's, and what became of it."""

import json
import subprocess
import sys
from pathlib import Path

from centralcloud_client import AsyncCentralPatternsClient, subjects
from centralcloud_client.messages.requests import MAX_LEARN_IDS
from centralcloud_client.spool import Spool
from packages.client.tests.centre import Centre, Json
from packages.client.tests.test_outage import LEARN

NOWHERE = "nats://127.0.0.1:1"

FILLING = """
import resource, signal, sys
from centralcloud_client import CentralPatternsClient, StateError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
learn = {"name": "x", "examples": ["x" * 30_000]}
with CentralPatternsClient("nats://127.0.0.1:1", state_dir=sys.argv[1]) as client:
    client.connect()
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    taken = refused = 0
    for _ in range(30):
        try:
            client.learn_new_pattern("framework", learn)
            taken += 1
        except StateError:
            refused += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    client.learn_new_pattern("framework", learn)
    print(refused > 0, client.status().spooled == taken + 1)
"""


def outcomes(question: Json, states: dict[str, str], room: int = 1_000) -> Json:
    """Answer learn.status as the centre does, for one or for many."""
    if "learn_id" in question:
        return {"v": 1, "ok": True} | _outcome(question["learn_id"], states)
    told = [_outcome(learn_id, states) for learn_id in question["learn_ids"][:room]]
    return {"v": 1, "ok": True, "outcomes": told}


def _outcome(learn_id: str, states: dict[str, str]) -> Json:
    return {"learn_id": learn_id, "state": states.get(learn_id, "unknown")}


async def test_what_an_anonymous_client_left_stays_anonymous(centre: Centre, state: Path) -> None:
    async with AsyncCentralPatternsClient(NOWHERE, state_dir=state) as one:
        await one.learn_new_pattern("framework", LEARN)
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state, instance_id="alpha") as other:
        await other.learn_new_pattern("framework", LEARN)
        assert await other.flush(10)
    said = [(message.headers or {}, json.loads(message.data or b"")) for message in centre.kept()]
    assert [(headers.get("CC-Instance"), body.get("instance_id")) for headers, body in said] == [
        (None, None),
        (None, "alpha"),
    ]


async def test_feedback_is_never_taken_before_the_learn_it_follows(centre: Centre, state: Path) -> None:
    """The stream has no room for the learns, which are large, but would have for the feedback behind them."""
    centre.drop_learn_stream()
    centre.make_learn_stream(max_bytes=20_000)
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state) as one:
        large = LEARN | {"description": "long " * 2_000}
        await one.learn_new_patterns([("framework", large | {"learn_id": f"l{number}"}) for number in range(5)])
        await one.feedback("framework", "custom-framework", "confirmed", learn_id="f")
        assert not await one.flush(1)
        assert {learn["learn_id"] for learn in centre.learns()} <= {f"l{number}" for number in range(5)}
        assert 0 < len(centre.learns()) < 5
        centre.drop_learn_stream()
        centre.make_learn_stream()
        assert await one.flush(20)
    assert centre.learns()[-1]["learn_id"] == "f"


def test_large_messages_are_carried_a_few_at_a_time(state: Path) -> None:
    spool = Spool(state)
    spool.add_all((f"l{number}", subjects.learn("code"), b"x" * 400_000) for number in range(10))
    assert [one.learn_id for one in spool.head(64, 1_000_000)] == ["l0", "l1", "l2"]
    assert [one.learn_id for one in spool.head(2, 1_000_000)] == ["l0", "l1"]
    assert [one.learn_id for one in spool.head(64, 1)] == ["l0"]
    spool.close()


async def test_what_nats_acknowledged_and_nobody_decided_is_accepted(centre: Centre, state: Path) -> None:
    states: dict[str, str] = {}
    centre.replies[subjects.LEARN_STATUS] = lambda question: outcomes(question, states)
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state) as one:
        learn_id = await one.learn_new_pattern("framework", LEARN)
        assert await one.flush(10)
        assert (await one.learn_status(learn_id)).state == "accepted"
        assert (await one.learn_status("never sent")).state == "unknown"
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state) as other:
        told = await other.learn_statuses([learn_id, "never sent"])
        assert [one.state for one in told] == ["accepted", "unknown"]
        states[learn_id] = "applied"
        assert (await other.learn_status(learn_id)).state == "applied"


async def test_many_outcomes_take_few_questions(centre: Centre, state: Path) -> None:
    ids = [f"l{number}" for number in range(3 * MAX_LEARN_IDS)]
    states = dict.fromkeys(ids, "applied") | {"l7": "rejected"}
    # A reply that has room for less than was asked for.
    centre.replies[subjects.LEARN_STATUS] = lambda question: outcomes(question, states, room=200)
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state) as one:
        told = await one.learn_statuses([*ids, "never", "l7"])
        assert await one.learn_statuses([]) == []
    assert [(outcome.learn_id, outcome.state) for outcome in told] == [
        *((learn_id, states[learn_id]) for learn_id in ids),
        ("never", "unknown"),
        ("l7", "rejected"),
    ]
    assert len([subject for subject, *_ in centre.asked if subject == subjects.LEARN_STATUS]) == 4


async def test_many_outcomes_where_some_are_here_still(state: Path) -> None:
    async with AsyncCentralPatternsClient(NOWHERE, state_dir=state) as one:
        learn_id = await one.learn_new_pattern("framework", LEARN)
        assert [outcome.state for outcome in await one.learn_statuses([learn_id, learn_id])] == ["spooled", "spooled"]


def test_only_the_latest_are_remembered(state: Path) -> None:
    spool = Spool(state)
    spool.add_all((f"l{number}", "s", b"{}") for number in range(10_002))
    spool.remove([one.id for one in spool.head(20_000, 1_000_000)])
    assert [spool.was_sent(f"l{number}") for number in (0, 1, 2, 10_001)] == [False, False, True, True]
    spool.close()


def test_a_full_disk_refuses_and_room_cures_it(state: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FILLING, str(state)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.stdout.strip(), run.stderr) == ("True True", "")
