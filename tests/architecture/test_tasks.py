"""Every task that is named is registered by the right worker, routed to a queue, and every queue is drained."""

import importlib
from typing import Final

import pytest
from celery import Celery

import celeryconfig
from celeryconfig import WORKERS, Worker
from centralcloud_client.headers import MAX_DEADLINE_MS
from tasks import names
from tests.architecture.source import ROOT
from tests.compose.compose_file import services

NAMED: Final = {
    value
    for key, value in vars(names).items()
    if key.isupper() and isinstance(value, str) and value.startswith("tasks.")
}
WORKER_NAMES: Final = [worker.name for worker in WORKERS]


def _registered(modules: tuple[str, ...]) -> dict[str, str]:
    """Return the tasks of ours that these modules register, with the module of each body."""
    for module in modules:
        importlib.import_module(module)
    app = Celery("architecture", set_as_current=False)
    app.finalize()
    return {name: task.__module__ for name, task in app.tasks.items() if task.__module__ in modules}


def test_every_name_is_routed() -> None:
    assert set(names.ROUTES) == NAMED
    assert set(names.ROUTES.values()) <= set(names.QUEUES)
    assert celeryconfig.task_routes == {name: {"queue": queue} for name, queue in names.ROUTES.items()}


def test_every_queue_has_exactly_one_worker() -> None:
    drained = [queue for worker in WORKERS for queue in worker.queues]
    assert sorted(drained) == sorted(names.QUEUES)
    assert sorted(queue.name for queue in celeryconfig.task_queues) == sorted(names.QUEUES)


def test_what_keeps_no_ledger_is_drained_one_task_at_a_time() -> None:
    unledgered = {queue.name for queue in celeryconfig.task_queues if queue.no_ack}
    assert unledgered == {"lookup", "learn"}
    assert {worker.pool for worker in WORKERS if unledgered & set(worker.queues)} == {"solo"}


@pytest.mark.parametrize("worker", WORKERS, ids=WORKER_NAMES)
def test_worker_registers_what_its_queues_carry_and_no_more(worker: Worker) -> None:
    routed = {name for name, queue in names.ROUTES.items() if queue in worker.queues}
    assert set(_registered(worker.modules)) == routed


def test_what_instances_may_make_long_ends_when_nobody_waits_any_more() -> None:
    for module in {module for worker in WORKERS if worker.name == "detect" for module in worker.modules}:
        importlib.import_module(module)
    app = Celery("architecture", set_as_current=False)
    app.finalize()
    for name in (name for name, queue in names.ROUTES.items() if queue == "detect"):
        soft, hard = app.tasks[name].soft_time_limit, app.tasks[name].time_limit
        assert soft is not None, name
        assert hard is not None, name
        assert MAX_DEADLINE_MS / 1000 <= soft < hard < celeryconfig.task_soft_time_limit, name


def test_every_module_of_tasks_is_loaded_by_a_worker() -> None:
    loaded = {module for worker in WORKERS for module in worker.modules}
    with_tasks = {
        f"tasks.{path.stem}" for path in (ROOT / "tasks").glob("*.py") if "@shared_task" in path.read_text("utf-8")
    }
    assert loaded == with_tasks


@pytest.mark.parametrize("worker", WORKERS, ids=WORKER_NAMES)
def test_compose_worker_drains_its_queues(worker: Worker) -> None:
    command = services()[worker.name]["command"]
    assert f"--queues={','.join(worker.queues)}" in command
    assert {word for word in command if word.startswith("--include=")} == {f"--include={m}" for m in worker.modules}


def test_beat_schedules_known_tasks_onto_their_queues() -> None:
    for entry in celeryconfig.beat_schedule.values():
        assert names.ROUTES[str(entry["task"])] == entry["options"]["queue"]  # type: ignore[index]  # a plain dict
        assert entry["options"]["expires"] == entry["schedule"]  # type: ignore[index]  # a plain dict
