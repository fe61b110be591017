"""The gateway's connection to NATS: kept for ever, through restarts and absences of the server.

Owns the options and the three moments everybody wants to hear of. Nothing is buffered while it is down: what could not
be sent is an error at once, never a message that surprises later.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from nats.aio.client import Client

from gateway import metrics
from gateway.sturdy_client import SturdyClient
from settings import Settings

_log = structlog.get_logger(__name__)

_NO_LIMIT = -1
_SECONDS_BETWEEN_ATTEMPTS = 0.25
_CONNECT_SECONDS = 3
#: A server that hangs is left after two of these.
_PING_SECONDS = 5


async def connect(
    settings: Settings,
    client: Client,
    *,
    disconnected: Callable[[], None],
    reconnected: Callable[[], Awaitable[None]],
    closed: Callable[[], None],
) -> None:
    """Connect, however long it takes; the callbacks tell what happens later."""

    async def on_disconnected() -> None:
        metrics.NATS_CONNECTED.set(0)
        _log.warning("nats is gone")
        disconnected()

    async def on_reconnected() -> None:
        metrics.NATS_CONNECTED.set(1)
        _log.info("nats is back")
        await reconnected()

    async def on_closed() -> None:
        closed()

    await client.connect(
        error_cb=_errors_of(client),
        disconnected_cb=on_disconnected,
        reconnected_cb=on_reconnected,
        closed_cb=on_closed,
        **_options(settings),
    )
    metrics.NATS_CONNECTED.set(1)


def _options(settings: Settings) -> dict[str, Any]:
    password = settings.nats_password
    return {
        "servers": settings.nats_url,
        "name": settings.process_name,
        # What JetStream answers us is nothing for instances, who may listen to `_INBOX.>`.
        "inbox_prefix": "_CENTRE",
        # Subjects come from our own list, or from the server, which has parsed them.
        "skip_subject_validation": True,
        "user": settings.nats_user if password else None,
        "password": password.get_secret_value() if password else None,
        "max_reconnect_attempts": _NO_LIMIT,
        "reconnect_time_wait": _SECONDS_BETWEEN_ATTEMPTS,
        "connect_timeout": _CONNECT_SECONDS,
        "ping_interval": _PING_SECONDS,
        "max_outstanding_pings": 2,
        "pending_size": 0,
    }


def _errors_of(client: Client) -> Callable[[Exception], Awaitable[None]]:
    """Return what logs errors: one line for an absence, not one for each of the attempts."""
    told = False

    async def on_error(error: Exception) -> None:
        nonlocal told
        if client.is_connected or not told:
            _log.warning("nats", error=repr(error))
        told = not client.is_connected

    return on_error


def new_client() -> Client:
    """Return a client that is not connected yet."""
    return SturdyClient()
