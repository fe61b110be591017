"""One question and away: no cache, no spool, no feed, no thread, nothing on disk.

For commands that ask once and end. Who asks more than once, teaches or goes on without the centre takes a client.
"""

import asyncio
import time
from typing import Any, Final, NamedTuple

from centralcloud_client import answers, subjects
from centralcloud_client.connection import Connection
from centralcloud_client.errors import UnreachableError
from centralcloud_client.exchange import Exchange
from centralcloud_client.headers import DETECT_DEADLINE_MS
from centralcloud_client.messages.replies import QueryReply
from centralcloud_client.messages.requests import Evidence
from centralcloud_client.options import Options
from centralcloud_client.results import QueryResult, from_reply

#: How long a server that refused the connection may take to think better.
_REFUSED_SECONDS: Final = 1.5
_LOOK_SECONDS: Final = 0.02


class Answered(NamedTuple):
    """An answer, and the seconds between question and answer, without connecting."""

    result: QueryResult
    seconds: float


def detect(evidence: Evidence, options: Options, **ask: Any) -> Answered:
    """Ask for everything about a codebase; raises RefusedError, UnreachableError or NoAnswerError."""
    return asyncio.run(_detect(evidence, options, ask))


async def _detect(evidence: Evidence, options: Options, ask: dict[str, Any]) -> Answered:
    connection = Connection(options, on_connected=_nothing, on_lost=_nothing)
    connection.start()
    try:
        await _require(connection)
        began = time.perf_counter()
        reply, answer = await Exchange(connection, options).ask(
            subjects.DETECT, {"evidence": evidence, **ask}, QueryReply, deadline_ms=DETECT_DEADLINE_MS
        )
        return Answered(from_reply(reply, answers.plain(answer)), time.perf_counter() - began)
    finally:
        await connection.close()


async def _require(connection: Connection) -> None:
    await connection.attempted()
    until = asyncio.get_running_loop().time() + _REFUSED_SECONDS
    while not connection.connected:
        if asyncio.get_running_loop().time() > until:
            raise UnreachableError(f"cannot reach NATS at {connection.server}: {connection.last_error or 'no answer'}")
        await asyncio.sleep(_LOOK_SECONDS)


def _nothing() -> None:
    """Hear of the connection, and do nothing: nothing hangs on it."""
