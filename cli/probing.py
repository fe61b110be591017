"""One look at each process and server, with a short timeout; what cannot be seen is said, never raised."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nats.aio.client import Client

_SECONDS: Final = 2.0
#: kombu's lists beside the bare name.
_SEPARATOR: Final = "\x06\x16"
_PRIORITIES: Final = (3, 6, 9)
_PING: Final = "$SRV.PING.centralcloud"


# Without the proxies of the environment: everything asked here is on loopback.
_direct: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def processes(state: Path) -> list[dict[str, Any]]:
    """Return each process noted in the state folder, with what its health endpoint says."""
    from stack.state import StateFolder

    return [
        {"name": entry.name, "pid": entry.pid, **_health(entry.pid, entry.health_port)}
        for entry in StateFolder(state).read_processes()
    ]


def _health(pid: int, port: int) -> dict[str, Any]:
    if not Path(f"/proc/{pid}").exists() and Path("/proc").exists():
        return {"ok": False, "state": "gone"}
    if not port:
        return {"ok": True, "state": "runs"}
    try:
        with _direct.open(f"http://127.0.0.1:{port}/ready", timeout=_SECONDS):
            return {"ok": True, "state": "ready"}
    except urllib.error.HTTPError:
        return {"ok": False, "state": "not ready"}
    except OSError:
        return {"ok": False, "state": "silent"}


def redis(url: str) -> dict[str, Any]:
    """Return each queue's depth and the age of its oldest task in seconds."""
    from redis import Redis
    from redis.exceptions import RedisError

    from tasks.names import QUEUES

    if not url:
        return {"ok": False, "error": "no address known"}
    try:
        with Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as connection:
            return {"ok": True, "queues": [{"name": name, **_queue(connection, name)} for name in QUEUES]}
    except (RedisError, OSError, ValueError) as error:
        return {"ok": False, "error": str(error)}


def _queue(connection: Any, name: str) -> dict[str, Any]:
    """Return depth and age over all lists of a queue: one a priority."""
    depth, ages = 0, []
    for priority in ("", *(f"{_SEPARATOR}{number}" for number in _PRIORITIES)):
        depth += connection.llen(name + priority)
        if (sent_at := _sent_at(connection.lindex(name + priority, -1))) is not None:
            ages.append(max(0.0, time.time() - sent_at))
    return {"depth": depth, "age": max(ages, default=None)}


def _sent_at(task: bytes | None) -> float | None:
    """Return when a task was sent, as the gateway and the workers note it; beat notes nothing."""
    if task is None:
        return None
    try:
        sent_at = json.loads(task)["headers"]["sent_at"]
    except (ValueError, KeyError, TypeError):
        return None
    return float(sent_at) if isinstance(sent_at, int | float) else None


def database(url: str) -> dict[str, Any]:
    """Return the feed's head, counts of patterns and dead letters, and whether paid calls may leave."""
    import datetime

    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from models import feed, learns, patterns
    from services.paid_calls import oversight

    if not url:
        return {"ok": False, "error": "no address known"}
    try:
        engine = create_engine(url, connect_args={"connect_timeout": 2, "options": "-c statement_timeout=2000"})
    except (ArgumentError, ImportError) as error:
        return {"ok": False, "error": str(error)}
    try:
        with engine.connect() as connection:
            return {
                "ok": True,
                "feed_head": feed.head(connection).seq,
                "patterns": sum(row.patterns for row in patterns.counts(connection)),
                "dead_letters": len(learns.dead_letters(connection, limit=1_000)),
                "paid_calls": oversight.hindrance(connection, datetime.datetime.now(datetime.UTC)),
            }
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        return {"ok": False, "error": reason.splitlines()[0]}
    finally:
        engine.dispose()


def nats(url: str, password: str | None) -> dict[str, Any]:
    """Return whether a gateway answers, the end of stream SYNC, and the learns that wait.

    Who has not the centre's secret sees the first only.
    """
    import asyncio

    from nats.errors import Error as NatsError
    from nats.js.errors import APIError, NotFoundError

    from centralcloud_client.subjects import LEARN_STREAM, SYNC_STREAM
    from cli.centre_connection import connect

    async def look() -> dict[str, Any]:
        connection = await connect(url, password)
        found: dict[str, Any] = {"ok": True}
        try:
            found["served"] = await _is_served(connection)
            if password:
                manager = connection.jetstream(timeout=_SECONDS)
                found["published"] = (await manager.stream_info(SYNC_STREAM)).state.last_seq
                found["learns_waiting"] = (await manager.stream_info(LEARN_STREAM)).state.messages
        except NotFoundError as error:
            found |= {"ok": False, "error": str(error)}
        finally:
            await connection.close()
        return found

    if not url:
        return {"ok": False, "error": "no address known"}
    try:
        return asyncio.run(asyncio.wait_for(look(), 3 * _SECONDS))
    except (NatsError, APIError, OSError, TimeoutError) as error:
        return {"ok": False, "error": str(error) or type(error).__name__}


async def _is_served(connection: "Client") -> bool:
    """Tell whether any gateway takes requests; one that is suspended does not."""
    from nats.errors import Error as NatsError

    try:
        await connection.request(_PING, timeout=_SECONDS)
    except (NatsError, TimeoutError):
        return False
    return True
