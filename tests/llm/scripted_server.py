"""A model's HTTP server that does as it is told: `/v1/chat/completions` and `/v1/models` on real sockets.

In tests a Script decides on each request; `python -m tests.llm.scripted_server --port 8001 [--answers FILE]` runs it by
hand, to try the system without a model: `OPENAI_API_KEY=any OPENAI_BASE_URL=http://127.0.0.1:8001/v1 make up`. FILE has
lines of JSON, {"when": a part of the prompt, "answer": {…}}; what matches none is answered by a sample of the schema.
"""

import argparse
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.llm.replies import Reply, answer
from tests.llm.sampling import sample


@dataclass(frozen=True)
class Asked:
    """One request for a completion, as it arrived."""

    number: int
    at: float
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        return self._said("system")

    @property
    def user(self) -> str:
        return self._said("user")

    @property
    def text(self) -> str:
        """Everything the model was told."""
        return "\n".join(str(message["content"]) for message in self.body["messages"])

    @property
    def format(self) -> str:
        """How the answer is to be shaped: json_schema, json_object or text."""
        return str(self.body.get("response_format", {}).get("type", "text"))

    @property
    def schema(self) -> dict[str, Any] | None:
        """The schema that was asked for, in strict mode."""
        told = self.body.get("response_format", {}).get("json_schema", {}).get("schema")
        return told if isinstance(told, dict) else None

    def _said(self, role: str) -> str:
        return "\n".join(str(one["content"]) for one in self.body["messages"] if one["role"] == role)


#: What bodies without an end go on with.
_FILLING = b" " * 65_536

Script = Callable[[Asked], Reply]


def by_schema(asked: Asked) -> Reply:
    """Answer with the plainest value that the schema allows."""
    return answer(sample(asked.schema or {"type": "object"}))


@dataclass
class ScriptedServer:
    """The server; a context manager. Replies given to `then` are used first, one a request, then the script decides."""

    script: Script = by_schema
    host: str = "127.0.0.1"
    port: int = 0
    #: Every request for a completion, in the order of arrival.
    asked: list[Asked] = field(default_factory=list)
    _next: deque[Reply] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _in_flight: int = 0
    #: Most requests that were being answered at one time.
    most_in_flight: int = 0
    #: Bytes sent after the bodies that were to be longer.
    filled: int = 0

    def __enter__(self) -> Self:
        self._http = _Http((self.host, self.port), _Handler)
        self._http.owner = self
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="scripted", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join(5)
        self._http.server_close()

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is to be."""
        return f"http://{self.host}:{self.port}/v1"

    def then(self, *replies: Reply) -> None:
        """Queue replies for the next requests."""
        with self._lock:
            self._next.extend(replies)

    def take(self, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        """Note a request and decide on its reply."""
        with self._lock:
            asked = Asked(len(self.asked) + 1, time.time(), headers, body)
            self.asked.append(asked)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            if self._next:
                return self._next.popleft()
        return self.script(asked)

    def done(self) -> None:
        """Note that a request was answered."""
        with self._lock:
            self._in_flight -= 1

    def wait_idle(self, seconds: float = 20.0) -> None:
        """Wait until no request is being answered any more."""
        deadline = time.monotonic() + seconds
        while self._in_flight:
            assert time.monotonic() < deadline, f"{self._in_flight} replies are still being sent after {seconds} s"
            time.sleep(0.005)

    def wait_asked(self, count: int, seconds: float = 20.0) -> None:
        """Wait until so many requests have arrived."""
        deadline = time.monotonic() + seconds
        while len(self.asked) < count:
            assert time.monotonic() < deadline, f"{len(self.asked)} of {count} requests came in {seconds} s"
            time.sleep(0.005)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    owner: ScriptedServer


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            models = {"object": "list", "data": [{"id": "scripted-1", "object": "model", "owned_by": "tests"}]}
            self._send(Reply(json.dumps(models).encode(), headers={"Content-Type": "application/json"}))
        else:
            self._send(Reply(b'{"error":{"message":"no such page"}}', 404))

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.rstrip("/") != "/v1/chat/completions":
            self._send(Reply(b'{"error":{"message":"no such page"}}', 404))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.owner.take(headers, json.loads(data))
        try:
            # Whoever asked may have given up or been killed meanwhile.
            with suppress(OSError):
                self._send(reply)
        finally:
            self.server.owner.done()

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.delay)
        self.close_connection = True
        if reply.hang_up:
            return
        length = "" if reply.endless else f"Content-Length: {reply.length or len(reply.body)}\r\n"
        head = f"HTTP/1.1 {reply.status} Scripted\r\n{length}Connection: close\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items()) + "\r\n"
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        self._write(head.encode(), reply.drip if reply.drips_headers else 0.0)
        self._write(body, reply.drip)
        self._fill(reply)

    def _fill(self, reply: Reply) -> None:
        """Send on after the body, for ever or until its length is reached, as long as anybody reads."""
        sent = len(reply.body)
        while reply.endless or sent < (reply.length or 0):
            self.wfile.write(_FILLING)
            sent += len(_FILLING)
            self.server.owner.filled += len(_FILLING)

    def _write(self, data: bytes, drip: float) -> None:
        for part in [data] if not drip else [data[at : at + 1] for at in range(len(data))]:
            self.wfile.write(part)
            time.sleep(drip)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Stay silent."""


def recorded(lines: Iterable[str]) -> Script:
    """Return a script of recorded answers, each for the prompts that contain a text."""
    answers = [json.loads(line) for line in lines if line.strip()]

    def script(asked: Asked) -> Reply:
        for one in answers:
            if one["when"] in asked.text:
                return answer(one["answer"])
        return by_schema(asked)

    return script


def main() -> None:
    """Serve until interrupted, with a line for each request."""
    parser = argparse.ArgumentParser(description="a model's server that does as it is told")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--answers", type=Path, help='JSON lines: {"when": a part of the prompt, "answer": {…}}')
    parser.add_argument("--delay", type=float, default=0.5, help="seconds an answer takes")
    options = parser.parse_args()
    script = recorded(options.answers.read_text("utf-8").splitlines()) if options.answers else by_schema

    def told(asked: Asked) -> Reply:
        print(f"{asked.number}: {asked.format}, {len(asked.text)} characters", flush=True)
        return script(asked).after(options.delay)

    with ScriptedServer(told, port=options.port) as server, suppress(KeyboardInterrupt):
        print(f"OPENAI_API_KEY=any OPENAI_BASE_URL={server.url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
