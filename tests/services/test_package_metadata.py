"""Package indexes, as their public JSON is, on a local server: what is read, and every way in which one fails."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from services.package_metadata import Package, PublicIndexes
from settings import Settings
from workers.indexes import open_indexes

PAGES: dict[str, Any] = {
    "/npm/fastify/latest": {
        "name": "fastify",
        "version": "5.0.0",
        "description": "Fast and low overhead web framework",
        "homepage": "https://fastify.dev/",
        "keywords": ["web", "framework"],
    },
    "/npm/@nestjs/core/latest": {"name": "@nestjs/core", "description": "Nest core"},
    "/pypi/pypi/fastapi/json": {
        "info": {
            "name": "fastapi",
            "summary": "FastAPI framework",
            "home_page": None,
            "project_urls": {"Homepage": "https://fastapi.tiangolo.com/"},
            "keywords": "web, api",
        }
    },
    "/cargo/api/v1/crates/axum": {
        "crate": {
            "name": "axum",
            "description": "HTTP routing",
            "repository": "https://git.dev/axum",
            "keywords": ["http"],
        }
    },
    "/gem/api/v1/gems/rails.json": {"name": "rails", "info": "Full-stack.", "homepage_uri": "https://rubyonrails.org"},
    "/hex/api/packages/phoenix": {
        "name": "phoenix",
        "meta": {"description": "Peace of mind", "links": {"GitHub": "https://git.dev/phoenix"}},
    },
    "/pub/api/packages/flutter_bloc": {
        "name": "flutter_bloc",
        "latest": {"pubspec": {"description": "State", "homepage": "https://bloc.dev", "topics": ["state"]}},
    },
    "/composer/packages/laravel/framework.json": {
        "package": {"name": "laravel/framework", "description": "The framework.", "repository": "https://git.dev/l"}
    },
    "/nuget/query?q=packageid:MediatR&take=1": {
        "data": [{"id": "MediatR", "description": "Mediator.", "projectUrl": "https://git.dev/m", "tags": ["mediator"]}]
    },
}


class _Handler(BaseHTTPRequestHandler):
    pages: dict[str, Any]

    def do_GET(self) -> None:
        page = self.pages.get(self.path)
        if callable(page):
            page(self)
            return
        self.send(200 if page is not None else 404, json.dumps(page).encode())

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(pages: dict[str, Any]) -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"pages": pages})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with serving(PAGES) as url:
        yield url


def indexes(base: str, *ecosystems: str, deadline: float = 5.0) -> PublicIndexes:
    return PublicIndexes({ecosystem: f"{base}/{ecosystem}" for ecosystem in ecosystems}, deadline=deadline)


@pytest.mark.parametrize(
    ("ecosystem", "name", "package"),
    [
        (
            "npm",
            "fastify",
            Package(
                "npm", "fastify", "Fast and low overhead web framework", "https://fastify.dev/", ("web", "framework")
            ),
        ),
        ("npm", "@nestjs/core", Package("npm", "@nestjs/core", "Nest core")),
        ("pypi", "FastAPI", None),
        (
            "pypi",
            "fastapi",
            Package("pypi", "fastapi", "FastAPI framework", "https://fastapi.tiangolo.com/", ("web", "api")),
        ),
        ("cargo", "axum", Package("cargo", "axum", "HTTP routing", "https://git.dev/axum", ("http",))),
        ("gem", "rails", Package("gem", "rails", "Full-stack.", "https://rubyonrails.org")),
        ("hex", "phoenix", Package("hex", "phoenix", "Peace of mind", "https://git.dev/phoenix")),
        ("pub", "flutter_bloc", Package("pub", "flutter_bloc", "State", "https://bloc.dev", ("state",))),
        (
            "composer",
            "laravel/framework",
            Package("composer", "laravel/framework", "The framework.", "https://git.dev/l"),
        ),
        ("nuget", "MediatR", Package("nuget", "MediatR", "Mediator.", "https://git.dev/m", ("mediator",))),
    ],
)
def test_each_index_is_read_as_it_answers(base: str, ecosystem: str, name: str, package: Package | None) -> None:
    assert list(indexes(base, ecosystem).find(name)) == ([package] if package else [])


def test_all_indexes_are_asked_and_what_none_has_is_no_error(base: str) -> None:
    every = indexes(base, "npm", "pypi", "cargo", "gem", "hex", "pub", "nuget", "composer")
    assert [package.ecosystem for package in every.find("axum")] == ["cargo"]
    assert every.find("no-such-thing") == ()


@pytest.mark.parametrize("name", ["", "a b", "../../etc/passwd", "a/b/c", "x?y=1", "@a", "naïve", "a@b", "x" * 500])
def test_odd_names_are_no_paths(base: str, name: str) -> None:
    assert indexes(base, "npm", "pypi", "composer").find(name) == ()


def _drip(handler: _Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    # The index hangs up before the end.
    with suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)


FAULTS: dict[str, Callable[[_Handler], None]] = {
    "500": lambda handler: handler.send(500, b"no"),
    "no json": lambda handler: handler.send(200, b"<html>"),
    "another shape": lambda handler: handler.send(200, b'["x"]'),
    "null": lambda handler: handler.send(200, b"null"),
    "another package": lambda handler: handler.send(200, b'{"name": "fastify2"}'),
    "wrong types": lambda handler: handler.send(200, b'{"name": ["x"], "keywords": 7}'),
    "too large": lambda handler: handler.send(200, b'"' + b"x" * (3 * 1024 * 1024) + b'"'),
    "cut": lambda handler: handler.send(200, b'{"na', **{"Content-Length": "4000"}),
    "elsewhere": lambda handler: handler.send(302, b"", Location="http://127.0.0.2:9/latest"),
    "in a circle": lambda handler: handler.send(302, b"", Location=handler.path),
    "to a file": lambda handler: handler.send(302, b"", Location="file:///etc/passwd"),
    "dripping": _drip,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_index_that_fails_knows_nothing(fault: str) -> None:
    with serving({"/npm/fastify/latest": FAULTS[fault]}) as base:
        assert indexes(base, "npm", deadline=0.5).find("fastify") == ()


def test_an_index_that_is_not_there_knows_nothing() -> None:
    assert PublicIndexes({"npm": "http://127.0.0.1:9"}, deadline=0.5).find("fastify") == ()


def test_what_an_index_says_is_cut() -> None:
    page = {"name": "fastify", "description": "x " * 9_000, "keywords": ["k"] * 900}
    with serving({"/npm/fastify/latest": page}) as base:
        [package] = indexes(base, "npm").find("fastify")
    assert (len(package.summary), len(package.keywords)) == (500, 30)


def test_indexes_are_off_until_an_operator_names_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CENTRALCLOUD_PACKAGE_INDEXES", raising=False)
    assert open_indexes(Settings()) is None
    monkeypatch.setenv("CENTRALCLOUD_PACKAGE_INDEXES", "npm=http://127.0.0.1:9 pypi=http://127.0.0.1:9/simple")
    assert Settings().package_indexes == {"npm": "http://127.0.0.1:9", "pypi": "http://127.0.0.1:9/simple"}
    assert isinstance(open_indexes(Settings()), PublicIndexes)


@pytest.mark.parametrize("odd", ["npm", "npm=ftp://x", "npm=file:///etc/passwd", "npm=", "npm=http://"])
def test_an_address_that_is_none_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    monkeypatch.setenv("CENTRALCLOUD_PACKAGE_INDEXES", odd)
    with pytest.raises(ValidationError, match="npm=https"):
        Settings()


def test_an_index_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no index of conan"):
        PublicIndexes({"conan": "https://x.example"})
