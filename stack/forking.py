"""The supervisor's end of the fork server: start processes from it, and see them end as if they were our own children.

Owns the server's life. Where there is no fork server (not Linux), stack.child starts processes the ordinary way.
"""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from stack.spawn import StartError, spawn

PACKET: Final = 1024 * 1024
#: Seconds until the server has loaded everything; a busy machine needs several.
_SECONDS_TO_LOAD: Final = 60.0

AVAILABLE: Final = sys.platform == "linux"


@dataclass(slots=True)
class Forked:
    """A process forked by the server, with the part of subprocess.Popen that supervision needs."""

    pid: int
    _ended: threading.Event = field(default_factory=threading.Event)
    _code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        assert self._code is not None
        return self._code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self._code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def note_end(self, code: int) -> None:
        """Take down how it ended."""
        self._code = code
        self._ended.set()


class ForkServer:
    """One fork server, started at once and loading meanwhile; a killed one is replaced at the next start."""

    def __init__(self, env: Mapping[str, str], log: Path, cwd: Path) -> None:
        self._env = dict(env)
        self._log = log
        self._cwd = cwd
        self._lock = threading.Lock()
        self._launch()

    def start(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str],
        log: Path,
        cwd: Path | None,
        death_signal: int,
    ) -> Forked:
        """Fork a process that runs `python -m MODULE …`; raises StartError."""
        if argv[:2] != (sys.executable, "-m"):
            raise StartError(f"only modules can be forked, not {argv}")
        request = {
            "name": name,
            "module": argv[2],
            "arguments": argv[3:],
            "env": dict(env),
            "log": str(log),
            "cwd": str(cwd) if cwd else None,
            "death_signal": int(death_signal),
        }
        with self._lock:
            if self._process.poll() is not None:
                self._launch()
            try:
                self._channel.send(json.dumps(request).encode())
                started = self._started.get(timeout=_SECONDS_TO_LOAD)
            except (OSError, queue.Empty) as error:
                raise StartError(f"{name}: the fork server does not answer ({error!r}):{self._last_lines()}") from error
        if started is None:
            raise StartError(f"{name}: the fork server has ended:{self._last_lines()}")
        return started

    def _last_lines(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-10:] if self._log.exists() else []
        return "".join(f"\n    {line}" for line in (*lines, f"(log: {self._log})"))

    def close(self) -> None:
        """End the server; what it forked and still runs ends with it."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join(5)

    def _launch(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = ours
        self._started: queue.SimpleQueue[Forked | None] = queue.SimpleQueue()
        self._process = spawn(
            (sys.executable, "-m", "stack.fork_server", str(theirs.fileno())),
            env=self._env,
            log=self._log,
            cwd=self._cwd,
            keep=(theirs.fileno(),),
        )
        theirs.close()
        self._reader = threading.Thread(target=_read, args=(ours, self._started), name="fork-server", daemon=True)
        self._reader.start()


def _read(channel: socket.socket, started: "queue.SimpleQueue[Forked | None]") -> None:
    """Hand over what was started and note what ended, until the server is gone, and with it all it forked."""
    running: dict[int, Forked] = {}
    with suppress(OSError):
        while packet := channel.recv(PACKET):
            told = json.loads(packet)
            if "pid" in told:
                running[told["pid"]] = Forked(told["pid"])
                started.put(running[told["pid"]])
            else:
                running.pop(told["ended"]).note_end(told["code"])
    channel.close()
    # Whoever waits for a start is told, too.
    started.put(None)
    for process in running.values():
        process.note_end(-signal.SIGKILL)
