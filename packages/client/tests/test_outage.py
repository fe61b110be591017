"""When NATS dies, stops or refuses: answers from the cache, learns on disk, and everything well again afterwards."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from centralcloud_client import (
    AsyncCentralPatternsClient,
    CentralPatternsClient,
    RefusedError,
    StateError,
    UnreachableError,
    subjects,
)
from centralcloud_client.messages.learns import Learn
from centralcloud_client.spool import Spool
from packages.client.tests.centre import Centre, upsert
from stack.servers import EmbeddedServers

LEARN = {"name": "custom-framework", "indicators": ["package.json has custom-framework"]}


async def eventually(fact: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(fact):
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.02)


async def test_a_killed_nats_makes_answers_stale_and_its_return_makes_all_well(
    servers: EmbeddedServers, centre: Centre, state: Path
) -> None:
    centre.publish(upsert(1, "rails"), broadcast=False)
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state, instance_id="alpha") as one:
        assert await one.wait_synced(5)
        try:
            await asyncio.to_thread(servers.kill, "nats")
            await asyncio.sleep(0.3)
            started = time.perf_counter()
            result = await one.query_framework_pattern("rails")
            assert time.perf_counter() - started < 0.5
            assert result.stale
            assert 0.2 < result.age_seconds < 10
            assert (result.source, result.as_of) == ("local", 1)
            with pytest.raises(UnreachableError):
                await one.query_framework_pattern("django")
            learn_id = await one.learn_new_pattern("framework", LEARN)
            assert (await one.learn_status(learn_id)).state == "spooled"
            assert (await one.status()).spooled == 1
        finally:
            await asyncio.to_thread(servers.start, "nats")
        assert await one.flush(15)
        await asyncio.to_thread(centre.wait_connected)
        assert [learn["learn_id"] for learn in centre.learns()] == [learn_id]
        assert centre.learns()[0]["instance_id"] == "alpha"
        centre.publish(upsert(2, "django"), broadcast=False)
        centre.heartbeat()
        assert await one.wait_synced(10, seq=2)
        assert not (await one.query_framework_pattern("django")).stale


async def test_detection_goes_on_without_the_centre(
    servers: EmbeddedServers, centre: Centre, state: Path, tmp_path: Path
) -> None:
    indicators = [{"kind": "dependency", "ecosystem": "npm", "name": "next", "weight": 0.95}]
    centre.publish(upsert(1, "nextjs", name="Next.js", indicators=indicators), broadcast=False)
    (tmp_path / "package.json").write_text('{"dependencies": {"next": "^15.1.0"}}')
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state) as one:
        assert await one.wait_synced(5)
    async with AsyncCentralPatternsClient("nats://127.0.0.1:1", state_dir=state) as one:
        result = await one.detect(tmp_path)
    assert [match.slug for match in result.matches] == ["nextjs"]
    assert result.matches[0].evidence[0].file == "package.json"
    assert (result.stale, result.source, result.as_of) == (True, "local", 1)
    raw = result.raw
    assert (raw["v"], raw["ok"], raw["status"], raw["stale"]) == (1, True, "found", True)
    assert [match["slug"] for match in raw["matches"]] == ["nextjs"]


async def test_learns_keep_their_order_and_arrive_once(servers: EmbeddedServers, centre: Centre, state: Path) -> None:
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state) as one:
        ids = [await one.learn_new_pattern("framework", LEARN | {"name": f"f{number}"}) for number in range(50)]
        ids += await one.learn_new_patterns(("code", LEARN | {"name": f"c{number}"}) for number in range(100))
        with pytest.raises(RefusedError):
            await one.learn_new_patterns([("code", LEARN), ("code", {"name": "x"})])
        ids.append(await one.feedback("framework", "nextjs", "confirmed", codebase_id="c"))
        assert await one.flush(15)
        assert (await one.status()).spooled == 0
    learns = centre.learns()
    assert [learn["learn_id"] for learn in learns] == ids
    assert learns[-1] | {"at": ""} == {
        "slug": "nextjs",
        "verdict": "confirmed",
        "codebase_id": "c",
        "learn_id": ids[-1],
        "at": "",
    }


async def test_a_spool_survives_its_process(servers: EmbeddedServers, centre: Centre, state: Path) -> None:
    code = """
