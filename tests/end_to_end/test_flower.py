"""What an operator sees: Flower knows every worker, and every task by name with its outcome; metrics rise with the
work; each process says that it lives and is ready, and stops saying so when it is not."""

import json
import urllib.error
import urllib.request
import uuid
from functools import partial
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from celeryconfig import WORKERS
from centralcloud_client import subjects
from stack.processes import numbered
from stack.system import System
from tasks.names import LOOKUP_MANY
from tests.end_to_end.instance import connected
from tests.end_to_end.patience import soon, until

PROCESSES = {name: worker for worker in WORKERS for name in numbered(worker.name, worker.processes)}

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str) -> tuple[int, str]:
    try:
        with _direct.open(url, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def flower(system: System, path: str) -> Any:
    status, body = get(system.addresses.flower_url + path)
    assert status == 200, body
    return json.loads(body)


def drained(system: System) -> dict[str, set[str]]:
    """Return the queues of each worker that Flower has heard of."""
    return {
        node.partition("@")[0]: {queue["name"] for queue in worker.get("active_queues") or ()}
        for node, worker in flower(system, "/api/workers").items()
    }


def health(system: System, name: str, path: str) -> tuple[int, str]:
    return get(f"http://127.0.0.1:{system.child(name).process.health_port}{path}")


def metric(system: System, process: str, name: str, **labels: str) -> float:
    """Return a sample of a process's /metrics, 0 where there is none yet."""
    families = text_string_to_metric_families(health(system, process, "/metrics")[1])
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


async def test_flower_shows_workers_and_finished_tasks_by_name(system: System) -> None:
    online = {node.partition("@")[0]: worker for node, worker in flower(system, "/api/workers?status=true").items()}
    assert online == dict.fromkeys(PROCESSES, True)
    wanted = {name: set(worker.queues) for name, worker in PROCESSES.items()}
    await soon(lambda: drained(system) == wanted, 15, "Flower does not know what each worker drains")
    async with connected(system.addresses.nats_url) as instance:
        assert (await instance.named(f"nobody-{uuid.uuid4().hex}")).said["status"] == "not_found"

    def finished() -> list[dict[str, Any]]:
        tasks = flower(system, f"/api/tasks?taskname={LOOKUP_MANY}").values()
        return [task for task in tasks if task["state"] == "SUCCESS"]

    await soon(finished, 10, "Flower knows no finished lookup")
    task = finished()[0]
    assert task["name"] == LOOKUP_MANY
    assert task["worker"].startswith("lookup@")
    assert task["runtime"] > 0


async def test_metrics_rise_with_the_work(system: System) -> None:
    asked = {"subject": subjects.ANY_QUERY, "outcome": "not_found"}
    ran = {"task": LOOKUP_MANY, "state": "success"}
    requests = metric(system, "gateway", "centralcloud_gateway_requests_total", **asked)
    tasks = metric(system, "lookup", "centralcloud_tasks_total", **ran)
    async with connected(system.addresses.nats_url) as instance:
        for _ in range(5):
            await instance.named(f"nobody-{uuid.uuid4().hex}")
    assert metric(system, "gateway", "centralcloud_gateway_requests_total", **asked) == requests + 5
    assert metric(system, "lookup", "centralcloud_tasks_total", **ran) >= tasks + 1
    assert metric(system, "gateway", "centralcloud_gateway_nats_connected") == 1


def test_a_worker_that_did_nothing_yet_has_metrics(system: System) -> None:
    for name in PROCESSES:
        assert metric(system, name, "centralcloud_worker_consuming") == 1, name
        assert metric(system, name, "centralcloud_worker_nats_connected") == 1, name


def test_every_process_lives_and_is_ready(system: System) -> None:
    for name in ("gateway", *PROCESSES):
        assert health(system, name, "/live")[0] == 200, name
        assert health(system, name, "/ready")[0] == 200, name


def says(system: System, name: str, status: int) -> bool:
    return health(system, name, "/ready")[0] == status


def test_without_nats_nothing_is_ready_and_everything_lives(system: System) -> None:
    names = ("gateway", "lookup", "learn-1", "learn-2", "sync")
    system.hold("nats", by_force=True)
    try:
        for name in names:
            until(partial(says, system, name, 503), 10, f"{name} says that it is ready")
            assert health(system, name, "/live")[0] == 200, name
        assert metric(system, "lookup", "centralcloud_worker_nats_connected") == 0
    finally:
        system.start_again("nats")
    for name in names:
        until(partial(says, system, name, 200), 15, f"{name} is not ready again")
