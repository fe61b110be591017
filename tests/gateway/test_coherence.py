"""The knowledge cache follows the broadcast: over the wire, with changes that overtake answers."""

import asyncio

from stack.servers import EmbeddedServers
from tests.gateway.conftest import Gateway
from tests.gateway.stand_in import StandIn, Task

QUERY = "patterns.framework.query"
MANY = "tasks.lookup.lookup_many"


async def _cached(gateway: Gateway, name: str) -> None:
    await gateway.ask(QUERY, {"name": name})
    assert (await gateway.ask(QUERY, {"name": name}))["source"] == "cache"


async def test_a_change_drops_every_answer_with_that_pattern(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "Next.js", aliases=["next", "zeit"])
    worker.knows("framework", "rails")
    for name in ("zeit", "nextjs", "rails"):
        await _cached(gateway, name)
    # The alias `zeit` is gone: only the slug ties its answer to the change.
    changed = worker.knows("framework", "Next.js", aliases=["next"], description="new")
    del worker.known["framework", "zeit"]
    await worker.broadcast(changed)
    await asyncio.sleep(0.1)
    fresh = await gateway.ask(QUERY, {"name": "nextjs"})
    assert (fresh["source"], fresh["patterns"][0]["description"], fresh["as_of"]) == ("store", "new", 11)
    assert (await gateway.ask(QUERY, {"name": "zeit"}))["status"] == "not_found"
    # Untouched, and true as of the change that it has seen.
    rails = await gateway.ask(QUERY, {"name": "rails"})
    assert (rails["source"], rails["as_of"]) == ("cache", 11)


async def test_a_new_pattern_drops_the_not_found_of_its_alias(gateway: Gateway, worker: StandIn) -> None:
    await _cached(gateway, "Ash Framework")
    await worker.broadcast(worker.knows("framework", "ash", aliases=["ash framework"]))
    await asyncio.sleep(0.1)
    assert (await gateway.ask(QUERY, {"name": "Ash Framework"}))["status"] == "found"


async def test_a_retirement_drops_by_slug(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "old", aliases=["ancient"])
    await _cached(gateway, "ancient")
    worker.known.clear()
    await worker.broadcast({"type": "framework", "slug": "old", "merged_into": "new"}, op="retire")
    await asyncio.sleep(0.1)
    assert (await gateway.ask(QUERY, {"name": "ancient"}))["status"] == "not_found"


async def test_an_answer_overtaken_by_a_change_is_asked_again_and_never_kept(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "vue", description="old")
    read = asyncio.Event()
    go = asyncio.Event()

    async def slow_once(task: Task) -> None:
        answer = worker.look_up(task)
        read.set()
        await go.wait()
        await worker.answer(task, answer)

    worker.plays[MANY] = slow_once
    asking = asyncio.create_task(gateway.ask(QUERY, {"name": "vue"}))
    await read.wait()
    await worker.broadcast(worker.knows("framework", "vue", description="new"))
    await asyncio.sleep(0.1)
    go.set()
    assert (await asking)["patterns"][0]["description"] == "new"
    assert (await gateway.ask(QUERY, {"name": "vue"}))["patterns"][0]["description"] == "new"


async def test_a_gap_empties_the_cache(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "rails")
    await _cached(gateway, "rails")
    await worker.broadcast({"type": "framework", "slug": "other"}, seq=worker.head + 2)
    await asyncio.sleep(0.1)
    assert (await gateway.ask(QUERY, {"name": "rails"}))["source"] == "store"


async def test_a_new_epoch_empties_the_cache(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "rails")
    await _cached(gateway, "rails")
    worker.epoch = "e2"
    await worker.broadcast({"type": "framework", "slug": "other"})
    await asyncio.sleep(0.1)
    assert (await gateway.ask(QUERY, {"name": "rails"}))["epoch"] == "e2"


async def test_a_heartbeat_ahead_of_the_broadcast_empties_the_cache(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "rails")
    await _cached(gateway, "rails")
    await worker.heartbeat(worker.head)
    await worker.heartbeat(worker.head + 1)
    await asyncio.sleep(1)
    assert (await gateway.ask(QUERY, {"name": "rails"}))["source"] == "cache"
    await asyncio.sleep(1.2)
    assert (await gateway.ask(QUERY, {"name": "rails"}))["source"] == "store"


async def test_a_reconnect_empties_the_cache_and_queries_go_on(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn
) -> None:
    worker.knows("framework", "rails")
    await _cached(gateway, "rails")
    await asyncio.to_thread(servers.restart, "nats")
    await gateway.until_ready()
    for _ in range(50):
        if gateway.client.is_connected and worker.nats.is_connected:
            break
        await asyncio.sleep(0.1)
    assert (await gateway.ask(QUERY, {"name": "rails"}))["source"] == "store"
