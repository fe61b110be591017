"""Every command of docker-compose.yml runs: as written, on embedded servers, until its own health check is content.

What a container would give is put in place of it: the addresses of the servers, free ports, a folder for /tmp.
"""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import nats
import pytest

from stack.child import Child, Process
from stack.ports import HOST
from stack.servers import EmbeddedServers
from stack.supervisor import StopFlag, await_ready
from tests.compose.compose_file import ROOT, SERVERS, filled, services

_SECONDS: Final = 90.0
_LOGIN: Final = "operator:of the test"
APPLICATION: Final = tuple(name for name in services() if name not in (*SERVERS, "migrate"))
#: What an environment needs that a container's has by itself.
_KEPT: Final = ("PATH", "HOME", "LANG", "SYSTEMROOT")


@dataclass
class Place:
    """Where the services run instead of containers."""

    servers: EmbeddedServers
    folder: Path
    ports: dict[str, int] = field(default_factory=dict)

    def process(self, name: str) -> Process:
        """Return a service as a process of ours."""
        service = filled(services()[name], self._variables())
        environment = {key: self._here(name, str(value)) for key, value in service["environment"].items() if value}
        check = [self._here(name, word) for word in service["healthcheck"]["test"][1:]]
        return Process(
            name=name,
            argv=tuple(self._here(name, word) for word in service["command"]),
            env={key: os.environ[key] for key in _KEPT if key in os.environ} | environment,
            cwd=ROOT,
            ready=lambda _child: subprocess.run(check, check=False, capture_output=True).returncode == 0,
            grace=float(service["stop_grace_period"].removesuffix("s")),
        )

    def port(self, name: str) -> int:
        """Return the port on which a service listens here."""
        if name not in self.ports:
            self.ports[name] = self.servers.ports.choose(f"compose-{name}")
        return self.ports[name]

    def _variables(self) -> dict[str, str]:
        return {
            "CENTRALCLOUD_NATS_PASSWORD": self.servers.nats_password,
            "CENTRALCLOUD_DATABASE_PASSWORD": "trusted by the socket",
            "FLOWER_BASIC_AUTH": _LOGIN,
        }

    def _here(self, name: str, word: str) -> str:
        """Put what is here in the place of what a container has."""
        if word == "python":
            return sys.executable
        here = {
            "nats://nats:4222": self.servers.nats_url,
            "redis://redis:6379/0": self.servers.redis_url,
            "postgresql+psycopg2://centralcloud@postgres:5432/centralcloud": self.servers.database_url,
            "/app": str(ROOT),
            "/tmp/celerybeat-schedule": f"{self.folder}/celerybeat-schedule",
            "0.0.0.0": HOST,
            "8080": str(self.port(name)),
            "5555": str(self.port(name)),
        }
        for there, ours in here.items():
            word = word.replace(there, ours)
        return word


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with EmbeddedServers() as servers:
        yield Place(servers, tmp_path_factory.mktemp("compose"))


@pytest.fixture(scope="module")
def migrated(place: Place) -> Place:
    process = place.process("migrate")
    done = subprocess.run(process.argv, check=False, env=process.env, cwd=ROOT, capture_output=True, timeout=_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert process.ready(Child(process, place.folder / "migrate.log"))
    return place


@pytest.fixture(scope="module")
def running(migrated: Place) -> Iterator[dict[str, Child]]:
    children = {name: Child(migrated.process(name), migrated.folder / f"{name}.log") for name in APPLICATION}
    try:
        for child in children.values():
            child.start()
        await_ready(list(children.values()), _SECONDS, StopFlag())
        yield children
    finally:
        for child in children.values():
            child.kill()


@pytest.mark.timeout(200)
@pytest.mark.parametrize("name", APPLICATION)
def test_service_is_healthy_by_its_own_check(running: dict[str, Child], name: str) -> None:
    assert running[name].is_ready()


async def test_an_instance_is_answered(running: dict[str, Child], place: Place) -> None:
    client = await nats.connect(place.servers.nats_url)
    reply = await client.request("centralcloud.patterns.framework.query", b'{"framework":"next.js"}', timeout=10)
    await client.close()
    assert b'"status":"found"' in reply.data


def _status(url: str, login: str = "") -> int:
    request = urllib.request.Request(url)
    if login:
        request.add_header("Authorization", "Basic " + b64encode(login.encode()).decode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(urllib.error.HTTPError), opener.open(request, timeout=10) as reply:
        return int(reply.status)
    return 401


def test_flower_wants_its_password(running: dict[str, Child], place: Place) -> None:
    url = f"http://{HOST}:{place.port('flower')}"
    for path in ("/", "/workers", "/api/workers"):
        assert _status(url + path) == 401
        assert _status(url + path, "operator:wrong") == 401
    assert _status(f"{url}/workers", _LOGIN) == 200


def test_services_stop_within_their_grace(running: dict[str, Child]) -> None:
    for child in running.values():
        child.ask_to_stop()
    codes = {}
    for name, child in running.items():
        assert child._popen is not None
        codes[name] = child._popen.wait(child.process.grace)
    assert {name: code for name, code in codes.items() if code not in (0, -15, 143)} == {}
