"""A miss means discovery, in the whole system: one paid call for all who ask, over two gateways; aliases for nothing;
a killed worker, a flushed Redis and an operator's retry end in an answer all the same."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from redis import Redis

from centralcloud_client import subjects
from stack.system import Options, System
from tests.cli.command import Command
from tests.end_to_end.instance import connected
from tests.end_to_end.patience import repeated
from tests.llm import replies
from tests.llm.scripted_server import ScriptedServer
from tests.services.discovering import FOUND, NOT_FOUND

INSTANCES = 200


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _asked: replies.answer(FOUND | {"name": None}).after(0.5)) as running:
        yield running


@pytest.fixture(scope="module")
def asking_system(model: ScriptedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with two gateways that may ask the scripted model."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_API_KEY", "sk-tests")
        environment.setenv("OPENAI_BASE_URL", model.url)
        with System(Options(state=tmp_path_factory.mktemp("discovery"), gateways=2)) as running:
            yield running


@pytest.fixture
def run(asking_system: System, tmp_path: Path) -> Command:
    return Command(tmp_path, ("--state", str(asking_system.options.state)))


async def ask(client: Client, name: str, wait_ms: int = 20_000) -> dict[str, Any]:
    body = json.dumps({"framework": name, "wait_ms": wait_ms}).encode()
    reply = await client.request(subjects.query("framework"), body, timeout=wait_ms / 1000 + 2)
    said: dict[str, Any] = json.loads(reply.data)
    return said


async def test_many_instances_ask_at_once_and_one_call_answers_all(
    asking_system: System, model: ScriptedServer
) -> None:
    clients = await asyncio.gather(*(nats.connect(asking_system.addresses.nats_url) for _ in range(INSTANCES)))
    before = len(model.asked)
    answers = await asyncio.gather(*(ask(client, "Nova Web") for client in clients))
    assert [answer["status"] for answer in answers] == ["found"] * INSTANCES
    assert {answer["patterns"][0]["slug"] for answer in answers} == {"nova-web"}
    assert {answer["patterns"][0]["state"] for answer in answers} == {"candidate"}
    assert len(model.asked) == before + 1
    # Both gateways answer it from their caches or the store from now on.
    again = await asyncio.gather(*(ask(client, "nova web", 0) for client in clients[:20]))
    assert {answer["status"] for answer in again} == {"found"}
    assert len(model.asked) == before + 1
    await asyncio.gather(*(client.close() for client in clients))


async def test_an_alias_costs_no_call_and_is_broadcast(asking_system: System, model: ScriptedServer) -> None:
    before = len(model.asked)
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    client = await nats.connect(asking_system.addresses.nats_url)

    async def hear(message: Any) -> None:
        heard.put_nowait(json.loads(message.data))

    await client.subscribe(subjects.SYNC_PUBLISH, cb=hear)
    answer = await ask(client, "spring boot framework")
    assert (answer["status"], answer["patterns"][0]["slug"]) == ("found", "spring-boot")
    async with asyncio.timeout(5):
        while (change := await heard.get())["pattern"]["slug"] != "spring-boot":
            pass
    assert "spring boot framework" in change["pattern"]["aliases"]
    assert len(model.asked) == before
    await client.close()


async def test_a_wrong_name_costs_one_call_until_an_operator_has_it_retried(
    asking_system: System, model: ScriptedServer, run: Command
) -> None:
    before, script = len(model.asked), model.script
    model.script = lambda _asked: replies.answer(NOT_FOUND)
    async with connected(asking_system.addresses.nats_url) as instance:
        for _ in range(20):
            query = {"name": "Vapour", "wait_ms": 10_000}
            said = (await instance.ask(subjects.query("framework"), query, deadline_ms=11_000)).said
            assert (said["status"], said["reason"]) == ("not_found", "no_such_thing")
        assert len(model.asked) == before + 1

        (listed,) = (await asyncio.to_thread(run, "discoveries", "ls", "--reason", "no_such_thing", "--json")).json
        assert (listed["name"], listed["state"], listed["message"]) == ("Vapour", "failed", "nobody makes it")
        assert listed["id"] == said["discovery_id"]
        model.script = script
        await asyncio.to_thread(run, "discoveries", "retry", listed["id"])

        async def is_found() -> bool:
            return (await instance.named("Vapour")).found

        await repeated(is_found, 30, "the retried discovery was not run")
    assert len(model.asked) == before + 2


async def test_what_redis_forgot_and_a_killed_worker_began_is_found_all_the_same(
    asking_system: System, model: ScriptedServer
) -> None:
    before = len(model.asked)
    async with connected(asking_system.addresses.nats_url) as instance:
        asking_system.hold("discover")
        assert (await instance.named("Lost And Found")).said["status"] == "pending"
        with Redis.from_url(asking_system.addresses.redis_url) as redis:
            redis.flushall()
        asking_system.start_again("discover")

        async def is_found() -> bool:
            return (await instance.named("Lost And Found")).found

        await repeated(is_found, 40, "it was never found out")
    assert len(model.asked) == before + 1


async def test_nonsense_is_answered_without_a_trace(asking_system: System, model: ScriptedServer, run: Command) -> None:
    before = len(model.asked)
    async with connected(asking_system.addresses.nats_url) as instance:
        said = (await instance.named("https://user:secret@example.com/?token=abc")).said
        assert (said["status"], said["reason"]) == ("not_found", "not_a_name")
    everything = [argument for state in ("open", "running", "failed", "found") for argument in ("--in", state)]
    listed = await asyncio.to_thread(run, "discoveries", "ls", *everything, "--json")
    assert "secret" not in listed.out
    assert len(model.asked) == before


async def test_what_one_instance_taught_is_enriched_for_all(asking_system: System, model: ScriptedServer) -> None:
    enriched = {name: FOUND[name] for name in FOUND if name not in {"exists", "reason", "alias_of", "name"}}
    model.script = lambda asked: replies.answer(enriched if "exists" not in str(asked.schema) else FOUND)
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    other = await nats.connect(asking_system.addresses.nats_url)

    async def hear(message: Any) -> None:
        heard.put_nowait(json.loads(message.data))

    await other.subscribe(subjects.SYNC_PUBLISH, cb=hear)
    async with connected(asking_system.addresses.nats_url) as instance:
        await instance.learn("thin-queue", "thin-queue-1")
    async with asyncio.timeout(60):
        while (change := await heard.get())["pattern"].get("description") != FOUND["description"]:
            pass
    pattern = change["pattern"]
    assert (pattern["slug"], pattern["state"], pattern["category"]) == ("thin-queue", "candidate", "web-framework")
    assert next(it["name"] for it in pattern["indicators"] if it["kind"] == "dependency") == "thin-queue"
    spoken = {entry.get("field"): entry for entry in pattern["provenance"]}
    assert spoken["description"]["template"] == "enrichment@1"
    assert spoken["name"]["source"] == "learn"
    await other.close()
