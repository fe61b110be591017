"""The embedded PostgreSQL: creates the cluster once, then runs `postgres` on a Unix socket only.

Whoever can reach the private socket folder may connect without a password. As root, everything here runs in a user
namespace, because PostgreSQL refuses root.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from stack import binaries
from stack.child import Child, Process
from stack.spawn import run

USER = DATABASE = "centralcloud"
#: A Unix socket's path has at most 107 bytes, and PostgreSQL appends `/.s.PGSQL.5432.lock`.
_LONGEST_SOCKET_FOLDER = 85

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "max_logical_replication_workers": "0",
    "max_parallel_workers": "2",
    "io_method": "sync",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


def postgres_process(folder: Path, env: Mapping[str, str]) -> Process:
    """Create the cluster in `folder` where there is none, and return the process that serves it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = folder / "data"
    # Without the caller's PG* variables, which would change defaults silently.
    env = {name: value for name, value in env.items() if not name.startswith("PG")} | {"LC_ALL": "C", "TZ": "UTC"}
    if not (data / "PG_VERSION").exists():
        _create(data, env)
    sockets = socket_folder(folder)
    _forget_foreign_lock(data)
    settings = {**_SETTINGS, "unix_socket_directories": str(sockets)}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def ready(child: Child) -> bool:
        with suppress(OSError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready"
        return False

    return Process(
        name="postgres",
        argv=(str(binaries.postgres_folder() / "postgres"), "-D", str(data), *arguments),
        env=env,
        ready=ready,
        # Fast shutdown: ends sessions, writes a checkpoint; also when we die without a word.
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
        unprivileged=True,
    )


def database_url(folder: Path) -> str:
    """Return the SQLAlchemy URL of the database that `folder` keeps."""
    return f"postgresql+psycopg2://{USER}@/{DATABASE}?host={quote(str(socket_folder(folder)), safe='/')}"


def socket_folder(folder: Path) -> Path:
    """Return the private folder of the socket: inside `folder`, or a short one that `folder` remembers."""
    inside = folder / "socket"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
        inside.mkdir(mode=0o700, exist_ok=True)
        return inside
    note = folder / "socket-folder"
    with suppress(OSError):
        remembered = Path(note.read_text())
        status = remembered.lstat()
        if remembered.is_dir() and status.st_uid == os.geteuid() and status.st_mode & 0o077 == 0:
            return remembered
    short = Path(tempfile.mkdtemp(prefix="centralcloud-"))
    note.write_text(str(short))
    return short


def remove_short_socket_folder(folder: Path) -> None:
    """Delete the socket folder when it lies outside of `folder`."""
    note = folder / "socket-folder"
    with suppress(OSError):
        shutil.rmtree(note.read_text(), ignore_errors=True)
        note.unlink()


def _create(data: Path, env: Mapping[str, str]) -> None:
    """Make cluster and database; a half-made cluster is never taken for a whole one."""
    draft = data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    programs = binaries.postgres_folder()
    options = ("--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions")
    run([str(programs / "initdb"), "-D", str(draft), "-U", USER, *options], env=env, unprivileged=True)
    statement = f'CREATE DATABASE "{DATABASE}"\n'
    run(
        [str(programs / "postgres"), "--single", "-D", str(draft), "postgres"],
        env=env,
        unprivileged=True,
        given=statement,
    )
    draft.rename(data)


def _forget_foreign_lock(data: Path) -> None:
    """Remove postmaster.pid when its number now belongs to a program that is no PostgreSQL: it would bar the start."""
    with suppress(OSError, ValueError, IndexError):
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            (data / "postmaster.pid").unlink()
