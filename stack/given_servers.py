"""Check that servers named by URL can be reached and let us in, before anything waits for them in vain."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
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


def require_streams(urls: str | None, user: str | None, password: str | None) -> None:
    """Raise StartError when this NATS does not let the centre in, or has no JetStream for it."""
    if urls is None:
        return
    # On a thread of its own, for the caller's may have a loop already.
    with ThreadPoolExecutor(max_workers=1) as own:
        refusal = own.submit(asyncio.run, _refusal(urls.split(","), user, password)).result()
    if refusal is not None:
        raise StartError(f"NATS at {_without_secrets(urls)} {refusal}")


async def _refusal(servers: list[str], user: str | None, password: str | None) -> str | None:
    """Return why JetStream cannot be used there; None where it can."""
    from nats.aio.client import Client
    from nats.errors import Error as NatsError
    from nats.js.errors import APIError, ServiceUnavailableError

    told: list[str] = []

    async def note(error: Exception) -> None:
        told.append(str(error) or type(error).__name__)

    secret: dict[str, Any] = {"user": user or "centre", "password": password} if password else {}
    # Once: by default the library tries for minutes, also where it is told not to reconnect.
    once: dict[str, Any] = {"allow_reconnect": False, "max_reconnect_attempts": 1, "connect_timeout": 3}
    client = Client()
    try:
        await client.connect(servers, error_cb=note, inbox_prefix="_CENTRE", **once, **secret)
        await client.jetstream(timeout=_SECONDS).account_info()
    except ServiceUnavailableError:
        return "has no JetStream: start it with one"
    except (NatsError, APIError, OSError, TimeoutError, ValueError) as error:
        if not client.is_connected:
            return f"does not let us in: {told[-1] if told else error or type(error).__name__}"
        if any("permissions violation" in reason.lower() for reason in told):
            return "takes us for an instance: set CENTRALCLOUD_NATS_USER and CENTRALCLOUD_NATS_PASSWORD"
        return f"does not answer: {error or type(error).__name__}"
    finally:
        # Of a refused connection the library leaves the socket to the garbage collector.
        transport = client._transport  # noqa: SLF001  it tells of it nowhere else
        await client.close()
        if transport is not None:
            transport.close()  # type: ignore[no-untyped-call]  # untyped in the library
            await asyncio.sleep(0)
    return None


def _without_secrets(urls: str) -> str:
    return ", ".join(url.rpartition("@")[2].rpartition("/")[2] for url in urls.split(","))
