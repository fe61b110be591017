"""Secrets planted through every entry of a running system: none is in a table, a stream, Redis, a log or a prompt."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from redis import Redis
from sqlalchemy import create_engine, text

from centralcloud_client import subjects
from stack.system import Options, System
from tests.cli.command import Command
from tests.llm import replies
from tests.llm.scripted_server import ScriptedServer
from tests.security.planted import BY_FORM, PLANTED, found_in
from tests.services.discovering import FOUND

ALL = "\n".join(text for text, _secret in PLANTED.values())
#: One line each, as names and indicators have it.
LINES = [text.replace("\n", " ") for text, _secret in PLANTED.values()]
CODEBASE = "https://shop:Pl4ntedInUrl@git.example.com/shop.git"
NOSY = {"kind": "config", "glob": "settings.yaml", "path": "db.password"}


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _asked: replies.answer(FOUND | {"name": None})) as running:
        yield running


@pytest.fixture(scope="module")
def asking_system(model: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_API_KEY", "sk-tests")
        environment.setenv("OPENAI_BASE_URL", model.url)
        with System(Options(state=tmp_path_factory.mktemp("planted"))) as running:
            yield running


def taught(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "instance_id": "mallory",
        "codebase_id": CODEBASE,
        "description": ALL,
        "indicators": [
            f"dependency npm:{name.lower().replace(' ', '-')}",
            NOSY,
            *(f"planted queue: {it}" for it in LINES),
        ],
        "examples": [
            f"// planted-queue\n{ALL}",
            {"code": f"planted_queue()\n{ALL}", "title": LINES[0], "language": "x"},
        ],
        "practices": LINES,
        "pitfalls": LINES,
        "commands": {f"c{number}": line for number, line in enumerate(LINES)},
        "aliases": [f"{name} Two", BY_FORM["stripe"]],
        "metadata": {"notes": LINES, "password": "pl4nted-by-h4nd", BY_FORM["npm"]: {"deep": [ALL]}},
        "unknown_field": ALL,
        **more,
    }


@asynccontextmanager
async def connected(system: System) -> AsyncIterator[Client]:
    client = await nats.connect(system.addresses.nats_url)
    try:
        yield client
    finally:
        await client.close()


async def teach(client: Client) -> list[str]:
    """Teach in every form; return the learn_ids."""
    learn, feedback = subjects.learn("framework"), subjects.feedback("framework")
    secret_name = {"learn_id": "p-name", "name": BY_FORM["github"], "indicators": ["dependency npm:x"]}
    why = {"slug": "planted-shop", "verdict": "confirmed", "instance_id": "m", "codebase_id": CODEBASE, "why": ALL}
    bad = {"learn_id": "p-bad", "name": "x", "indicators": [7], "description": ALL}
    sent: list[tuple[str, bytes, dict[str, str] | None]] = [
        (learn, json.dumps(taught("Planted Shop", learn_id="p-1")).encode(), {"X-Api-Key": BY_FORM["stripe"]}),
        (
            learn,
            gzip.compress(json.dumps(taught("Planted Two", learn_id="p-2")).encode()),
            {"Content-Encoding": "gzip"},
        ),
        (learn, json.dumps(secret_name).encode(), None),
        (learn, json.dumps(bad).encode(), None),
        (
            learn,
            f'{{"learn_id": "p-cut", "name": "x", "description": {json.dumps(ALL)}, '.encode(),
            {"CC-Learn-Id": "p-cut"},
        ),
        (feedback, json.dumps(why | {"learn_id": "p-why"}).encode(), None),
        (feedback, json.dumps(why | {"learn_id": "p-verdict", "verdict": ALL}).encode(), None),
    ]
    for subject, body, headers in sent:
        reply = await client.request(subject, body, timeout=5, headers=headers)
        assert json.loads(reply.data)["stream"] == "LEARN"
    return ["p-1", "p-2", "p-name", "p-bad", "p-cut", "p-why", "p-verdict"]


async def decided(client: Client, ids: list[str]) -> dict[str, str]:
    async with asyncio.timeout(30):
        while True:
            states = {learn_id: await said(client, subjects.LEARN_STATUS, {"learn_id": learn_id}) for learn_id in ids}
            if all(it["state"] in {"applied", "rejected"} for it in states.values()):
                return {learn_id: it["state"] for learn_id, it in states.items()}
            await asyncio.sleep(0.1)


async def said(client: Client, subject: str, body: Any) -> dict[str, Any]:
    reply = await client.request(subject, json.dumps(body).encode(), timeout=25)
    assert found_in(reply.data.decode()) == [], subject
    answer: dict[str, Any] = json.loads(reply.data)
    return answer


async def ask(client: Client) -> None:
    """Ask in every form; no answer shows a secret."""
    query = subjects.query("framework")
    files = {
        "package.json": json.dumps({"dependencies": {"planted-shop": f"git+{LINES[5]}"}, "scripts": {"a": ALL}}),
        "settings.yaml": f"db:\n  password: '{LINES[5]}'\n",
        ".env": ALL,
        "broken.toml": f"a = {ALL}",
    }
    evidence = {"codebase_id": CODEBASE, "files": files}
    found = await said(client, subjects.DETECT, {"evidence": evidence, "min_confidence": 0})
    assert "planted-shop" in {hit["slug"] for hit in found["matches"]}
    await said(client, query, {"evidence": evidence, "min_confidence": 0})
    await said(client, query, {"name": "planted-queue", "wait_ms": 20_000, "context": ALL, "notes": ALL})
    await said(client, query, {"search": "planted", "category": LINES[0][:100]})
    await said(client, subjects.query("code"), {"code": ALL, "language": "python"})
    for secret in BY_FORM.values():
        assert (await said(client, query, {"name": secret, "wait_ms": 0}))["reason"] == "not_a_name"
    await said(client, query, {"name": "planted-shop"})
    await said(client, subjects.SYNC_REQUEST, {"since": 0})


def all_tables(url: str) -> dict[str, list[Any]]:
    """Return every row of every table there is."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        found = {name: [_plain(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))] for name in names}
    engine.dispose()
    return found


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


