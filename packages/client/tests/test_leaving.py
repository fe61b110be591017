"""Closing in the middle, ending without closing, another event loop: no hang, no traceback, nothing lost."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from centralcloud_client import AsyncCentralPatternsClient, CentralPatternsClient, ClientClosedError
from centralcloud_client.spool import Spool
from packages.client.tests.centre import Centre, upsert
from packages.client.tests.test_outage import LEARN, eventually

NOWHERE = "nats://127.0.0.1:1"

#: Work goes on in a thread that outlives the main one, while the feed brings changes all the time.
OUTLIVING = """
import sys, threading, time
from centralcloud_client import CentralPatternsClient
client = CentralPatternsClient(sys.argv[1], state_dir=sys.argv[2], on_change=lambda change: None)
assert client.wait_synced(5)
def work():
    time.sleep(0.3)
    learn_id = client.learn_new_pattern("framework", {"name": "late", "examples": ["x"]})
    found = client.query_framework_pattern("rails")
    told = client.detect(sys.argv[2])
    print(client.flush(5), found.source, told.status, flush=True)
threading.Thread(target=work).start()
"""
NEVER_CLOSED = """
import asyncio, sys
from centralcloud_client import AsyncCentralPatternsClient
async def main():
    client = AsyncCentralPatternsClient(sys.argv[1], state_dir=sys.argv[2])
    print(await client.wait_synced(5))
asyncio.run(main())
"""


def run(code: str, url: str, state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, url, str(state)], capture_output=True, text=True, timeout=60, check=False
    )


def test_threads_that_outlive_the_main_one_use_the_client(centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "rails"), broadcast=False)
    done = run(OUTLIVING, centre.url_of_instances, state)
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("True local not_found", "", 0)
    assert [learn["name"] for learn in centre.learns()] == ["late"]


def test_an_interpreter_ends_in_silence_while_changes_come(centre: Centre, state: Path) -> None:
    code = (
        "import sys; from centralcloud_client import CentralPatternsClient;"
        "client = CentralPatternsClient(sys.argv[1], state_dir=sys.argv[2]); print(client.wait_synced(5))"
    )
    over = threading.Event()

    def tell() -> None:
        seq = 0
        while not over.is_set():
            seq += 1
            centre.publish(upsert(seq, f"f{seq}"))

    telling = threading.Thread(target=tell)
    telling.start()
    try:
        ends = [run(code, centre.url_of_instances, state / str(number)) for number in range(5)]
    finally:
        over.set()
        telling.join()
    assert [(done.stdout.strip(), done.stderr, done.returncode) for done in ends] == [("True", "", 0)] * 5


@pytest.mark.parametrize("url", ["", NOWHERE])
def test_an_asynchronous_client_that_nobody_closes_ends_in_silence(centre: Centre, state: Path, url: str) -> None:
    done = run(NEVER_CLOSED.replace("wait_synced(5)", "wait_synced(1)"), url or centre.url_of_instances, state)
    assert (done.stdout.strip(), done.stderr, done.returncode) == (str(not url), "", 0)


Call = Callable[[AsyncCentralPatternsClient], Coroutine[Any, Any, object]]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.query_framework_pattern("nobody answers this"),
        lambda client: client.learn_status("nobody answers this"),
        lambda client: client.wait_synced(30, seq=99),
        lambda client: client.flush(30),
    ],
    ids=["query", "learn_status", "wait_synced", "flush"],
)
async def test_a_call_in_the_middle_hears_that_the_client_was_closed(centre: Centre, state: Path, call: Call) -> None:
    centre.replies["centralcloud.patterns.framework.query"] = None
    centre.replies["centralcloud.patterns.learn.status"] = None
    client = AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state)
    assert await client.wait_synced(5)
    centre.drop_learn_stream()
    try:
        await client.learn_new_pattern("framework", LEARN)
        waiting = asyncio.create_task(call(client))
        await asyncio.sleep(0.1)
        await asyncio.wait_for(client.close(), 5)
        with pytest.raises(ClientClosedError):
            await asyncio.wait_for(waiting, 2)
    finally:
        centre.make_learn_stream()


def test_a_client_of_another_event_loop_says_so(state: Path) -> None:
    client = AsyncCentralPatternsClient(NOWHERE, state_dir=state)
    asyncio.run(client.connect())

    async def again() -> None:
        with pytest.raises(RuntimeError, match="another event loop"):
            await client.query_framework_pattern("x")
        await client.close()

    asyncio.run(again())


async def test_a_cancelled_learn_that_is_on_disk_is_sent(centre: Centre, state: Path) -> None:
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state) as client:
        assert await client.wait_synced(5)
        for number in range(20):
            teaching = asyncio.create_task(client.learn_new_pattern("framework", LEARN | {"learn_id": f"l{number}"}))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            teaching.cancel()
            await asyncio.wait([teaching])

        def on_disk() -> int:
            spool = Spool(state)
            try:
                return spool.counts()[0]
            finally:
                spool.close()

        await eventually(lambda: len(centre.learns()) == 20 and on_disk() == 0)


async def test_a_cancelled_question_is_cancelled(centre: Centre, state: Path) -> None:
    centre.replies["centralcloud.patterns.framework.query"] = None
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.query_framework_pattern("nobody answers this"), 0.2)
        asking = asyncio.create_task(client.query_framework_pattern("nobody answers this"))
        await asyncio.sleep(0.1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


def test_closing_from_the_callback_is_refused_and_closes_nothing(centre: Centre, state: Path) -> None:
    errors: list[str] = []

    def leave(_change: object) -> None:
        try:
            client.close()
        except RuntimeError as error:
            errors.append(str(error))

    client = CentralPatternsClient(centre.url_of_instances, state_dir=state, on_change=leave)
    with client:
        assert client.wait_synced(5)
        centre.publish(upsert(1, "a"))
        assert client.wait_synced(5, seq=1)
        assert client.status().connected
    assert len(errors) == 1


def test_a_client_collected_on_its_own_thread_does_not_wait_for_itself(state: Path) -> None:
    client = CentralPatternsClient(NOWHERE, state_dir=state)
    client.connect()
    running = client._running
    assert running is not None
    started = time.monotonic()
    running.thread._loop.call_soon_threadsafe(running.stop)
    running.thread._thread.join(5)
    assert not running.thread._thread.is_alive()
    assert time.monotonic() - started < 5
    with pytest.raises(ClientClosedError):
        client.status()
    client.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_child_leaves_by_exit_without_a_word(centre: Centre, state: Path) -> None:
    code = """
import os, sys
from centralcloud_client import CentralPatternsClient
client = CentralPatternsClient(sys.argv[1], state_dir=sys.argv[2])
assert client.wait_synced(5)
child = os.fork()
if child == 0:
    sys.exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), client.status().connected)
"""
    done = run(code, centre.url_of_instances, state)
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("3 True", "", 0)
