"""The command lines of the application follow celeryconfig.WORKERS, and only one process sees the LLM key."""

from pathlib import Path

import pytest

from celeryconfig import WORKERS
from stack.child import Process
from stack.ports import Ports
from stack.processes import Addresses, Application, numbered
from tasks.names import QUEUES


def _processes(state: Path, **scale: int) -> dict[str, Process]:
    addresses = Addresses(
        nats_url="nats://127.0.0.1:1",
        nats_user="centre",
        nats_password="secret",
        redis_url="redis://127.0.0.1:2/0",
        database_url="postgresql+psycopg2://u@/d?host=/tmp",
        flower_url="http://127.0.0.1:3",
    )
    application = Application(
        state=state,
        addresses=addresses,
        ports=Ports(state / "ports.json"),
        flower_port=3,
        gateways=scale.pop("gateways", 1),
        scale=scale,
        codebase_root=state,
    )
    return {process.name: process for process in application.processes()}


def test_there_is_one_process_for_each_line_and_every_queue_is_drained(tmp_path: Path) -> None:
    processes = _processes(tmp_path)
    named = [name for worker in WORKERS for name in numbered(worker.name, worker.processes)]
    assert set(processes) == {"gateway", "beat", "flower", *named}
    drained = {
        queue
        for process in processes.values()
        for argument in process.argv
        if argument.startswith("--queues=")
        for queue in argument.removeprefix("--queues=").split(",")
    }
    assert drained == set(QUEUES)


def test_scaling_multiplies_one_line_under_names_of_their_own(tmp_path: Path) -> None:
    processes = _processes(tmp_path, detect=2, gateways=2)
    assert {"detect-1", "detect-2", "gateway-1", "gateway-2"} < set(processes)
    assert "--hostname=detect-2@%h" in processes["detect-2"].argv
    ports = [process.health_port for process in processes.values() if process.health_port]
    assert len(ports) == len(set(ports))


def test_only_the_discover_worker_sees_the_key_and_all_know_whether_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    processes = _processes(tmp_path)
    holders = {name for name, process in processes.items() if any("OPENAI" in variable for variable in process.env)}
    assert holders == {"discover"}
    assert {process.env["CENTRALCLOUD_DISCOVERY"] for process in processes.values()} == {"1"}


def test_bytecode_stays_on_for_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert not any("PYTHONDONTWRITEBYTECODE" in process.env for process in _processes(tmp_path).values())


def test_the_callers_codebase_roots_win_over_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CENTRALCLOUD_CODEBASE_ROOTS", raising=False)
    assert _processes(tmp_path)["detect"].env["CENTRALCLOUD_CODEBASE_ROOTS"] == str(tmp_path)
    monkeypatch.setenv("CENTRALCLOUD_CODEBASE_ROOTS", "/srv/code")
    assert _processes(tmp_path)["detect"].env["CENTRALCLOUD_CODEBASE_ROOTS"] == "/srv/code"


def test_what_reads_the_feed_or_is_asked_waits_for_the_migration(tmp_path: Path) -> None:
    waiting = {name for name, process in _processes(tmp_path, sync=2, gateways=2).items() if process.after_migration}
    assert waiting == {"gateway-1", "gateway-2", "beat", "sync-1", "sync-2"}
