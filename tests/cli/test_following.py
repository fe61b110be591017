"""Following the feed from the command: how far it is, until when it waits, and who reads no further."""

import time
from pathlib import Path

from centralcloud_client import CentralPatternsClient
from cli.following import caught_up
from cli.places import without_credentials
from tests.cli.command import Command


def test_waiting_ends_when_nothing_comes_or_it_is_over(tmp_path: Path) -> None:
    said: list[str] = []
    with CentralPatternsClient("nats://127.0.0.1:1", state_dir=tmp_path) as client:
        began = time.monotonic()
        assert not caught_up(client, said.append, still_seconds=2.5)
        assert time.monotonic() - began >= 2.5
        assert said[0] == "waiting for the centre behind 127.0.0.1:1 …"
        assert not caught_up(client, said.append, over=lambda: True)


def test_watching_ends_when_nobody_reads_on(run: Command) -> None:
    for options in ((), ("--json",)):
        watching = run.start("watch", "--all", *options)
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert watching.stdout.readline()
        watching.stdout.close()
        assert watching.wait(30) == 1
        assert "Traceback" not in watching.stderr.read()
        watching.stderr.close()


def test_it_is_up_to_date_only_when_it_is(run: Command) -> None:
    assert run("watch", "--seconds", "0").error == ""
    assert "up to date at change" in run("watch", "--seconds", "8").error


def test_an_address_that_is_none_is_one_line(nowhere: Command) -> None:
    for command in (("watch",), ("demo",), ("query", "framework", "x"), ("why", "x", ".")):
        refused = nowhere(*command, "--nats-url", "nats://me:secret@x:abc", expect=2)
        assert "'x:abc' is no address of a NATS server" in refused.error
        assert refused.error.count("\n") == 1
        assert "secret" not in refused.error


def test_an_address_is_shown_without_who_may_use_it() -> None:
    assert without_credentials("nats://me:pw@h:1,tls://h") == "nats://h:1,tls://h"
    assert without_credentials("me:p@w@h") == "h"


def test_the_version_is_told(nowhere: Command) -> None:
    assert nowhere("--version").out.startswith("centralcloud 0.")
    assert nowhere("patterns", expect=2).error.startswith("Usage: ")