async def streams(system: System) -> tuple[str, int]:
    """Return everything that the streams hold, and how much of it waits in LEARN."""
    client = await nats.connect(system.servers.centre_url)
    manager, kept, waiting = client.jetstream(), "", 0
    for name in (subjects.SYNC_STREAM, subjects.LEARN_STREAM):
        state = (await manager.stream_info(name)).state
        waiting = state.messages
        for number in range(state.first_seq, state.last_seq + 1):
            try:
                message = await manager.get_msg(name, number)
            except NotFoundError:
                continue
            kept += f"{message.subject}{message.headers}{(message.data or b'').decode('latin-1')}"
    await client.close()
    return kept, waiting


def redis_holds(url: str) -> str:
    """Return every key with what it holds, as Redis would dump it."""
    with Redis.from_url(url) as redis:
        readers = {b"string": redis.get, b"hash": redis.hgetall, b"set": redis.smembers}
        kept = []
        for key in redis.keys("*"):
            kind = redis.type(key)
            if kind == b"list":
                kept.append((key, redis.lrange(key, 0, -1)))
            elif kind == b"zset":
                kept.append((key, redis.zrange(key, 0, -1, withscores=True)))
            else:
                kept.append((key, readers[kind](key)))
        return repr(kept)


async def test_no_entry_lets_a_secret_in(asking_system: System, model: ScriptedServer, tmp_path: Path) -> None:
    run = Command(tmp_path, ("--state", str(asking_system.options.state)))
    async with connected(asking_system) as client:
        await check_entries(client, run, tmp_path)
    assert model.asked, "the model was never asked"
    assert "planted" in model.asked[0].user.lower(), "what was taught never reached the model"
    assert found_in("".join(asked.text for asked in model.asked)) == []
    await check_what_is_kept(asking_system)


async def check_entries(client: Client, run: Command, folder: Path) -> None:
    """Teach, import, store and ask with secrets in everything."""
    states = await decided(client, await teach(client))
    assert states == dict.fromkeys(states, "rejected") | dict.fromkeys(("p-1", "p-2", "p-why"), "applied")
    (folder / "store.jsonl").write_text(json.dumps(taught("Planted Import")) + "\n")
    imported = await asyncio.to_thread(run, "import", "store.jsonl", "--instance", "i", "--type", "framework")
    assert imported.out == "1 learn: 1 applied\n"
    stored = await asyncio.to_thread(run, "templates", "store", "connect", "-", given=ALL, expect=1)
    assert "looks like a secret" in stored.error
    await ask(client)


async def check_what_is_kept(asking_system: System) -> None:
    """Look into every table, both streams, Redis and the logs."""
    tables = all_tables(asking_system.servers.database_url)
    assert len(tables["learns"]) >= 4
    assert tables["observations"]
    assert found_in(repr(tables)) == []
    kept, waiting = await streams(asking_system)
    assert "planted-shop" in kept
    assert (found_in(kept), waiting) == ([], 0)
    assert found_in(await asyncio.to_thread(redis_holds, asking_system.servers.redis_url)) == []
    logs = [path for path in asking_system.options.state.rglob("*.log") if path.is_file()]
    assert logs
    assert {path.name: found_in(path.read_text("latin-1")) for path in logs} == {path.name: [] for path in logs}
