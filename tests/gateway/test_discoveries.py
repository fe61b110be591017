"""Askers of names that are being found out: they wait, join, and are told the outcome, or `pending` in time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stack.servers import EmbeddedServers
from tests.gateway.conftest import Gateway, started
from tests.gateway.stand_in import StandIn, Task

QUERY = "patterns.framework.query"
QUERY_SUBJECT = f"centralcloud.{QUERY}"
MANY = "tasks.lookup.lookup_many"
#: As `gateway.discoveries` has it.
MOST_WAITING = 5_000
RUNS = {"id": "d1", "runs": True}


@pytest.fixture
async def gateway(servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway of a system that may ask a model."""
    async with started(servers, tmp_path, CENTRALCLOUD_DISCOVERY="1") as running:
        yield running


def asking(gateway: Gateway, name: str, wait_ms: int = 10_000, **headers: str) -> "asyncio.Task[dict[str, Any]]":
    return asyncio.create_task(gateway.ask(QUERY, {"name": name, "wait_ms": wait_ms}, headers or None))


async def looked_up(worker: StandIn, times: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(worker.named(MANY)) < times:  # noqa: ASYNC110  tasks are noted in a list
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.15)


async def test_who_will_not_wait_is_told_at_once(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    answer = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 0})
    assert (answer["status"], answer["discovery_id"], answer["patterns"]) == ("pending", "d1", [])
    assert answer["retry_after_ms"] > 0
    assert answer["suggestions"] == []


async def test_who_waits_gets_the_pattern_when_the_feed_brings_it(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    waiting = [asking(gateway, name) for name in ("nova", "Nova", "NOVA")]
    await looked_up(worker)
    await worker.broadcast(worker.knows("framework", "nova"))
    for answer in await asyncio.wait_for(asyncio.gather(*waiting), 3):
        assert (answer["status"], answer["source"], answer["as_of"]) == ("found", "discovery", 11)
        assert answer["patterns"][0]["slug"] == "nova"
    assert (await gateway.ask(QUERY, {"name": "nova"}))["source"] == "cache"


async def test_an_alias_that_is_broadcast_answers_who_asked_for_it(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "novaframework"] = RUNS
    waiting = asking(gateway, "nova framework")
    await looked_up(worker)
    await worker.broadcast(worker.knows("framework", "nova", aliases=["nova framework"]))
    assert (await asyncio.wait_for(waiting, 3))["patterns"][0]["slug"] == "nova"


async def test_an_outcome_is_enough_without_the_feed(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    waiting = asking(gateway, "nova")
    await looked_up(worker)
    worker.knows("framework", "nova")
    await worker.outcome("framework", "nova", "found", slug="nova", found_by="alias")
    assert (await asyncio.wait_for(waiting, 3))["status"] == "found"


async def test_a_failure_is_told_to_everybody_with_its_reason(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "nove")
    worker.words["framework", "nova"] = RUNS
    waiting = [asking(gateway, "nova") for _ in range(5)]
    await looked_up(worker)
    await worker.outcome("framework", "nova", "failed", reason="no_such_thing", due_ms=60_000)
    for answer in await asyncio.wait_for(asyncio.gather(*waiting), 3):
        assert (answer["status"], answer["reason"], answer["source"]) == ("not_found", "no_such_thing", "discovery")
        assert (answer["discovery_id"], answer["retry_after_ms"], answer["suggestions"]) == ("d1", 60_000, ["nove"])


async def test_what_failed_before_is_an_answer_and_is_remembered(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = {"id": "d1", "reason": "refused", "due_ms": 60_000}
    for source in ("store", "cache"):
        answer = await gateway.ask(QUERY, {"name": "nova"})
        assert (answer["status"], answer["reason"], answer["source"]) == ("not_found", "refused", source)


async def test_what_failed_is_remembered_no_longer_than_its_pause(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = {"id": "d1", "reason": "failed", "due_ms": 300}
    assert (await gateway.ask(QUERY, {"name": "nova"}))["status"] == "not_found"
    await asyncio.sleep(0.4)
    worker.words["framework", "nova"] = RUNS
    assert (await gateway.ask(QUERY, {"name": "nova", "wait_ms": 0}))["status"] == "pending"


async def test_nonsense_is_no_name(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "etcpasswd"] = {"reason": "not_a_name"}
    answer = await gateway.ask(QUERY, {"name": "/etc/passwd"})
    assert (answer["status"], answer["reason"]) == ("not_found", "not_a_name")
    assert "discovery_id" not in answer
    assert (await gateway.ask(QUERY, {"name": "…"}))["reason"] == "not_a_name"


async def test_pending_comes_when_the_asker_has_waited_long_enough(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    began = time.monotonic()
    answer = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 600})
    assert answer["status"] == "pending"
    assert 0.6 <= time.monotonic() - began < 3


async def test_pending_comes_before_the_askers_deadline(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    began = time.monotonic()
    answer = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 10_000}, {"CC-Deadline": "800"})
    assert answer["status"] == "pending"
    assert 0.6 <= time.monotonic() - began < 3


async def test_later_askers_join_without_a_lookup_of_their_own(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    first = asking(gateway, "nova")
    await looked_up(worker)
    later = [asking(gateway, "Nova") for _ in range(20)]
    hasty = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 0})
    assert (hasty["status"], hasty["source"]) == ("pending", "cache")
    assert len(worker.named(MANY)) == 1
    await worker.broadcast(worker.knows("framework", "nova"))
    answers = await asyncio.wait_for(asyncio.gather(first, *later), 3)
    assert {answer["status"] for answer in answers} == {"found"}
    # All of them together were looked up once more.
    assert len(worker.named(MANY)) == 2


async def test_a_remembered_failure_is_forgotten_when_the_discovery_begins_elsewhere(
    gateway: Gateway, worker: StandIn
) -> None:
    worker.words["framework", "nova"] = {"id": "d1", "reason": "refused", "due_ms": 60_000}
    await gateway.ask(QUERY, {"name": "nova"})
    assert (await gateway.ask(QUERY, {"name": "nova"}))["source"] == "cache"
    worker.words["framework", "nova"] = RUNS
    await worker.outcome("framework", "nova", "running")
    await asyncio.sleep(0.1)
    assert (await gateway.ask(QUERY, {"name": "nova", "wait_ms": 0}))["status"] == "pending"


async def test_what_is_put_off_for_long_is_pending_at_once(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = {**RUNS, "due_ms": 3_600_000, "reason": "cap"}
    answer = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 10_000}, seconds=2)
    assert (answer["status"], answer["reason"], answer["retry_after_ms"]) == ("pending", "cap", 3_600_000)


