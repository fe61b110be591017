"""Liveness, readiness and metrics of a worker over HTTP, on a thread of its own.

`/live` answers while the process does; `/ready` says 200 once the worker consumes and NATS is connected; `/metrics` is
Prometheus's. Switched off with health_port 0.
"""

import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from settings import settings
from workers import metrics
from workers.nats_link import NatsLink

_consuming = threading.Event()


def start(link: Callable[[], NatsLink | None]) -> None:
    """Serve on the configured port; raises OSError when it is taken."""
    chosen = settings()
    if chosen.health_port == 0:
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/live":
                self._send(200, b"live\n")
            elif self.path == "/ready":
                ok = _consuming.is_set() and _connected(link())
                self._send(200 if ok else 503, b"ready\n" if ok else b"not ready\n")
            elif self.path == "/metrics":
                shown = metrics.exposition(consuming=_consuming.is_set(), connected=_connected(link()))
                self._send(200, shown, "text/plain; version=0.0.4; charset=utf-8")
            else:
                self._send(404, b"not found\n")

        def _send(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Stay silent: probes would fill the log."""

    server = ThreadingHTTPServer((chosen.health_host, chosen.health_port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    # A forked child must not answer in its parent's name.
    os.register_at_fork(after_in_child=server.socket.close)


def _connected(link: NatsLink | None) -> bool:
    # The parent of a prefork pool has no connection of its own.
    return link is None or link.connected


def ready() -> None:
    """Say that the worker consumes its queues."""
    _consuming.set()


def not_ready() -> None:
    """Say that the worker is leaving."""
    _consuming.clear()
