"""deploy/nats.conf: accepted by the real server, and the same users and permissions as the embedded one."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
from nats.errors import TimeoutError as NatsTimeoutError

from centralcloud_client import subjects
from stack import binaries
from stack.child import Child, Process, answers
from stack.nats_permissions import authorization
from stack.nats_server import LIVENESS, nats_process
from stack.ports import Ports
from tests.compose.compose_file import ROOT, services

CONFIGURATION = ROOT / "deploy" / "nats.conf"
_SECRET = "CENTRALCLOUD_NATS_PASSWORD"


def _settings(text: str) -> dict[str, object]:
    """Parse the part of NATS's format that the files use: words, texts, maps and lists."""
    tokens = _tokens(text)
    return _map(iter([*tokens, "}"]))


def _tokens(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not line.strip().startswith("#")]
    for sign in "{}[]":
        lines = [line.replace(sign, f" {sign} ") for line in lines]
    return " ".join(lines).replace(",", " ").split()


def _map(tokens: Iterator[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for token in tokens:
        if token == "}":
            return found
        value = next(tokens)
        found[token.rstrip(":")] = _map(tokens) if value == "{" else _list(tokens) if value == "[" else value
    raise AssertionError("unbalanced braces")


def _list(tokens: Iterator[str]) -> list[object]:
    found: list[object] = []
    for token in tokens:
        if token == "]":
            return found
        found.append(_map(tokens) if token == "{" else token.strip('"'))
    raise AssertionError("unbalanced brackets")


def test_users_and_permissions_are_those_of_the_embedded_server() -> None:
    text = CONFIGURATION.read_text("utf-8")
    ours = _settings(LIVENESS + authorization(f"${_SECRET}"))
    committed = _settings(text)
    assert {key: committed[key] for key in ours} == ours, "copy what the embedded server is told"
    users = {user["user"]: user for user in ours["authorization"]["users"]}  # type: ignore[index]  # parsed text
    assert set(users) == {"centre", "instance"}
    assert users["instance"]["permissions"]["publish"]["allow"] == list(subjects.INSTANCE_MAY_PUBLISH)
    assert users["instance"]["permissions"]["subscribe"]["allow"] == list(subjects.INSTANCE_MAY_SUBSCRIBE)


def test_limits_are_those_of_the_embedded_server(tmp_path: Path) -> None:
    nats_process(tmp_path, {}, 1, 2, "secret")
    embedded = _settings((tmp_path / "nats.conf").read_text("utf-8"))
    committed = _settings(CONFIGURATION.read_text("utf-8"))
    places = ("listen", "http", "authorization", "jetstream")
    assert {key: value for key, value in committed.items() if key not in places} == {
        key: value for key, value in embedded.items() if key not in places
    }
    # Where streams are kept is said on the command line in compose.
    embedded["jetstream"].pop("store_dir")  # type: ignore[attr-defined]  # parsed text
    assert committed["jetstream"] == embedded["jetstream"]


def test_compose_mounts_it_where_the_command_reads_it() -> None:
    service = services()["nats"]
    source, target, mode = service["volumes"][0].split(":")
    assert (ROOT / source).samefile(CONFIGURATION)
    assert service["command"] == ["-c", target, "-sd", "/data"]
    assert "nats-data:/data" in service["volumes"]
    assert mode == "ro"
    assert _SECRET in service["environment"]


def test_the_server_refuses_to_start_without_the_secret() -> None:
    command = [binaries.nats_server(), "-t", "-c", str(CONFIGURATION)]
    checked = subprocess.run(command, check=False, env={}, capture_output=True)
    assert checked.returncode != 0
    assert _SECRET.encode() in checked.stdout + checked.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    ports = Ports(tmp_path / "ports.json")
    port, monitoring = ports.choose("nats"), ports.choose("monitoring")
    options = ("-a", "127.0.0.1", "-p", str(port), "-m", str(monitoring), "-sd", str(tmp_path))
    process = Process(
        name="nats",
        argv=(binaries.nats_server(), "-c", str(CONFIGURATION), *options),
        env={_SECRET: "of-the-test"},
        ready=answers(f"http://127.0.0.1:{monitoring}/healthz?js-server-only=true"),
    )
    child = Child(process, tmp_path / "nats.log")
    child.start_ready()
    yield f"127.0.0.1:{port}"
    child.stop()


async def test_the_real_server_runs_it_and_holds_instances_to_it(server: str) -> None:
    refusals: list[str] = []

    async def note(error: Exception) -> None:
        refusals.append(str(error))

    centre = await nats.connect(f"nats://centre:of-the-test@{server}")
    await centre.jetstream().add_stream(name=subjects.LEARN_STREAM, subjects=list(subjects.LEARN_STREAM_SUBJECTS))
    instance = await nats.connect(f"nats://{server}", error_cb=note)
    kept = await instance.request(subjects.learn("framework"), b"{}", timeout=5)
    assert b'"stream":"LEARN"' in kept.data
    await instance.publish(subjects.SYNC_PUBLISH, b"forged")
    with pytest.raises(NatsTimeoutError):
        await instance.request("$JS.API.STREAM.DELETE.LEARN", b"", timeout=0.3)
    await asyncio.sleep(0.05)
    assert any(subjects.SYNC_PUBLISH in refusal for refusal in refusals)
    assert (await centre.jetstream().stream_info(subjects.LEARN_STREAM)).state.messages == 1
    await instance.close()
    await centre.close()