async def test_who_waits_hears_that_it_is_put_off_for_long(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    patient, more = asking(gateway, "nova"), asking(gateway, "nova")
    await looked_up(worker)
    await worker.outcome("framework", "nova", "open", reason="postponed", due_ms=500)
    await asyncio.sleep(0.3)
    assert not patient.done()
    await worker.outcome("framework", "nova", "open", reason="cap", due_ms=3_600_000)
    for answer in await asyncio.wait_for(asyncio.gather(patient, more), 3):
        assert (answer["status"], answer["reason"], answer["retry_after_ms"]) == ("pending", "cap", 3_600_000)


async def test_an_outcome_that_overtakes_the_answer_is_not_missed(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    read, go = asyncio.Event(), asyncio.Event()

    async def slow_once(task: Task) -> None:
        answer = worker.look_up(task)
        if not read.is_set():
            read.set()
            await go.wait()
        await worker.answer(task, answer)

    worker.plays[MANY] = slow_once
    waiting = asking(gateway, "nova")
    await read.wait()
    worker.words["framework", "nova"] = {"id": "d1", "reason": "no_such_thing", "due_ms": 60_000}
    await worker.outcome("framework", "nova", "failed", reason="no_such_thing", due_ms=60_000)
    await asyncio.sleep(0.1)
    go.set()
    assert (await asyncio.wait_for(waiting, 3))["reason"] == "no_such_thing"


async def test_a_gap_in_the_feed_has_everybody_looked_up_again(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    worker.knows("framework", "rails")
    await gateway.ask(QUERY, {"name": "rails"})
    waiting = asking(gateway, "nova")
    await looked_up(worker, 2)
    worker.knows("framework", "nova")
    await worker.broadcast({"type": "framework", "slug": "other"}, seq=worker.head + 3)
    assert (await asyncio.wait_for(waiting, 5))["status"] == "found"


async def test_without_a_model_only_what_is_known_is_waited_for(
    servers: EmbeddedServers, tmp_path: Path, worker: StandIn
) -> None:
    worker.words["framework", "nova"] = RUNS
    async with started(servers, tmp_path, CENTRALCLOUD_DISCOVERY="0", OPENAI_API_KEY="") as gateway:
        at_once = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 0})
        assert (at_once["status"], at_once["reason"]) == ("not_found", "discovery_disabled")
        began = time.monotonic()
        answer = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 10_000})
        assert (answer["status"], answer["reason"]) == ("not_found", "discovery_disabled")
        assert 0.9 <= time.monotonic() - began < 4
        waiting = asking(gateway, "nova")
        await asyncio.sleep(0.2)
        await worker.broadcast(worker.knows("framework", "nova"))
        assert (await waiting)["status"] == "found"


