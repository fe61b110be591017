"""Check that servers named by URL can be reached, before anything waits for them in vain."""

import socket
from typing import Final
from urllib.parse import urlsplit

from stack.spawn import StartError

_SECONDS = 3.0
_PORTS: Final = {"nats": 4222, "tls": 4222, "ws": 80, "wss": 443, "redis": 6379, "rediss": 6379}


def require_reachable(name: str, urls: str | None) -> None:
    """Raise StartError when none of these (comma-separated) URLs accepts a connection.

    PostgreSQL is not asked here: the migration, which comes first, says more.
    """
    if urls is None:
        return
    reasons = []
    for url in urls.split(","):
        parts = urlsplit(url.strip())
        if parts.scheme not in _PORTS:
            return
        host, port = parts.hostname or "127.0.0.1", parts.port or _PORTS[parts.scheme]
        try:
            socket.create_connection((host, port), timeout=_SECONDS).close()
        except OSError as error:
            reasons.append(f"{host}:{port}: {error.strerror or error}")
        else:
            return
    raise StartError(f"cannot reach {name} at {'; '.join(reasons)}")
