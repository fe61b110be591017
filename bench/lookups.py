"""Cache hit, miss through Celery, and direct asyncpg, each as a ratio to the bare echo of the same round."""

import asyncio
import itertools
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.errors import NoRespondersError
from sqlalchemy import create_engine, text

from bench.asking import Question, Round, ask_for, numbered
from centralcloud_client import subjects
from stack.system import System

IN_FLIGHT = (1, 32, 256)
#: Names put into the database so that each miss asks for one that no cache has seen.
NAMES = 400_000


_MEDIAN = """
    SELECT slug FROM patterns WHERE type = 'framework' AND NOT retired ORDER BY length(document), slug
    OFFSET (SELECT count(*) / 2 FROM patterns WHERE type = 'framework' AND NOT retired) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: medians over rounds of ratios taken within a round."""

    kind: str
    in_flight: int
    rate: float
    throughput: float
    latency: float


@contextmanager
def responders(system: System) -> Iterator[None]:
    """Run the echo and the direct lookup as processes of their own."""
    environment = {
        **os.environ,
        "BENCH_NATS_URL": system.servers.centre_url,
        "BENCH_DATABASE_URL": system.addresses.database_url,
    }
    processes = [
        subprocess.Popen([sys.executable, "-m", "bench.responders", kind, f"bench.{kind}"], env=environment)
        for kind in ("echo", "asyncpg")
    ]
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(10)


def prepare(system: System) -> str:
    """Give a pattern of median size many names, straight in the database: only lookups are measured here."""
    engine = create_engine(system.addresses.database_url)
    with engine.begin() as connection:
        slug = str(connection.execute(text(_MEDIAN)).scalar_one())
        connection.execute(
            text(
                "INSERT INTO pattern_names (type, key, pattern_id, rank) SELECT 'framework', 'benchname' || n, id, 2"
                " FROM patterns, generate_series(0, :last) AS n WHERE type = 'framework' AND slug = :slug"
            ),
            {"last": NAMES - 1, "slug": slug},
        )
        connection.execute(text("ANALYZE pattern_names"))
    engine.dispose()
    return slug


async def measure(system: System, slug: str, *, rounds: int, seconds: float) -> list[Row]:
    """Ask all four in turn, round after round."""
    client = await nats.connect(system.servers.centre_url)
    query = subjects.query("framework")
    hit = f'{{"framework":"{slug}"}}'.encode()
    right = f'"slug":"{slug}"'.encode()
    questions = {
        "echo": Question("bench.echo", itertools.repeat(hit), hit),
        "cache hit": Question(query, itertools.repeat(hit), right),
        "miss through Celery": Question(query, numbered('{"framework":"benchnameNUMBER"}'), right),
        "direct asyncpg": Question("bench.asyncpg", numbered('{"framework":"benchnameNUMBER"}'), right),
    }
    await _wait_until_served(client, questions)
    rows: list[Row] = []
    for in_flight in IN_FLIGHT:
        taken = [await _round(client, questions, in_flight, seconds) for _ in range(rounds)]
        rows += [_row(kind, in_flight, taken) for kind in questions]
    await client.close()
    return rows


async def _round(client: Client, questions: dict[str, Question], in_flight: int, seconds: float) -> dict[str, Round]:
    return {
        kind: await ask_for(client, question, in_flight=in_flight, seconds=seconds)
        for kind, question in questions.items()
    }


def _row(kind: str, in_flight: int, taken: list[dict[str, Round]]) -> Row:
    return Row(
        kind,
        in_flight,
        statistics.median(one[kind].rate for one in taken),
        statistics.median(one[kind].rate / one["echo"].rate for one in taken),
        statistics.median(one[kind].latency / one["echo"].latency for one in taken),
    )


async def _wait_until_served(client: Client, questions: dict[str, Question]) -> None:
    for question in questions.values():
        for _ in range(100):
            try:
                await client.request(question.subject, next(question.bodies), timeout=2)
                break
            except NoRespondersError:
                await asyncio.sleep(0.1)
