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


async def measure(system: System, *, news: bool) -> Learned:
    """Publish all learns of twenty instances, and wait until every one has its row.

    With `news` each learn brings a pattern a voice it has not heard: a revision, a feed row and a broadcast. Without,
    each pattern hears one voice again and again, as from an instance that scans the same codebase often.
    """
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
        await client.publish(subjects.learn("framework"), _learn(number, news=news), reply=inbox)
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


def _learn(number: int, *, news: bool) -> bytes:
    pattern, turn = number % PATTERNS, number // PATTERNS
    name = f"bench-{'news' if news else 'repeats'}-{pattern}"
    return msgspec.json.encode(
        {
            "learn_id": f"bench-{time.time_ns()}-{number}",
            "instance_id": f"bench-{turn if news else pattern % 20}",
            "codebase_id": f"codebase-{number if news else pattern % 500}",
            "name": name,
            "indicators": [f"package.json has {name}", f"file {name}.config.js"],
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
