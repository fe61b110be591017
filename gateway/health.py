"""/live, /ready and /metrics of the gateway, over a few lines of HTTP.

Owns the little server. Ready means: NATS is connected and requests are taken; Redis and Postgres may be down, because
then there still are answers.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

_READ_SECONDS = 5.0
_JSON = "application/json"


class Health:
    """Answers probes and scrapes."""

    def __init__(self, readiness: Callable[[], Mapping[str, bool]]) -> None:
        self._readiness = readiness
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen, unless the port is 0."""
        if port:
            self._server = await asyncio.start_server(self._serve, host, port)

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _READ_SECONDS)
            words = head.split(b"\r\n", 1)[0].split(b" ")
            status, kind, body = self._answer(words[1].split(b"?")[0] if len(words) == 3 else b"")
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            if words[0] != b"HEAD":
                writer.write(body)
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _answer(self, path: bytes) -> tuple[str, str, bytes]:
        if path == b"/live":
            return "200 OK", _JSON, b'{"live":true}'
        if path == b"/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest()
        if path == b"/ready":
            checks = self._readiness()
            ready = all(checks.values())
            status = "200 OK" if ready else "503 Service Unavailable"
            return status, _JSON, json.dumps({"ready": ready, **checks}).encode()
        return "404 Not Found", _JSON, b'{"error":"not found"}'
