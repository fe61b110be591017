"""What a client is told at its making: the server, its own name, where its state lies.

Reads `CENTRALCLOUD_NATS_URL`, `CENTRALCLOUD_INSTANCE_ID` and `CENTRALCLOUD_CACHE_DIR` for what is not said; opens
nothing.
"""

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from centralcloud_client.errors import AddressError

DEFAULT_SERVER: Final = "nats://127.0.0.1:4222"
_SCHEMES: Final = frozenset({"nats", "tls", "ws", "wss"})
_HOST: Final = re.compile(r"[\w.:%-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Settings of one client; times in seconds unless the name says otherwise."""

    servers: tuple[str, ...]
    #: Who learns; None: anonymous.
    instance_id: str | None
    #: Holds `client-v1.sqlite3`: the cache and the spool.
    state_dir: Path
    user: str | None = None
    password: str | None = None
    token: str | None = None
    #: Answer names from the cache while the feed is live.
    prefer_cache: bool = True
    #: Keep the cache current by the feed; a client that asks once and goes does without, and `sync()` still fetches.
    follow: bool = True
    #: How long a query for an unknown name may wait for its discovery.
    wait_ms: int = 10_000
    #: Between attempts to connect.
    reconnect_wait: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what no attempt to connect could ever reach."""
        for server in self.servers:
            _parts(server)

    @classmethod
    def of(
        cls,
        server: str | tuple[str, ...] | list[str] | None = None,
        *,
        instance_id: str | None = None,
        state_dir: str | os.PathLike[str] | None = None,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        prefer_cache: bool = True,
        follow: bool = True,
        wait_ms: int = 10_000,
    ) -> Self:
        """Fill in what is not said from the environment, then from defaults; raises AddressError."""
        named = server or os.environ.get("CENTRALCLOUD_NATS_URL") or DEFAULT_SERVER
        servers = _listed(named) if isinstance(named, str) else tuple(named)
        return cls(
            servers=servers,
            instance_id=instance_id or os.environ.get("CENTRALCLOUD_INSTANCE_ID") or None,
            state_dir=Path(state_dir) if state_dir is not None else default_state_dir(servers),
            user=user,
            password=password,
            token=token,
            prefer_cache=prefer_cache,
            follow=follow,
            wait_ms=wait_ms,
        )


def default_state_dir(servers: tuple[str, ...]) -> Path:
    """Return the folder below the user's cache that belongs to these servers, credentials left out of the key."""
    key = hashlib.sha256("\n".join(sorted(_place(server) for server in servers)).encode()).hexdigest()[:16]
    told = os.environ.get("CENTRALCLOUD_CACHE_DIR")
    return (Path(told) if told else _user_cache() / "centralcloud") / key


def _listed(servers: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in servers.split(",") if part.strip()) or (servers,)


def _place(server: str) -> str:
    parts = _parts(server)
    return f"{parts.hostname}:{parts.port or 4222}"


def _parts(server: str) -> SplitResult:
    try:
        parts = urlsplit(server if "://" in server else f"nats://{server}")
        if parts.scheme in _SCHEMES and _HOST.fullmatch(parts.hostname or "") and parts.port != 0:
            return parts
    except (TypeError, ValueError):
        pass
    # Without what may be a password.
    shown = server.rpartition("@")[2] if isinstance(server, str) else server
    raise AddressError(f"{shown!r} is no address of a NATS server, as {DEFAULT_SERVER} is")


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