import os, sys
from centralcloud_client import CentralPatternsClient
client = CentralPatternsClient("nats://127.0.0.1:1", state_dir=sys.argv[1], instance_id="alpha")
print(client.learn_new_pattern("framework", {"name": "x", "examples": ["x()"]}), flush=True)
os.kill(os.getpid(), 9)
"""
    run = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, str(state)], capture_output=True, text=True, check=False
    )
    learn_id = run.stdout.strip()
    assert learn_id, run.stderr
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state) as one:
        assert await one.flush(10)
    [learn] = centre.learns()
    assert (learn["learn_id"], learn["instance_id"]) == (learn_id, "alpha")


async def test_two_clients_of_one_spool_send_each_learn_once(
    servers: EmbeddedServers, centre: Centre, state: Path
) -> None:
    spool = Spool(state)
    for number in range(300):
        spool.add(
            f"id{number}", subjects.learn("framework"), b'{"name":"x","examples":["x"],"learn_id":"id%d"}' % number
        )
    spool.close()
    first = AsyncCentralPatternsClient(servers.nats_url, state_dir=state)
    second = AsyncCentralPatternsClient(servers.nats_url, state_dir=state)
    async with first, second:
        assert await first.flush(15)
        assert await second.flush(15)
    assert [learn["learn_id"] for learn in centre.learns()] == [f"id{number}" for number in range(300)]


async def test_a_learn_waits_for_a_stream_that_is_not_there_yet(
    servers: EmbeddedServers, centre: Centre, state: Path
) -> None:
    centre.drop_learn_stream()
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state) as one:
        await one.learn_new_pattern("code", LEARN)
        assert not await one.flush(0.5)
        assert "nobody serves" in str((await one.status()).last_error)
        centre.make_learn_stream()
        assert await one.flush(10)
    assert len(centre.learns()) == 1


async def test_a_full_stream_is_waited_for(servers: EmbeddedServers, centre: Centre, state: Path) -> None:
    centre.drop_learn_stream()
    centre.make_learn_stream(max_msgs=1)
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state) as one:
        for _ in range(2):
            await one.learn_new_pattern("framework", LEARN)
        assert not await one.flush(0.5)
        status = await one.status()
        assert (status.spooled, status.kept_aside) == (1, 0)
        centre.drop_learn_stream()
        centre.make_learn_stream()
        assert await one.flush(15)


async def test_what_nats_never_takes_is_kept_aside_and_holds_nobody_up(
    servers: EmbeddedServers, centre: Centre, state: Path
) -> None:
    centre.drop_learn_stream()
    centre.make_learn_stream(max_msg_size=2_000)
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state) as one:
        big = await one.learn_new_pattern("framework", LEARN | {"description": "long " * 2_000})
        small = await one.learn_new_pattern("framework", LEARN)
        assert await one.flush(10)
        outcome = await one.learn_status(big)
        assert outcome.state == "kept_aside"
        assert "size" in str(outcome.message)
        [aside] = await one.kept_aside()
        assert aside.learn_id == big
    assert [learn["learn_id"] for learn in centre.learns()] == [small]


async def test_a_bad_learn_is_refused_before_it_is_spooled(state: Path) -> None:
    async with AsyncCentralPatternsClient("nats://127.0.0.1:1", state_dir=state) as one:
        for data, path in (
            ({"indicators": ["x"]}, "$"),
            ({"name": 7, "indicators": ["x"]}, "$.name"),
            ({"name": "x"}, "$.indicators"),
        ):
            with pytest.raises(RefusedError) as refused:
                await one.learn_new_pattern("framework", data)
            assert (refused.value.code, refused.value.path or "$") == ("bad_schema", path)
        with pytest.raises(RefusedError, match="bad_text"):
            await one.learn_new_pattern("framework", {"name": "a\0b", "indicators": ["x"]})
        with pytest.raises(RefusedError, match="unknown_type"):
            await one.learn_new_pattern("gadget", LEARN)
        with pytest.raises(RefusedError):
            await one.feedback("framework", "x", "perhaps")
        said = await one.learn_new_pattern("framework", Learn(name="x", indicators=("file a",), learn_id="mine"))
        assert said == "mine"
        assert (await one.status()).spooled == 1


async def test_a_stopped_nats_is_noticed_by_the_deadline(servers: EmbeddedServers, centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "rails"), broadcast=False)
    async with AsyncCentralPatternsClient(servers.nats_url, state_dir=state) as one:
        assert await one.wait_synced(5)
        await asyncio.to_thread(servers.suspend, "nats")
        # The signal reaches a busy process a moment later.
        await asyncio.sleep(0.3)
        try:
            result = await one.query_framework_pattern("rails", prefer_cache=False, deadline_ms=100)
            assert result.stale
            with pytest.raises(UnreachableError):
                await one.query_framework_pattern("django", deadline_ms=100)
        finally:
            servers.resume("nats")
        centre.publish(upsert(2, "django"))
        assert await one.wait_synced(10, seq=2)


def test_a_broken_state_file_is_moved_aside(centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "rails"), broadcast=False)
    state.mkdir()
    (state / "client-v1.sqlite3").write_bytes(b"not a database" * 1000)
    with CentralPatternsClient(centre.url_of_instances, state_dir=state) as one:
        assert one.wait_synced(5)
        assert one.query_framework_pattern("rails").source == "local"
    assert [path.name.rpartition("-")[0] for path in state.glob("*.broken-*")] == ["client-v1.sqlite3.broken"]


def test_an_unusable_state_folder_is_told_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = CentralPatternsClient("nats://127.0.0.1:1", state_dir=tmp_path / "file" / "state")
    with pytest.raises(StateError, match="cannot use"):
        one.connect()
    one.close()


def test_a_learn_on_disk_outlives_a_killed_writer(state: Path) -> None:
    spool = Spool(state)
    spool.add("a", "s", b"{}")
    spool.add("a", "s", b'{"other":1}')
    with sqlite3.connect(state / "client-v1.sqlite3") as other:
        assert other.execute("SELECT learn_id, body FROM spool").fetchall() == [("a", b"{}")]
    other.close()
    spool.close()
