"""Discovery under load, against its bars: `python -m bench.discovering [--pairs N] [--kills N]`.

One name asked by many at once, hundreds of unknown names beside lookups of known ones, and a daily cap while workers
are killed. The model is scripted; everything else is the system as `up` runs it.
"""

import argparse
import asyncio
import itertools
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import nats
from nats.aio.client import Client
from sqlalchemy import Engine, create_engine, text

from bench import lookups
from bench.scripted_model import ScriptedModel, scripted_model
from centralcloud_client import subjects
from stack.system import Options, System

INSTANCES = 200
NAMES = 500
SLOWDOWN_BAR = 1.5
CAP = 30
_ASKED_WITHIN = 0.1
_PER_SECOND = 100
#: Seconds of an idle run; one beside discoveries lasts as long as they do, and no longer than that.
_IDLE = 20.0
_LONGEST = 150.0
#: Seconds that a killed worker has to be back and ask again.
_PATIENCE = 8.0
_CAP_VARIABLE = "CENTRALCLOUD_LLM_CALLS_PER_DAY"
_TIMEOUT_VARIABLE = "CENTRALCLOUD_LLM_TIMEOUT"
#: Seconds a call may take: so long a killed one keeps its place among those in flight.
_TIMEOUT = 2.0
_INSTANCE_CAP_VARIABLE = "CENTRALCLOUD_LLM_CALLS_PER_INSTANCE_PER_DAY"
#: Known names are asked for on the one subject, unknown ones on the other: a known pattern has 400,000 of the first.
_KNOWN = subjects.query("framework")
_UNKNOWN = subjects.query("technology")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bar, what was measured, and whether it is kept."""

    bar: str
    measured: str
    kept: bool


def main() -> int:
    """Measure, print, and return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench.discovering", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="paired runs, idle and beside discoveries")
    parser.add_argument("--kills", type=int, default=20, help="times that the worker is killed below the cap")
    chosen = parser.parse_args()
    verdicts = []
    with _running(delay=1.0, cap=100_000) as (system, model):
        verdicts.append(asyncio.run(_ask_together(system, model)))
        verdicts += asyncio.run(_beside_discoveries(system, chosen.pairs))
    with _running(delay=0.3, cap=CAP) as (system, model):
        verdicts.append(asyncio.run(_below_the_cap(system, model, chosen.kills)))
    for verdict in verdicts:
        print(f"{'kept  ' if verdict.kept else 'MISSED'} {verdict.bar}: {verdict.measured}", flush=True)
    return int(not all(verdict.kept for verdict in verdicts))


