"""The state folder: who holds it, what runs in it, where its servers are.

Owns the files `lock`, `env` and `processes.json`; the servers keep their own data beside them. The lock is the
kernel's, so that a killed supervisor never leaves it taken.
"""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

DEFAULT: Final = Path(".centralcloud")


class AlreadyRunningError(Exception):
    """Another supervisor holds the state folder."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(f"already running on {folder} (process {pid}); stop it with `centralcloud down`")
        self.pid = pid


@dataclass(frozen=True)
class Running:
    """One line of processes.json."""

    name: str
    pid: int
    #: Identity of the process beyond its reusable number (stack.leftovers).
    started: str
    health_port: int = 0


@dataclass
class StateFolder:
    """A state folder; `hold` it before changing anything in it."""

    path: Path
    _lock: int = -1

    @property
    def env_file(self) -> Path:
        """File of KEY=VALUE lines that exists while everything is ready."""
        return self.path / "env"

    def hold(self) -> None:
        """Create the folder and take its lock until `release`; raises AlreadyRunningError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / "log").mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise AlreadyRunningError(self.path, self.holder()) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._lock = handle

    def release(self) -> None:
        """Give the lock back."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def holder(self) -> int:
        """Return the pid of the supervisor that holds the folder, 0 when nobody does."""
        with suppress(OSError), (self.path / "lock").open("rb+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with suppress(ValueError):
                    return int(file.read())
        return 0

    def write_env(self, variables: Mapping[str, str]) -> None:
        """Say that everything is ready, and where."""
        self._replace(self.env_file, "".join(f"{name}={value}\n" for name, value in variables.items()))

    def read_env(self) -> dict[str, str]:
        """Return what `write_env` wrote; empty while nothing is ready."""
        with suppress(OSError):
            lines = self.env_file.read_text().splitlines()
            return dict(line.split("=", 1) for line in lines if "=" in line)
        return {}

    def remove_env(self) -> None:
        """Say that this is no longer ready."""
        self.env_file.unlink(missing_ok=True)

    def write_processes(self, running: Iterable[Running]) -> None:
        """Note what runs, for `status` and for a supervisor that comes after a killed one."""
        self._replace(self.path / "processes.json", json.dumps([asdict(entry) for entry in running], indent=1))

    def read_processes(self) -> list[Running]:
        """Return what was noted last."""
        with suppress(OSError, ValueError, TypeError):
            return [Running(**entry) for entry in json.loads((self.path / "processes.json").read_text())]
        return []

    def remove_processes(self) -> None:
        """Note that nothing runs."""
        (self.path / "processes.json").unlink(missing_ok=True)

    def _replace(self, path: Path, text: str) -> None:
        """Write a private file in one step; a reader sees the old text or the new."""
        handle, draft = tempfile.mkstemp(dir=self.path, prefix=f".{path.name}-")
        with open(handle, "w") as file:
            file.write(text)
        Path(draft).replace(path)
