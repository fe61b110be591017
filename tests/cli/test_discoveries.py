"""`centralcloud discoveries`: what nobody knew is listed with its reason, tried again, and forgotten."""

import uuid

import pytest

from tests.cli.command import Command
from tests.end_to_end.patience import until


@pytest.fixture
def name() -> str:
    return f"unheard-{uuid.uuid4().hex[:8]}"


def test_a_name_nobody_knows_is_listed_retried_and_forgotten(run: Command, name: str) -> None:
    run("query", "technology", name, expect=4)

    def failed() -> bool:
        listed = run("discoveries", "ls", "--in", "failed", "--type", "technology", "--json").json
        return any((one["name"], one["reason"]) == (name, "discovery_disabled") for one in listed)

    until(failed, 20, "the discovery did not end")
    table = run("discoveries", "ls", "--reason", "discovery_disabled").out
    assert name in table
    assert "discovery_disabled" in table

    assert run("discoveries", "retry", f"technology/{name}").out.strip() == "1 discovery tried again"
    until(failed, 20, "it was not run again")
    (gone,) = run("discoveries", "forget", f"technology/{name.upper()}", "--json").json
    assert gone["key"] == name.replace("-", "")
    run("discoveries", "forget", f"technology/{name}", expect=4)
    run("discoveries", "retry", gone["id"], expect=4)


def test_wrong_usage_is_said(run: Command) -> None:
    assert "'lost' is no state" in run("discoveries", "ls", "--in", "lost", expect=2).error
    assert "'frameworks' is no type" in run("discoveries", "ls", "--type", "frameworks", expect=2).error
    said = run("discoveries", "retry", "technology/never asked", "--reason", "cap", expect=4).error
    assert "none of these failed or was put off" in said
    run("discoveries", "forget", expect=2)
