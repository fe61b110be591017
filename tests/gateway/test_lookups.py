"""Name queries over the wire: misses, hits, coalescing, batches, and answers that stay true."""

import asyncio
from typing import Any

import pytest

from tests.gateway.conftest import Gateway, started
from tests.gateway.stand_in import StandIn, Task

QUERY = "patterns.framework.query"
MANY = "tasks.lookup.lookup_many"


async def test_a_miss_asks_the_worker_and_the_next_query_is_a_hit(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "Next.js", aliases=["next"])
    first = await gateway.ask(QUERY, {"framework": "next.js"})
    assert (first["status"], first["source"], first["epoch"], first["as_of"]) == ("found", "store", "e1", 10)
    assert first["patterns"][0]["name"] == "Next.js"

    second = await gateway.ask(QUERY, {"framework": "NEXT js"})
    assert {**second, "source": "store"} == first
    assert second["source"] == "cache"
    assert len(worker.named(MANY)) == 1


async def test_the_task_is_what_the_worker_expects(gateway: Gateway, worker: StandIn) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    await gateway.ask(QUERY, {"name": "C++ Boost"}, {"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    (task,) = worker.named(MANY)
    assert task.kwargs["names"] == [["framework", "cplusplusboost"]]
    assert task.kwargs["asked"] == ["C++ Boost"]
    assert not task.kwargs["reply_to"].startswith("_INBOX.")
    assert task.headers["trace"] == trace
    assert task.headers["argsrepr"] == task.headers["kwargsrepr"] == ""
    assert task.headers["expires"] is not None
    assert task.headers["ignore_result"] is True


@pytest.mark.parametrize(("discovery", "reason"), [("0", "discovery_disabled"), ("1", "unknown_name")])
async def test_an_unknown_name_is_an_answer_with_near_names(
    servers: Any, tmp_path: Any, worker: StandIn, discovery: str, reason: str
) -> None:
    worker.knows("framework", "nextjs")
    async with started(servers, tmp_path, CENTRALCLOUD_DISCOVERY=discovery, OPENAI_API_KEY="") as gateway:
        for source in ("store", "cache"):
            answer = await gateway.ask(QUERY, {"framework": "nextjz"})
            assert (answer["ok"], answer["status"], answer["source"]) == (True, "not_found", source)
            assert answer["reason"] == reason
            assert answer["suggestions"] == ["nextjs"]
            assert answer["patterns"] == []


async def test_a_name_without_letters_is_not_found_without_a_worker(gateway: Gateway) -> None:
    answer = await gateway.ask(QUERY, {"framework": "?!…"})
    assert (answer["status"], answer["suggestions"]) == ("not_found", [])


async def test_one_key_of_two_types_are_two_answers(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "nest")
    assert (await gateway.ask(QUERY, {"name": "nest"}))["status"] == "found"
    assert (await gateway.ask("patterns.technology.query", {"name": "nest"}))["status"] == "not_found"


async def test_identical_misses_are_one_lookup(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "phoenix")
    worker.gate.clear()
    asking = [asyncio.create_task(gateway.ask(QUERY, {"name": name})) for name in ("phoenix", "Phoenix") * 20]
    await asyncio.sleep(0.2)
    worker.gate.set()
    answers = await asyncio.gather(*asking)
    assert {answer["status"] for answer in answers} == {"found"}
    asked = [name for task in worker.named(MANY) for name in task.kwargs["names"]]
    assert asked == [["framework", "phoenix"]]


async def test_what_arrives_meanwhile_is_the_next_batch(gateway: Gateway, worker: StandIn) -> None:
    for number in range(600):
        worker.knows("framework", f"lib{number}")
    answers = await asyncio.gather(*(gateway.ask(QUERY, {"name": f"lib{number}"}) for number in range(600)))
    assert [answer["patterns"][0]["slug"] for answer in answers] == [f"lib{number}" for number in range(600)]
    sizes = [len(task.kwargs["names"]) for task in worker.named(MANY)]
    assert sum(sizes) == 600
    assert max(sizes) <= 256
    assert len(sizes) < 60


async def test_an_unanswered_batch_is_enqueued_once_more(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "rails")

    async def answer_the_second(task: Task) -> None:
        if len(worker.named(MANY)) == 2:
            await worker.answer(task, worker.look_up(task))

    worker.plays[MANY] = answer_the_second
    answer = await gateway.ask(QUERY, {"name": "rails"}, seconds=3)
    assert answer["status"] == "found"
    first, second = worker.named(MANY)
    assert first.kwargs["names"] == second.kwargs["names"]
    assert first.kwargs["reply_to"] == second.kwargs["reply_to"]


async def test_newcomers_do_not_wait_for_a_lost_batch(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "rails")

    async def lose(task: Task) -> None:
        return

    worker.plays[MANY] = lose
    early = asyncio.create_task(gateway.ask(QUERY, {"name": "rails"}))
    await asyncio.sleep(1.8)
    del worker.plays[MANY]
    late = await gateway.ask(QUERY, {"name": "Rails"}, seconds=2)
    assert late["status"] == (await early)["status"] == "found"


async def test_a_workers_error_goes_to_every_asker(gateway: Gateway, worker: StandIn) -> None:
    async def database_down(task: Task) -> None:
        error = {"code": "unavailable", "message": "the database is not reachable", "retryable": True}
        await worker.answer(task, {"v": 1, "ok": False, "error": error}, {"Nats-Service-Error-Code": "unavailable"})

    worker.plays[MANY] = database_down
    first, second = await asyncio.gather(gateway.error(QUERY, {"name": "a"}), gateway.error(QUERY, {"name": "b"}))
    assert first["code"] == second["code"] == "unavailable"
    assert first["retryable"] is True


@pytest.mark.parametrize("said", [{"answers": []}, {"answers": 7}, []])
async def test_nonsense_from_a_worker_is_unavailable(gateway: Gateway, worker: StandIn, said: Any) -> None:
    async def babble(task: Task) -> None:
        await worker.answer(task, said)

    worker.plays[MANY] = babble
    assert (await gateway.error(QUERY, {"name": "a"}))["code"] == "unavailable"


async def test_min_confidence_filters_hits_and_misses(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "fresh", confidence=0.4)
    for _ in range(2):
        answer = await gateway.ask(QUERY, {"name": "fresh", "min_confidence": 0.5})
        assert (answer["status"], answer["reason"]) == ("not_found", "below_min_confidence")
    assert (await gateway.ask(QUERY, {"name": "fresh"}))["status"] == "found"
    assert (await gateway.ask(QUERY, {"name": "fresh", "min_confidence": 0.4}))["status"] == "found"


async def test_a_version_leaves_out_what_holds_for_others(gateway: Gateway, worker: StandIn) -> None:
    old = {"kind": "dependency", "ecosystem": "npm", "name": "fresh", "version": "<2"}
    new = {"kind": "dependency", "ecosystem": "npm", "name": "@fresh/core", "version": ">=2"}
    both = {"kind": "group", "all": [{"kind": "file", "glob": "fresh.gen.ts"}, old]}
    always = {"kind": "file", "glob": "fresh.toml"}
    worker.knows("framework", "Fresh", indicators=[old, new, both, always])
    for _source in ("store", "cache"):
        answer = await gateway.ask(QUERY, {"framework": "fresh", "version": "2.1.0"})
        assert answer["patterns"][0]["indicators"] == [new, always]
        answer = await gateway.ask(QUERY, {"framework": "fresh", "version": "1.9"})
        assert answer["patterns"][0]["indicators"] == [old, both, always]
        answer = await gateway.ask(QUERY, {"framework": "fresh"})
        assert len(answer["patterns"][0]["indicators"]) == 4


async def test_too_many_patterns_for_one_reply_are_cut(gateway: Gateway, worker: StandIn) -> None:
    async def much(task: Task) -> None:
        pattern = {"type": "framework", "slug": "big", "confidence": 0.9, "description": "x" * 200_000}
        answers = [{"patterns": [pattern] * 4, "slugs": ["big"]}]
        await worker.answer(task, {"epoch": "e1", "as_of": 10, "answers": answers})

    worker.plays[MANY] = much
    reply = await gateway.raw(QUERY, {"name": "big"})
    assert len(reply.data) <= 512 * 1024
    assert reply.data.count(b'"slug"') == 2
