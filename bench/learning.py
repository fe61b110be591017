"""Durable learns: acknowledged by NATS, applied in Postgres."""

import asyncio
import time
from dataclasses import dataclass

import msgspec
import nats
from nats.aio.msg import Msg
from sqlalchemy import Engine, create_engine, text

from centralcloud_client import subjects
from stack.system import System

LEARNS = 20_000
PATTERNS = 1_000
_WINDOW = 2_000


@dataclass(frozen=True, slots=True)
class Learned:
    """Learns per second: acknowledged, and applied (both from the first publish)."""

    acknowledged: float
    applied: float


async def measure(system: System) -> Learned:
    """Publish all learns from one instance of each of twenty, and wait until every one has its row."""
    client = await nats.connect(system.servers.centre_url, pending_size=32 * 1024 * 1024)
    inbox = client.new_inbox()
    window = asyncio.Semaphore(_WINDOW)
    done = asyncio.Event()
    acknowledged = 0

    async def count(message: Msg) -> None:
        nonlocal acknowledged
        if b'"seq"' not in message.data:
            raise RuntimeError(f"NATS refused a learn: {message.data!r}")
        acknowledged += 1
        window.release()
        if acknowledged == LEARNS:
            done.set()

    await client.subscribe(inbox, cb=count)
    engine = create_engine(system.addresses.database_url)
    before = _applied(engine)
    began = time.perf_counter()
    for number in range(LEARNS):
        await window.acquire()
        await client.publish(subjects.learn("framework"), _learn(number), reply=inbox)
    await asyncio.wait_for(done.wait(), 60)
    all_acknowledged = time.perf_counter()
    while _applied(engine) - before < LEARNS:
        if time.perf_counter() - began > 120:
            raise RuntimeError(f"only {_applied(engine) - before} of {LEARNS} learns were applied in two minutes")
        await asyncio.sleep(0.02)
    all_applied = time.perf_counter()
    engine.dispose()
    await client.close()
    return Learned(LEARNS / (all_acknowledged - began), LEARNS / (all_applied - began))


def _learn(number: int) -> bytes:
    pattern = number % PATTERNS
    return msgspec.json.encode(
        {
            "learn_id": f"bench-{time.time_ns()}-{number}",
            "instance_id": f"bench-{number % 20}",
            "codebase_id": f"codebase-{number % 500}",
            "name": f"bench-framework-{pattern}",
            "indicators": [f"package.json has bench-framework-{pattern}", f"file bench{pattern}.config.js"],
            "description": "A framework that exists in benchmarks only.",
            "languages": ["typescript"],
        }
    )


def _applied(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(
            connection.execute(
                text("SELECT count(*) FROM learns WHERE state = 'applied' AND learn_id LIKE 'bench-%'")
            ).scalar_one()
        )
