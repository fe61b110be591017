"""While Valkey, the workers or PostgreSQL are down, every request gets an answer before its deadline; what was cached
is still answered, what was acknowledged is applied afterwards, and nothing needs a restart to be well again."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from centralcloud_client import subjects
from stack.system import System
from tests.end_to_end.instance import Instance, connected
from tests.end_to_end.patience import repeated, soon

#: Short enough to fail fast, long enough for a busy machine with two cores.
_DEADLINE_MS = 1_500
_EVIDENCE = {"evidence": {"files": {"package.json": '{"dependencies":{"next":"15"}}'}}}


@pytest.fixture
async def instance(system: System) -> AsyncIterator[Instance]:
    async with connected(system.addresses.nats_url) as one:
        yield one


@asynccontextmanager
async def down(system: System, name: str) -> AsyncIterator[None]:
    """Take one process away with SIGKILL; it is back, and ready, afterwards."""
    await asyncio.to_thread(system.hold, name, by_force=True)
    try:
        yield
    finally:
        await asyncio.to_thread(system.start_again, name)


async def known(instance: Instance) -> str:
    """Teach a name and let the gateway cache it."""
    name, learn_id = f"known-{uuid.uuid4().hex[:10]}", uuid.uuid4().hex
    await instance.learn(name, learn_id)
    await instance.decided([learn_id], 10)

    async def cached() -> bool:
        answer = await instance.named(name)
        return answer.found and answer.said["source"] == "cache"

    await repeated(cached, 10)
    return name


async def heals(instance: Instance, seconds: float = 30.0) -> None:
    """Wait until a lookup, a detection and a learn go through again."""
    learn_id = uuid.uuid4().hex

    async def well() -> bool:
        lookup = await instance.named(f"nobody-{uuid.uuid4().hex}")
        detection = await instance.ask(subjects.DETECT, _EVIDENCE)
        return lookup.said.get("status") == "not_found" and detection.said["ok"] is True

    await repeated(well, seconds)
    await instance.learn(f"after-{learn_id[:10]}", learn_id)
    await instance.decided([learn_id], seconds)


async def test_without_valkey_hits_are_answered_and_learns_wait(system: System, instance: Instance) -> None:
    name = await known(instance)
    during = [uuid.uuid4().hex for _ in range(20)]
    async with down(system, "valkey"):
        hits = [await instance.named(name) for _ in range(20)]
        assert all(hit.found and hit.said["source"] == "cache" for hit in hits)
        misses = [await instance.named(f"nobody-{n}", deadline_ms=_DEADLINE_MS) for n in range(3)]
        misses.append(await instance.ask(subjects.DETECT, _EVIDENCE, deadline_ms=_DEADLINE_MS))
        misses.append(await instance.ask(subjects.SYNC_REQUEST, {"since": 0}, deadline_ms=_DEADLINE_MS))
        assert {miss.code for miss in misses} == {"unavailable"}
        assert all(miss.said["error"]["retryable"] for miss in misses)
        assert max(miss.seconds for miss in misses) < _DEADLINE_MS / 1000
        for learn_id in during:
            await instance.learn(f"during-{learn_id[:10]}", learn_id)
    await instance.decided(during, 30)
    await heals(instance)


async def test_a_lookup_worker_that_is_gone_leaves_hits_and_an_error_in_time(
    system: System, instance: Instance
) -> None:
    name = await known(instance)
    async with down(system, "lookup"):
        assert (await instance.named(name)).said["source"] == "cache"
        answers = await asyncio.gather(
            *(instance.named(f"nobody-{uuid.uuid4().hex}", deadline_ms=_DEADLINE_MS) for _ in range(20)),
            instance.ask(subjects.LEARN_STATUS, {"learn_id": "x"}, deadline_ms=_DEADLINE_MS),
        )
        assert {answer.code for answer in answers} == {"deadline_exceeded"}
        assert max(answer.seconds for answer in answers) < _DEADLINE_MS / 1000
        # Detection has a worker of its own.
        assert (await instance.ask(subjects.DETECT, _EVIDENCE, deadline_ms=5_000)).said["ok"]
    await heals(instance)


async def test_without_postgres_hits_are_answered_and_learns_wait(system: System, instance: Instance) -> None:
    name = await known(instance)
    during = [uuid.uuid4().hex for _ in range(20)]
    async with down(system, "postgres"):
        assert (await instance.named(name)).said["source"] == "cache"
        answers = [await instance.named(f"nobody-{n}", deadline_ms=_DEADLINE_MS) for n in range(3)]
        answers.append(await instance.ask(subjects.SYNC_REQUEST, {"since": 0}, deadline_ms=_DEADLINE_MS))
        answers.append(await instance.ask(subjects.query("framework"), {"search": "web"}, deadline_ms=_DEADLINE_MS))
        assert {answer.code for answer in answers} <= {"unavailable", "deadline_exceeded"}
        assert max(answer.seconds for answer in answers) < _DEADLINE_MS / 1000
        for learn_id in during:
            await instance.learn(f"during-{learn_id[:10]}", learn_id)
    await instance.decided(during, 45)
    await heals(instance)


async def test_valkey_may_be_emptied_at_any_moment(system: System, instance: Instance) -> None:
    learn_ids: list[str] = []
    with Redis.from_url(system.addresses.redis_url) as valkey:
        for turn in range(200):
            learn_ids.append(uuid.uuid4().hex)
            await instance.learn(f"flush-{turn % 20}-{learn_ids[0][:8]}", learn_ids[-1], f"flusher-{turn % 7}")
            if turn % 40 == 20:
                await asyncio.to_thread(valkey.flushall)
    # A task that was emptied away is known by its missing ack: the stream hands its learns out again after 30 s.
    await instance.decided(learn_ids, 75)
    engine = create_engine(system.addresses.database_url)
    with engine.connect() as connection:
        counted = connection.execute(
            text("SELECT count(*), count(DISTINCT learn_id) FROM learns WHERE learn_id = ANY(:ids)"),
            {"ids": learn_ids},
        ).one()
    engine.dispose()
    assert tuple(counted) == (len(learn_ids), len(learn_ids))
    await soon(lambda: system.child("gateway").is_ready(), 10, "the gateway is not ready")
    await heals(instance)
