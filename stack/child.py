"""One child process of ours: what it is (`Process`), and the running thing (`Child`).

Owns start, readiness, stop and the log file of a single child. Restarting those that die is stack.supervisor's work.
"""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from stack.forking import Forked, ForkServer
from stack.spawn import StartError, spawn

_LOG_BYTES = 8 * 1024 * 1024
_POLL_SECONDS = 0.02
_START_AGAIN_SECONDS = 5.0

Ready = Callable[["Child"], bool]


class EarlyDeathError(StartError):
    """A child ended before it was ready; the message carries its last lines."""


def alive(child: "Child") -> bool:
    """Readiness of a process that has no address: it runs."""
    return child.alive


def answers(url: str) -> Ready:
    """Readiness of a process that says 200 at `url`."""

    def check(_child: "Child") -> bool:
        with suppress(urllib.error.URLError, OSError), _direct.open(url, timeout=1) as reply:
            return bool(reply.status == 200)
        return False

    return check


# Without the proxies of the environment: everything asked here is on loopback.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, kw_only=True)
class Process:
    """How to start, recognise as ready, and stop one process."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready: Ready = alive
    cwd: Path | None = None
    stop_signal: int = signal.SIGTERM
    #: Signal it gets when we die without a word.
    death_signal: int = signal.SIGKILL
    #: Seconds from the stop signal to SIGKILL.
    grace: float = 8.0
    #: Hide from the program that we are root.
    unprivileged: bool = False
    #: Port of its /live, /ready and /metrics; 0 where it has none.
    health_port: int = 0
    #: Whether it must wait for the preparations (the migration).
    after_migration: bool = True
    #: Forks it, where there is one, instead of a start from nothing.
    fork_server: ForkServer | None = None
    #: Whether it is a Celery worker, which Flower should list.
    is_worker: bool = False


@dataclass
class Child:
    """A process started at most once at a time; its output goes to a file that is cut at each start."""

    process: Process
    log: Path
    started_at: float = 0.0
    _popen: subprocess.Popen[bytes] | Forked | None = field(default=None, repr=False)
    _buried: bool = False

    @property
    def name(self) -> str:
        """The process's name."""
        return self.process.name

    @property
    def pid(self) -> int:
        """Pid of the running process, 0 before the first start."""
        return self._popen.pid if self._popen else 0

    @property
    def alive(self) -> bool:
        """Whether it runs (a stopped or hung process does)."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Exit code of the last run, negative for a signal; None while it runs."""
        return self._popen.poll() if self._popen else None

    def start(self) -> None:
        """Start it and return at once; raises StartError. What a run before left in its process group goes first."""
        self.kill()
        rotate(self.log)
        process = self.process
        self.started_at = time.monotonic()
        self._buried = False
        if process.fork_server is not None:
            self._popen = process.fork_server.start(
                process.name,
                process.argv,
                env=process.env,
                log=self.log,
                cwd=process.cwd,
                death_signal=process.death_signal,
            )
            return
        self._popen = spawn(
            process.argv,
            env=process.env,
            log=self.log,
            cwd=process.cwd,
            death_signal=process.death_signal,
            unprivileged=process.unprivileged,
        )

    def is_ready(self) -> bool:
        """Ask once whether it is ready; raises EarlyDeathError when it has ended."""
        if not self.alive:
            raise EarlyDeathError(self.obituary())
        return self.process.ready(self)

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Wait until it is ready; raises EarlyDeathError, or StartError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise StartError(
                    f"{self.name} was not ready after {seconds:.0f} s; its last lines:\n{self.last_lines()}"
                )
            time.sleep(_POLL_SECONDS)

    def start_ready(self, seconds: float = 30.0) -> None:
        """Start it and wait until it is ready; an early death is tried again for some seconds.

        A PostgreSQL that was killed a moment ago still holds the memory that the next one needs.
        """
        give_up = time.monotonic() + _START_AGAIN_SECONDS
        while True:
            self.start()
            try:
                return self.wait_ready(seconds)
            except EarlyDeathError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)

    def ask_to_stop(self) -> None:
        """Send the stop signal, also to a suspended process."""
        self.signal(self.process.stop_signal)
        self.signal(signal.SIGCONT)

    def await_end(self, deadline: float) -> None:
        """Wait for the end until `deadline` (monotonic), then kill; nothing of its process group remains."""
        if self._popen is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def stop(self) -> None:
        """Stop it in order, by force after its grace."""
        self.ask_to_stop()
        self.await_end(time.monotonic() + self.process.grace)

    def kill(self) -> None:
        """SIGKILL it with everything in its process group, and reap it."""
        # Once only: later the number may be another group's.
        if self._popen is None or self._buried:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._buried = True

    def signal(self, number: int) -> None:
        """Send a signal to the process alone, if it runs."""
        if self._popen is not None and self.alive:
            self._popen.send_signal(number)

    def last_lines(self, count: int = 20) -> str:
        """Return the end of its log, indented."""
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 16384))
            lines = file.read().decode(errors="replace").splitlines()[-count:]
            return "\n".join(f"    {line}" for line in lines)
        return "    (no log)"

    def summary(self) -> str:
        """Say how it ended, in one line."""
        code = self.exit_code
        how = (
            "never ran"
            if code is None
            else f"ended with {code}"
            if code >= 0
            else f"was killed by {signal_name(-code)}"
        )
        return f"{self.name} {how}"

    def obituary(self) -> str:
        """Say how it ended, with its last lines."""
        return f"{self.summary()}; its last lines ({self.log}):\n{self.last_lines()}"

    def overdue(self, seconds: float) -> str:
        """Say that it was not ready in time, with its last lines."""
        return f"{self.name} was not ready after {seconds:.0f} s; its last lines ({self.log}):\n{self.last_lines()}"


def signal_name(number: int) -> str:
    """Return `SIGTERM` for 15."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def rotate(log: Path) -> None:
    """Move a log that has grown too large aside, replacing the one moved before."""
    with suppress(OSError):
        if log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
