"""What callers say wrongly ends in one clear error of the client, whatever it is, before anything is asked."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from centralcloud_client import AddressError, CentralPatternsClient, Options, RefusedError, UnreachableError

OK = {"name": "x", "indicators": ["package.json has x"]}
BYTES = {"name": "x", "examples": [{"code": b"as a file was read"}]}


@pytest.fixture
def client(state: Path) -> Iterator[CentralPatternsClient]:
    with CentralPatternsClient("nats://127.0.0.1:1", state_dir=state) as one:
        yield one


@pytest.mark.parametrize(
    "server",
    ["nats://x:abc", "http://127.0.0.1:4222", "nats://[::1", "::::", "nats://h:99999", "nats://h:0", "nats://", ","],
)
def test_an_address_that_is_none_is_refused_at_once(server: str) -> None:
    with pytest.raises(AddressError, match="is no address of a NATS server, as nats://127"):
        CentralPatternsClient(server)
    with pytest.raises(AddressError):
        Options.of(["nats://127.0.0.1:4222", server])


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(AddressError) as refused:
        CentralPatternsClient("nats://me:secret@host:port")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("server", ["127.0.0.1:4222", "tls://h", " nats://a:1 , b,", "nats://me:pw@h", "wss://h:443"])
def test_every_spelling_of_an_address_is_taken(server: str) -> None:
    assert all(Options.of(server).servers)


@pytest.mark.parametrize(
    "data", ["text", None, 5, ["a"], [("name", "x")], {**OK, "more": object()}, {1: object()}, BYTES]
)
def test_what_is_no_learn_is_refused(client: CentralPatternsClient, data: Any) -> None:
    with pytest.raises(RefusedError, match="bad_schema"):
        client.learn_new_pattern("framework", data)
    with pytest.raises(RefusedError, match="bad_schema"):
        client.query_framework_pattern(b"x")  # type: ignore[arg-type]  # said wrongly on purpose


@pytest.mark.parametrize(
    "ask",
    [
        {"wait_ms": "soon"},
        {"min_confidence": "high", "wait_ms": True},
        {"deadline_ms": "2000"},
        {"deadline_ms": 0},
        {"deadline_ms": -1},
        {"version": object()},
    ],
)
def test_numbers_that_are_none_are_refused(client: CentralPatternsClient, ask: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="bad_schema"):
        client.query_framework_pattern("x", **ask)


def test_limits_and_confidences_that_are_none_are_refused(client: CentralPatternsClient, tmp_path: Path) -> None:
    for limit in ("5", 0, -1):
        with pytest.raises(RefusedError, match=r"\$\.limit"):
            client.search("framework", "x", limit=limit)
    with pytest.raises(RefusedError, match=r"\$\.deadline_ms"):
        client.detect(tmp_path, deadline_ms="long")


def test_half_a_surrogate_pair_goes_nowhere(client: CentralPatternsClient) -> None:
    for call in (
        lambda: client.query_framework_pattern("\ud800"),
        lambda: client.learn_new_pattern("framework", {**OK, "description": "\ud800"}),
        lambda: client.learn_status("\ud800"),
        lambda: client.learn_statuses(["x", "\ud800"]),
    ):
        with pytest.raises(RefusedError, match="bad_text"):
            call()


def test_a_name_unheard_of_keeps_its_error_when_nobody_can_be_asked(client: CentralPatternsClient) -> None:
    with pytest.raises(UnreachableError, match=r"no connection to 127\.0\.0\.1:1"):
        client.query_framework_pattern("x")


def test_a_star_brings_the_public_names() -> None:
    code = "from centralcloud_client import *; print(CentralPatternsClient.__name__, RefusedError.__name__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout.strip(), run.stderr) == ("CentralPatternsClient RefusedError", "")
