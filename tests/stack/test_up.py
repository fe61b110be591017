"""The real `centralcloud up` with everything it starts: from the first line to the last, also when it is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from celeryconfig import WORKERS
from stack.processes import numbered
from stack.state import StateFolder
from tests.stack.fakes import eventually, marked_processes

_COMMAND = str(Path(sys.executable).with_name("centralcloud"))
_MEGABYTE = 1024 * 1024


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="cc-"))
    yield made
    subprocess.run([_COMMAND, "down"], cwd=made, capture_output=True, check=False)
    shutil.rmtree(made, ignore_errors=True)


def _detached(folder: Path, *arguments: str) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CENTRALCLOUD_", "OPENAI_"))
    }
    done = subprocess.run(
        [_COMMAND, "up", "--detach", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


def test_everything_runs_flower_sees_it_and_down_ends_it(folder: Path) -> None:
    said = _detached(folder)
    state = folder / ".centralcloud"
    addresses = StateFolder(state).read_env()
    assert all(url in said for url in addresses.values())
    assert "discovery  " in said
    assert said.endswith("runs in the background; stop it: centralcloud down\n")
    assert "OPENAI_API_KEY" in said
    workers = {name for worker in WORKERS for name in numbered(worker.name, worker.processes)}
    names = {entry.name for entry in StateFolder(state).read_processes()}
    assert names == {"nats", "valkey", "postgres", "gateway", "beat", "flower", *workers}

    flower = addresses["CENTRALCLOUD_FLOWER_URL"]
    assert eventually(lambda: {name.partition("@")[0] for name in _get(f"{flower}/api/workers")} == workers)
    assert eventually(lambda: "SUCCESS" in _outcomes(flower, "tasks.sync.heartbeat"), seconds=30)
    assert _memory(state) < 800 * _MEGABYTE

    began = time.monotonic()
    subprocess.run([_COMMAND, "down"], cwd=folder, check=True, capture_output=True)
    assert time.monotonic() - began < 10
    assert not (state / "env").exists()
    assert marked_processes(state) == set()


def _outcomes(flower: str, task: str) -> set[str]:
    return {entry["state"] for entry in _get(f"{flower}/api/tasks?taskname={task}").values()}


def _memory(state: Path) -> int:
    """Proportional set size of everything that runs, supervisor and PostgreSQL's sessions included."""
    supervisor = psutil.Process(StateFolder(state).holder())
    return sum(process.memory_full_info().pss for process in [supervisor, *supervisor.children(recursive=True)])


def test_killed_up_leaves_nothing_and_the_next_finds_the_data(folder: Path) -> None:
    _detached(folder, "--gateways", "2", "--scale", "detect=2")
    state = StateFolder(folder / ".centralcloud")
    before = state.read_env()
    assert {"gateway-1", "gateway-2", "detect-1", "detect-2"} <= {entry.name for entry in state.read_processes()}
    os.kill(state.holder(), signal.SIGKILL)
    assert eventually(lambda: not marked_processes(state.path))
    _detached(folder)
    assert state.read_env() == before


def test_ctrl_c_in_the_foreground_stops_everything(folder: Path) -> None:
    with subprocess.Popen([_COMMAND, "up", "--ephemeral"], cwd=folder, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        said = ""
        while "nats req" not in said:
            line = up.stdout.readline()
            assert line, said
            said += line
        state = Path(next(line for line in said.splitlines() if line.startswith("state ")).split()[1])
        up.send_signal(signal.SIGINT)
        rest = up.stdout.read()
        assert up.wait(20) == 0
    assert rest.endswith("stopping …\nstopped\n")
    assert marked_processes(state) == set()
    assert not state.exists()
