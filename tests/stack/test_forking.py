"""The fork server: what it starts is what was asked for, is seen to end, and never outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.environment import inherited
from stack.forking import AVAILABLE, ForkServer
from stack.processes import ROOT
from stack.spawn import StartError

# Without parent-death signals there is no fork server, and everything starts the ordinary way.
pytestmark = pytest.mark.skipif(not AVAILABLE, reason="Linux only")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ForkServer]:
    (tmp_path / "metrics").mkdir()
    env = inherited(tmp_path) | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    made = ForkServer(env, tmp_path / "server.log", ROOT)
    yield made
    made.close()


def module(folder: Path, text: str) -> tuple[str, ...]:
    (folder / "asked_for.py").write_text(text)
    return (sys.executable, "-m", "asked_for", "one", "two")


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


def test_a_module_runs_with_its_own_arguments_environment_folder_and_log(server: ForkServer, tmp_path: Path) -> None:
    argv = module(
        tmp_path,
        "import os, sys\n"
        "print(sys.argv[1:], sorted(os.environ), os.getcwd(), os.getsid(0) == os.getpid())\n"
        "sys.exit(7)",
    )
    child = server.start(
        "asked", argv, env={"PYTHONPATH": "", "ONLY": "this"}, log=tmp_path / "out", cwd=tmp_path, death_signal=9
    )
    assert child.wait(20) == 7
    text = (tmp_path / "out").read_text()
    assert f"['one', 'two'] ['ONLY', 'PYTHONPATH'] {tmp_path} True" in text


def test_a_killed_child_is_seen_to_have_been_killed(server: ForkServer, tmp_path: Path) -> None:
    argv = module(tmp_path, "import time\ntime.sleep(60)")
    child = server.start("asked", argv, env={}, log=tmp_path / "out", cwd=tmp_path, death_signal=9)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.2)
    child.send_signal(signal.SIGKILL)
    assert child.wait(5) == -signal.SIGKILL


def test_nothing_outlives_a_killed_server_and_the_next_start_brings_a_new_one(
    server: ForkServer, tmp_path: Path
) -> None:
    argv = module(tmp_path, "import time\ntime.sleep(60)")
    child = server.start("asked", argv, env={}, log=tmp_path / "out", cwd=tmp_path, death_signal=9)
    parent = int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    assert child.wait(5) == -signal.SIGKILL
    assert gone(child.pid)
    again = server.start("asked", argv, env={}, log=tmp_path / "out", cwd=tmp_path, death_signal=9)
    assert again.poll() is None
    again.send_signal(signal.SIGKILL)
    again.wait(5)


def test_a_program_that_is_no_module_is_refused(server: ForkServer, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="only modules"):
        server.start("asked", ("/bin/true",), env={}, log=tmp_path / "out", cwd=None, death_signal=9)