@contextmanager
def _running(*, delay: float, cap: int) -> Iterator[tuple[System, ScriptedModel]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, scripted_model(Path(folder), delay=delay) as model:
        os.environ |= {_CAP_VARIABLE: str(cap), _INSTANCE_CAP_VARIABLE: "100000", _TIMEOUT_VARIABLE: str(_TIMEOUT)}
        with System(Options(state=Path(folder) / "state", gateways=2)) as system:
            yield system, model


async def _ask_together(system: System, model: ScriptedModel) -> Verdict:
    """Let all instances ask for one unknown name in the same moment."""
    clients = await asyncio.gather(*(nats.connect(system.addresses.nats_url) for _ in range(INSTANCES)))
    before = model.requests

    async def ask(client: Client) -> str:
        await asyncio.sleep(random.uniform(0, _ASKED_WITHIN))
        return await _ask(client, "nobody knows this one")

    answers = Counter(await asyncio.gather(*map(ask, clients)))
    await asyncio.gather(*(client.close() for client in clients))
    calls = model.requests - before
    return Verdict(
        f"{INSTANCES} instances ask one unknown name within {_ASKED_WITHIN * 1000:.0f} ms, two gateways: 1 call",
        f"{calls} calls, answers {dict(answers)}",
        calls == 1 and answers == {"found": INSTANCES},
    )


async def _beside_discoveries(system: System, pairs: int) -> list[Verdict]:
    """Compare lookups of known names while nothing else happens, and while hundreds of names are found out."""
    slug = lookups.prepare(system)
    client = await nats.connect(system.addresses.nats_url)
    numbers = itertools.count()
    # Each lookup worker reads all names when it first meets an unknown one: once, and 400,000 only here.
    await _ask(client, _unheard_of(), wait_ms=0)
    await _paced(client, slug, numbers, asyncio.sleep(2.0))
    ratios, told, rows = [], Counter[str](), []
    for _ in range(pairs):
        idle = await _paced(client, slug, numbers, asyncio.sleep(_IDLE))
        asked = [asyncio.create_task(_ask(client, _unheard_of(), wait_ms=5_000)) for _ in range(NAMES)]
        busy = await _paced(client, slug, numbers, _all_settled(system))
        told.update(await asyncio.gather(*asked))
        ratios.append(busy / idle)
        rows.append(f"{busy * 1000:.1f}/{idle * 1000:.1f}")
    await client.close()
    ratio = statistics.median(ratios)
    return [
        Verdict(
            f"p99 of known names while {NAMES} others are found out, median of {pairs} pairs: ≤ {SLOWDOWN_BAR} × idle",
            f"{ratio:.2f} × (ms, busy/idle: {', '.join(rows)})",
            ratio <= SLOWDOWN_BAR,
        ),
        Verdict(
            "every asker of an unknown name gets an answer or `pending`",
            str(dict(told)),
            set(told) <= {"found", "pending"} and told.total() == pairs * NAMES,
        ),
    ]


async def _paced(client: Client, slug: str, numbers: Iterator[int], while_: Coroutine[None, None, None]) -> float:
    """Ask for known names at a steady rate, one in two of them in no cache; return the 99th percentile in seconds."""
    took: list[float] = []

    async def ask(at: float, name: str) -> None:
        reply = await client.request(_KNOWN, msgspec.json.encode({"framework": name}), timeout=10)
        took.append(time.perf_counter() - at)
        if b'"found"' not in reply.data:
            raise RuntimeError(f"{name}: {reply.data[:200]!r}")

    began = time.perf_counter()
    lasting, asked = asyncio.create_task(while_), []
    for turn in itertools.count():
        at = began + turn / _PER_SECOND
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        if lasting.done():
            break
        name = slug if turn % 2 else f"benchname{next(numbers)}"
        asked.append(asyncio.create_task(ask(time.perf_counter(), name)))
    await asyncio.gather(lasting, *asked)
    return statistics.quantiles(took, n=100)[98]


async def _all_settled(system: System) -> None:
    """Return when no discovery is left to run; fails when that takes too long."""
    engine = create_engine(system.addresses.database_url)
    until = time.monotonic() + _LONGEST
    # The first moment, in which none is opened yet.
    await asyncio.sleep(2)
    while await asyncio.to_thread(_unsettled, engine):
        if time.monotonic() > until:
            raise RuntimeError("the discoveries take too long")
        await asyncio.sleep(1)
    engine.dispose()


def _unsettled(engine: Engine) -> int:
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM discoveries WHERE state IN ('open', 'running')")
        return int(connection.execute(query).scalar_one())


async def _below_the_cap(system: System, model: ScriptedModel, kills: int) -> Verdict:
    """Have more names asked for than the cap allows calls, and kill the worker again and again while it asks."""
    client = await nats.connect(system.addresses.nats_url)
    told, killed = Counter[str](), 0
    while killed < kills or (_counted(system) < CAP and killed < 5 * kills):
        before = model.requests
        asked = [asyncio.create_task(_ask(client, _unheard_of(), wait_ms=500)) for _ in range(10)]
        until = time.monotonic() + _PATIENCE
        # Once the cap is reached, none comes: then it is killed at any moment.
        while model.requests == before and time.monotonic() < until and _counted(system) < CAP:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await asyncio.sleep(random.uniform(0, 0.6))
        await asyncio.to_thread(system.kill, "discover")
        killed += 1
        told.update(await asyncio.gather(*asked))
    await client.close()
    counted = _counted(system)
    return Verdict(
        f"a daily cap of {CAP} calls, the worker killed {killed} times",
        f"{model.requests} calls reached the model, {counted} in the ledger; askers were told {dict(told)}",
        model.requests <= CAP == counted and set(told) <= {"found", "pending"},
    )


def _unheard_of() -> str:
    return f"unheard-{secrets.token_hex(4)}"


async def _ask(client: Client, name: str, *, wait_ms: int = 20_000) -> str:
    """Return what an asker is told: the status, why not, or the error's code."""
    body = msgspec.json.encode({"technology": name, "wait_ms": wait_ms})
    reply = msgspec.json.decode((await client.request(_UNKNOWN, body, timeout=30)).data)
    if not reply["ok"]:
        return str(reply["error"]["code"])
    return f"{reply['status']}: {reply['reason']}" if reply["status"] == "not_found" else str(reply["status"])


def _counted(system: System) -> int:
    engine = create_engine(system.addresses.database_url)
    with engine.connect() as connection:
        count = int(connection.execute(text("SELECT count(*) FROM llm_calls WHERE paid")).scalar_one())
    engine.dispose()
    return count


if __name__ == "__main__":
    sys.exit(main())