async def test_a_gateway_that_stops_tells_who_waits(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    waiting = asking(gateway, "nova", 30_000)
    await looked_up(worker)
    gateway.process.terminate()
    assert (await asyncio.wait_for(waiting, 8))["status"] == "pending"


async def test_the_worker_is_told_who_asks(gateway: Gateway, worker: StandIn) -> None:
    await asyncio.gather(
        gateway.ask(QUERY, {"name": "anonymous"}),
        gateway.ask(QUERY, {"name": "nova"}, {"CC-Instance": "alpha"}),
    )
    told = [task.kwargs.get("instances", {}) for task in worker.named(MANY)]
    assert [instance for instances in told for instance in instances.values()] == ["alpha"]


async def test_unreadable_outcomes_are_passed_over(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    waiting = asking(gateway, "nova")
    await looked_up(worker)
    await worker.nats.publish("_CENTRE.discoveries", b"{")
    await worker.outcome("framework", "nova", "failed", reason="refused", due_ms=1)
    assert (await asyncio.wait_for(waiting, 3))["reason"] == "refused"


async def test_askers_beyond_the_bound_are_told_pending_at_once(gateway: Gateway, worker: StandIn) -> None:
    worker.words["framework", "nova"] = RUNS
    told: list[dict[str, Any]] = []

    async def hear(message: Any) -> None:
        told.append(json.loads(message.data))

    inbox = gateway.client.new_inbox()
    await gateway.client.subscribe(inbox, cb=hear)
    # One lookup first: the others join it, and none of them costs another.
    body = json.dumps({"name": "nova", "wait_ms": 60_000}).encode()
    patient = {"CC-Deadline": "60500"}
    await gateway.client.publish(QUERY_SUBJECT, body, reply=inbox, headers=patient)
    await looked_up(worker)
    for _ in range(MOST_WAITING - 1):
        await gateway.client.publish(QUERY_SUBJECT, body, reply=inbox, headers=patient)
    await gateway.client.flush()
    async with asyncio.timeout(20):
        while await gateway.metric("centralcloud_gateway_discovery_waiting") < MOST_WAITING:  # noqa: ASYNC110  told by a process
            await asyncio.sleep(0.2)
    assert told == []
    one_more = await gateway.ask(QUERY, {"name": "nova", "wait_ms": 60_000}, {"CC-Deadline": "60500"}, seconds=5)
    assert (one_more["status"], one_more["discovery_id"]) == ("pending", "d1")
    assert one_more["retry_after_ms"] > 0
    assert told == [], "who waited was sent away"
    await worker.broadcast(worker.knows("framework", "nova"))
    async with asyncio.timeout(30):
        while len(told) < MOST_WAITING:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.1)
    assert {answer["status"] for answer in told} == {"found"}
    # They are gone, and there is room again.
    worker.words["framework", "stella"] = RUNS
    waiting = asking(gateway, "stella", 5_000)
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await worker.broadcast(worker.knows("framework", "stella"))
    assert (await waiting)["status"] == "found"
