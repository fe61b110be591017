"""A whole system with stand-ins for the application: what exists while it runs, and that nothing does afterwards."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from stack import binaries
from stack.child import Child, Process
from stack.leftovers import end_leftovers, identity
from stack.ports import HOST, Ports, is_free
from stack.servers import EmbeddedServers
from stack.spawn import StartError
from stack.state import AlreadyRunningError, Running, StateFolder
from stack.system import Options, System
from tests.stack.fakes import eventually, fake, marked_processes

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def state() -> Iterator[Path]:
    # Not tmp_path: its length would move PostgreSQL's socket elsewhere.
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="cc-")) / "state"
    yield folder
    shutil.rmtree(folder.parent, ignore_errors=True)


def _system(state: Path, *ways: str, **options: object) -> System:
    return System(
        Options(state=state, **options),  # type: ignore[arg-type]  # any of the options
        before=lambda _system: [],
        application=lambda system: [fake(system.state.path, "fake", *ways)],
    )


def _supervisor(state: Path, *ways: str) -> subprocess.Popen[str]:
    """Start a supervisor as a process of its own and wait until it says that it is ready."""
    command = [sys.executable, "-m", "tests.stack.run_system", str(state), *ways]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line == "ready\n":
            return process
    raise AssertionError("".join(said))


def test_the_env_file_exists_exactly_while_everything_is_ready(state: Path) -> None:
    with _system(state) as system:
        env = state / "env"
        assert stat.S_IMODE(env.stat().st_mode) == 0o600
        assert env.read_text() == (
            f"CENTRALCLOUD_NATS_URL={system.servers.nats_url}\n"
            f"CENTRALCLOUD_REDIS_URL={system.servers.redis_url}\n"
            f"CENTRALCLOUD_DATABASE_URL={system.servers.database_url}\n"
            f"CENTRALCLOUD_FLOWER_URL=http://127.0.0.1:{system.flower_port}\n"
        )
        names = [(entry.name, entry.pid) for entry in system.state.read_processes()]
        assert names == [(name, system.child(name).pid) for name in ("nats", "valkey", "postgres", "fake")]
    assert not env.exists()
    assert not (state / "processes.json").exists()
    assert marked_processes(state) == set()


def test_a_killed_child_is_back_soon_and_noted(state: Path) -> None:
    with _system(state) as system:
        first = system.child("fake").pid
        system.kill("fake")
        assert eventually(lambda: system.child("fake").pid != first and system.child("fake").is_ready())
        assert eventually(lambda: system.child("fake").pid in {entry.pid for entry in system.state.read_processes()})


def test_killed_servers_come_back_where_they_were(state: Path) -> None:
    with _system(state) as system:
        for name in ("nats", "valkey", "postgres"):
            first = system.child(name).pid
            system.kill(name)
            assert eventually(partial(_replaced, system, name, first))


def _replaced(system: System, name: str, first: int) -> bool:
    return system.child(name).pid != first and _ready(system, name)


def _ready(system: System, name: str) -> bool:
    child = system.child(name)
    return child.alive and child.process.ready(child)


def test_a_second_start_on_a_live_state_is_refused(state: Path) -> None:
    with _system(state) as first:
        with pytest.raises(AlreadyRunningError, match=str(os.getpid())):
            _system(state).start()
        assert first.child("fake").is_ready()
        assert (state / "env").exists()


def test_two_states_run_side_by_side(state: Path) -> None:
    with _system(state) as first, _system(state.with_name("other")) as second:
        assert first.addresses.nats_url != second.addresses.nats_url
        assert first.addresses.database_url != second.addresses.database_url


def test_an_ephemeral_state_is_gone_afterwards(state: Path) -> None:
    with _system(state, ephemeral=True):
        assert (state / "env").exists()
    assert not state.exists()


def test_a_failed_start_leaves_nothing_and_says_why(state: Path) -> None:
    with pytest.raises(StartError, match="the reason why it ended"):
        _system(state, "die-at-once").start()
    assert marked_processes(state) == set()
    assert not (state / "env").exists()
    assert StateFolder(state).holder() == 0


def test_servers_that_run_already_are_used_and_not_stopped(state: Path) -> None:
    with (
        _system(state.with_name("theirs")) as theirs,
        _system(
            state,
            nats_url=theirs.addresses.nats_url,
            nats_user=theirs.addresses.nats_user,
            nats_password=theirs.addresses.nats_password,
            redis_url=theirs.addresses.redis_url,
            database_url=theirs.addresses.database_url,
        ) as system,
    ):
        assert list(system.supervisor.children) == ["fake"]
        system.stop()
        assert _ready(theirs, "nats")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        (None, "takes us for an instance: set CENTRALCLOUD_NATS_USER and CENTRALCLOUD_NATS_PASSWORD"),
        ("wrong", "does not let us in: .*Authorization Violation"),
    ],
)
def test_a_named_nats_that_does_not_know_the_centre_is_said(state: Path, password: str | None, reason: str) -> None:
    with EmbeddedServers(only=("nats",)) as theirs:
        address = theirs.nats_url.removeprefix("nats://")
        with pytest.raises(StartError, match=f"NATS at {address} {reason}"):
            _system(state, nats_url=theirs.nats_url, nats_password=password).start()
    assert marked_processes(state) == set()


def test_a_named_nats_without_jetstream_is_said(state: Path) -> None:
    port = Ports(state.with_name("ports.json")).choose("nats")
    process = Process(name="nats", argv=(binaries.nats_server(), "-a", HOST, "-p", str(port)), env={})
    child = Child(process, state.with_name("nats.log"))
    child.start()
    try:
        assert eventually(lambda: not is_free(port))
        with pytest.raises(StartError, match=f"NATS at {HOST}:{port} has no JetStream"):
            _system(state, nats_url=f"nats://{HOST}:{port}").start()
    finally:
        child.kill()


@pytest.mark.parametrize("option", ["nats_url", "redis_url"])
def test_a_named_server_that_is_not_there_is_said_at_once(state: Path, option: str) -> None:
    url = f"{option.removesuffix('_url')}://127.0.0.1:9"
    began = time.monotonic()
    with pytest.raises(StartError, match=r"cannot reach (NATS|Redis) at 127.0.0.1:9: Connection refused"):
        _system(state, **{option: url}).start()
    assert time.monotonic() - began < 3
    assert marked_processes(state) == set()


def test_a_preparation_that_fails_ends_the_start_with_its_last_lines(state: Path) -> None:
    system = System(
        Options(state=state),
        before=lambda system: [fake(system.state.path, "migrate", "die-at-once")],
        application=lambda system: [fake(system.state.path, "fake")],
    )
    with pytest.raises(StartError, match=r"(?s)migrate ended with 7.*the reason why it ended"):
        system.start()
    assert marked_processes(state) == set()


def test_a_stop_leaves_no_orphan_even_in_another_session(state: Path) -> None:
    supervisor = _supervisor(state, "with-grandchild")
    assert len(marked_processes(state)) >= 4
    began = time.monotonic()
    supervisor.send_signal(signal.SIGTERM)
    supervisor.communicate(timeout=20)
    assert supervisor.returncode == 0
    assert time.monotonic() - began < 8
    assert marked_processes(state) == set()


@pytest.mark.skipif(
    sys.platform != "linux", reason="the parent-death signal is Linux's; elsewhere the next start cleans"
)
def test_a_killed_supervisor_leaves_nothing(state: Path) -> None:
    supervisor = _supervisor(state)
    pids = {entry.pid for entry in StateFolder(state).read_processes()}
    assert len(pids) == 4
    supervisor.kill()
    supervisor.communicate()
    assert eventually(lambda: not marked_processes(state) and not any(map(identity, pids)), seconds=5)


def test_the_next_start_ends_what_a_killed_supervisor_left_and_finds_its_data(state: Path) -> None:
    supervisor = _supervisor(state, "with-grandchild")
    before = (state / "env").read_text()
    supervisor.kill()
    supervisor.communicate()
    left = marked_processes(state)
    assert left, "the grandchild has no death signal"
    with _system(state) as system:
        assert (state / "env").read_text() == before
        assert not left & marked_processes(state)
        assert system.child("fake").is_ready()


def test_only_processes_that_are_still_ours_are_ended(state: Path) -> None:
    folder = StateFolder(state)
    folder.hold()
    with (
        subprocess.Popen(["sleep", "60"], start_new_session=True) as ours,
        subprocess.Popen(["sleep", "60"]) as foreign,
    ):
        folder.write_processes(
            [
                Running("ours", ours.pid, identity(ours.pid)),
                Running("gone", foreign.pid, "the start of another process"),
            ]
        )
        assert end_leftovers(folder) == ["ours"]
        assert ours.wait(5) == -signal.SIGKILL
        assert foreign.poll() is None
        foreign.kill()
    folder.release()
