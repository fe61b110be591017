"""The embedded Valkey server: a disposable broker, so nothing of it is kept on disk."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from stack import binaries
from stack.child import Child, Process
from stack.ports import HOST


def valkey_process(folder: Path, env: Mapping[str, str], port: int) -> Process:
    """Return the process of a Valkey on this port."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "bind": HOST,
        "port": str(port),
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        # A full broker must refuse new work, never forget what it took.
        "maxmemory-policy": "noeviction",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]

    def pong(_child: Child) -> bool:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False

    return Process(name="valkey", argv=(binaries.valkey_server(), *arguments), env=env, ready=pong)
