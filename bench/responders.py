"""What CentralCloud is compared with: a bare nats-py echo, and the same lookup straight from Postgres by asyncpg.

Both as their libraries' documentation has it, on asyncio's own event loop.

Run as a process of its own, like the gateway: `python -m bench.responders echo|asyncpg SUBJECT`, addresses from the
environment. Serves until terminated.
"""

import asyncio
import os
import sys

import asyncpg
import msgspec
import nats
from nats.aio.msg import Msg
from sqlalchemy import make_url

from centralcloud_client.naming import normalise

_LOOKUP = """
    SELECT patterns.document FROM pattern_names
    JOIN patterns ON patterns.id = pattern_names.pattern_id
    WHERE pattern_names.type = $1 AND pattern_names.key = $2 AND NOT patterns.retired
    ORDER BY rank, confidence DESC
"""


async def echo(subject: str) -> None:
    """Answer each message with its own bytes."""
    connection = await nats.connect(os.environ["BENCH_NATS_URL"])

    async def answer(message: Msg) -> None:
        await message.respond(message.data)

    await connection.subscribe(subject, queue="bench", cb=answer)
    await asyncio.Event().wait()


async def direct(subject: str) -> None:
    """Answer each name with its pattern, one query a message."""
    url = make_url(os.environ["BENCH_DATABASE_URL"])
    pool = await asyncpg.create_pool(
        user=url.username,
        password=url.password,
        database=url.database,
        host=str(url.query.get("host") or url.host),
        port=url.port or 5432,
        min_size=2,
        max_size=8,
    )
    connection = await nats.connect(os.environ["BENCH_NATS_URL"])
    working: set[asyncio.Task[None]] = set()

    async def look_up(message: Msg) -> None:
        asked = msgspec.json.decode(message.data)
        rows = await pool.fetch(_LOOKUP, "framework", normalise(asked["framework"]))
        await message.respond(b'{"ok":true,"patterns":[' + b",".join(row["document"].encode() for row in rows) + b"]}")

    async def answer(message: Msg) -> None:
        task = asyncio.create_task(look_up(message))
        working.add(task)
        task.add_done_callback(working.discard)

    await connection.subscribe(subject, queue="bench", cb=answer)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run({"echo": echo, "asyncpg": direct}[sys.argv[1]](sys.argv[2]))
