"""The synchronous client: threads, forks, and that nothing starts before it is used."""

import inspect
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from centralcloud_client import AsyncCentralPatternsClient, CentralPatternsClient, ClientClosedError, UnreachableError
from packages.client.tests.centre import Centre, pattern, upsert

FORKING = """
import json, os, sys, threading
from centralcloud_client import CentralPatternsClient
client = CentralPatternsClient(sys.argv[1], state_dir=sys.argv[2])
assert client.wait_synced(5)
assert client.query_framework_pattern("rails").source == "local"
holding = threading.Event()
def hold():
    with client._lock:
        holding.set()
        threading.Event().wait(0.5)
threading.Thread(target=hold, daemon=True).start()
holding.wait()
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    synced = client.wait_synced(5)
    result = client.query_framework_pattern("rails")
    asked = client.query_framework_pattern("unknown", wait_ms=0)
    client.learn_new_pattern("framework", {"name": "child", "examples": ["x"]})
    told = [synced, result.source, asked.status, client.flush(5)]
    os.write(writing, json.dumps(told).encode())
    client.close()
    sys.exit(0)
_, code = os.waitpid(child, 0)
told = json.loads(os.read(reading, 10_000))
client.learn_new_pattern("framework", {"name": "parent", "examples": ["x"]})
print(json.dumps([code, told, client.query_framework_pattern("unknown", wait_ms=0).status, client.flush(5)]))
client.close()
"""


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("centralcloud")]


def test_making_a_client_starts_nothing(state: Path) -> None:
    started = time.perf_counter()
    client = CentralPatternsClient("nats://127.0.0.1:1", state_dir=state)
    assert time.perf_counter() - started < 0.05
    assert threads() == []
    assert not state.exists()
    with pytest.raises(UnreachableError):
        client.query_framework_pattern("x")
    assert len(threads()) == 1
    client.close()
    assert threads() == []
    with pytest.raises(ClientClosedError):
        client.status()


def test_connecting_does_not_wait_for_a_server_that_is_down(state: Path) -> None:
    with CentralPatternsClient("nats://127.0.0.1:1", state_dir=state) as client:
        started = time.perf_counter()
        learn_id = client.learn_new_pattern("framework", {"name": "x", "examples": ["x"]})
        assert time.perf_counter() - started < 0.5
        assert client.learn_status(learn_id).state == "spooled"


def test_the_whole_way_from_synchronous_code(centre: Centre, state: Path) -> None:
    told: list[int] = []
    with CentralPatternsClient(
        centre.url_of_instances, state_dir=state, on_change=lambda change: told.append(change.seq)
    ) as client:
        assert client.wait_synced(5)
        centre.publish(upsert(1, "rails"))
        assert client.wait_synced(5, seq=1)
        assert client.query_framework_pattern("Rails").source == "local"
        client.feedback("framework", "rails", "confirmed")
        assert client.flush(5)
        assert client.sync() == 1
        assert client.status().live
        assert [one.slug for one in client.cached_patterns("framework")] == ["rails"]
        assert client.cached_patterns("code") == ()
    assert told == [1]
    assert len(centre.learns()) == 1


def test_many_threads_share_one_client(centre: Centre, state: Path) -> None:
    centre.publish(*(upsert(seq, f"f{seq}") for seq in range(1, 101)), broadcast=False)
    centre.replies["centralcloud.patterns.technology.query"] = lambda question: centre.answer(
        status="found", patterns=[pattern(question["name"], 1)]
    )
    with CentralPatternsClient(centre.url_of_instances, state_dir=state) as client:
        assert client.wait_synced(5)

        def work(number: int) -> bool:
            slug = f"f{number % 100 + 1}"
            local = client.query_framework_pattern(slug).patterns[0].slug == slug
            client.learn_new_pattern("framework", {"name": slug, "examples": ["x"]})
            return local and client.query_technology_pattern(f"t{number}").patterns[0].slug == f"t{number}"

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(work, range(200)))
        assert client.flush(15)
    assert len({learn["learn_id"] for learn in centre.learns()}) == len(centre.learns()) == 200


def test_the_first_calls_of_many_threads_start_one_client(centre: Centre, state: Path) -> None:
    client = CentralPatternsClient(centre.url_of_instances, state_dir=state)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: client.wait_synced(5), range(8)))
    assert threads().count("centralcloud-client") == 1
    client.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_starts_afresh_and_the_parent_goes_on(centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "rails"), broadcast=False)
    run = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING, centre.url_of_instances, str(state)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stdout.strip() == '[0, [true, "local", "not_found", true], "not_found", true]', run.stderr
    assert sorted(learn["name"] for learn in centre.learns()) == ["child", "parent"]


def test_closing_ends_the_calls_of_other_threads(centre: Centre, state: Path) -> None:
    centre.replies["centralcloud.patterns.framework.query"] = None
    client = CentralPatternsClient(centre.url_of_instances, state_dir=state)
    assert client.wait_synced(5)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.query_framework_pattern, "nobody answers this")
        time.sleep(0.1)
        client.close()
        with pytest.raises((ClientClosedError, UnreachableError)):
            waiting.result(5)


def test_both_clients_offer_the_same(state: Path) -> None:
    def offered(kind: type) -> dict[str, list[str]]:
        methods = {name: method for name, method in vars(kind).items() if not name.startswith("_")}
        return {name: list(inspect.signature(method).parameters)[:2] for name, method in methods.items()}

    assert offered(CentralPatternsClient) == offered(AsyncCentralPatternsClient)


def test_a_callback_that_calls_back_is_told_instead_of_hanging(centre: Centre, state: Path) -> None:
    errors: list[str] = []

    def call_back(_change: object) -> None:
        try:
            client.status()
        except RuntimeError as error:
            errors.append(str(error))

    client = CentralPatternsClient(centre.url_of_instances, state_dir=state, on_change=call_back)
    with client:
        assert client.wait_synced(5)
        centre.publish(upsert(1, "a"))
        assert client.wait_synced(5, seq=1)
    assert len(errors) == 1
    assert "own thread" in errors[0]


def test_a_forgotten_client_ends_its_thread(state: Path) -> None:
    client = CentralPatternsClient("nats://127.0.0.1:1", state_dir=state)
    client.connect()
    assert len(threads()) >= 1
    del client
    deadline = time.monotonic() + 5
    while threads():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_that_does_not_close_its_client_ends(centre: Centre, state: Path) -> None:
    code = (
        "import sys; from centralcloud_client import CentralPatternsClient;"
        "client = CentralPatternsClient(sys.argv[1], state_dir=sys.argv[2]); print(client.wait_synced(5))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, centre.url_of_instances, str(state)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "True", "")
