"""Children that die are restarted, with patience; a start that cannot succeed fails at once and says why."""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stack.child import Child, EarlyDeathError
from stack.spawn import StartError
from stack.supervisor import InterruptedStartError, Supervisor, restart_delay
from tests.stack.fakes import eventually, fake


class _Watching:
    """A supervisor whose looks a test takes itself, and the lines it said."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.lines: list[str] = []
        self.supervisor = Supervisor(self.lines.append)

    def child(self, name: str, *ways: str) -> Child:
        return Child(fake(self.state, name, *ways), self.state / f"{name}.log")

    def start(self, children: list[Child]) -> None:
        self.supervisor.start_all(children)
        self.supervisor.await_ready(children)

    def look_until(self, condition: Callable[[], bool], seconds: float = 10.0) -> bool:
        def looked() -> bool:
            self.supervisor.look()
            return condition()

        return eventually(looked, seconds)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[_Watching]:
    made = _Watching(tmp_path)
    yield made
    made.supervisor.stop_all()


def test_a_child_that_is_killed_comes_back_and_a_line_says_so(watching: _Watching) -> None:
    child = watching.child("worker")
    watching.start([child])
    first = child.pid
    watching.supervisor.kill("worker")
    assert watching.look_until(lambda: child.pid != first and child.alive)
    assert watching.lines == [f"worker was killed by SIGKILL; restarting in 0.5 s (log: {child.log})"]


def test_a_child_that_keeps_dying_is_restarted_ever_more_slowly(watching: _Watching) -> None:
    child = watching.child("worker", "die-after", "0.1")
    watching.start([child])
    assert watching.look_until(lambda: len(watching.lines) == 3)
    assert [line.partition(" (log")[0] for line in watching.lines] == [
        f"worker ended with 9; restarting in {delay} s" for delay in ("0.5", "1", "2")
    ]


def test_the_delay_doubles_up_to_half_a_minute() -> None:
    assert [restart_delay(deaths) for deaths in (1, 2, 3, 6, 7, 8, 1000)] == [0.5, 1, 2, 16, 30, 30, 30]


def test_a_failing_start_shows_the_last_lines_at_once(watching: _Watching) -> None:
    began = time.monotonic()
    with pytest.raises(EarlyDeathError, match=r"(?s)broken ended with 7; its last lines.*the reason why it ended"):
        watching.start([watching.child("fine"), watching.child("broken", "die-at-once")])
    assert time.monotonic() - began < 5


def test_a_start_that_takes_too_long_is_named(watching: _Watching) -> None:
    child = watching.child("worker")
    watching.start([child])
    child.signal(signal.SIGSTOP)
    with pytest.raises(StartError, match="worker was not ready after 0 s"):
        watching.supervisor.await_ready([child], 0.2)


def test_a_stop_ends_the_waiting(watching: _Watching) -> None:
    watching.supervisor.request_stop()
    with pytest.raises(InterruptedStartError):
        watching.start([watching.child("worker")])


def test_a_program_that_does_not_exist_is_a_start_error(tmp_path: Path) -> None:
    missing = replace(fake(tmp_path, "worker"), argv=("/nonexistent/program",))
    with pytest.raises(StartError, match="/nonexistent/program"):
        Child(missing, tmp_path / "log").start()


def test_a_held_child_stays_down_until_started_again(watching: _Watching) -> None:
    child = watching.child("worker")
    watching.start([child])
    watching.supervisor.hold("worker", by_force=True)
    assert not watching.look_until(lambda: child.alive, seconds=0.8)
    watching.supervisor.start_again("worker")
    assert child.is_ready()
    assert watching.lines == []


def test_a_child_that_ignores_the_stop_signal_is_killed_after_its_grace(watching: _Watching) -> None:
    child = watching.child("stubborn", "slow-to-stop")
    watching.start([child])
    began = time.monotonic()
    watching.supervisor.stop_all()
    assert not child.alive
    assert 0.9 < time.monotonic() - began < 4


def test_a_suspended_child_is_stopped(watching: _Watching) -> None:
    child = watching.child("worker")
    watching.start([child])
    child.signal(signal.SIGSTOP)
    child.stop()
    assert not child.alive


def test_a_large_log_is_moved_aside_at_the_start(watching: _Watching) -> None:
    child = watching.child("worker")
    child.log.write_bytes(b"x" * 9_000_000)
    watching.start([child])
    assert child.log.stat().st_size < 1000
    assert child.log.with_suffix(".log.1").stat().st_size == 9_000_000
