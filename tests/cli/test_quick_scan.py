"""The quick reading of `scan`'s command line: what it understands it understands as the command's library does."""

from pathlib import Path

import pytest
from typer.main import get_command

from cli.main import build
from cli.quick_scan import arguments_of
from tests.cli.command import Command

PLAIN = [
    "",
    ".",
    "a/b --json",
    "--json a",
    "--learn --instance me --min-confidence 0.25 x --nats-url nats://127.0.0.1:1 --state /tmp/s --json",
    "--min-confidence 1 --min-confidence 0",
]
LEFT = [
    "--help",
    "-x",
    "a b",
    "--json=yes",
    "--state",
    "--state --json",
    "--min-confidence much",
    "--min-confidence 2",
    "--min-confidence nan",
    "--min-confidence=0.5",
    "--jso a",
    "-- a",
]


@pytest.mark.parametrize("line", PLAIN)
def test_plain_lines_mean_the_same(line: str) -> None:
    whole = get_command(build(["scan"]))
    context = whole.commands["scan"].make_context("scan", line.split())  # type: ignore[attr-defined]  # a group of one
    said = {name: value for name, value in context.params.items() if value is not None}
    defaults = {"min_confidence": 0.5, "learn": False, "instance": "cli", "as_json": False}
    assert defaults | (arguments_of(line.split()) or {}) == said
    assert arguments_of(line.split()) is not None


@pytest.mark.parametrize("line", LEFT)
def test_all_else_is_left_to_the_library(line: str) -> None:
    assert arguments_of(line.split()) is None


def test_a_mistake_is_one_line_both_ways(run: Command, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    quick = run("scan", nowhere, expect=2, options=False)
    slow = run("scan", "--min-confidence=0.5", nowhere, expect=2, options=False)
    assert quick.error == slow.error == f"centralcloud: {nowhere} is not a directory\n"


def test_a_path_that_the_system_refuses_is_one_line_both_ways(run: Command) -> None:
    nowhere = "a" * 5_000
    quick = run("scan", nowhere, expect=1, options=False)
    slow = run("scan", "--min-confidence=0.5", nowhere, expect=1, options=False)
    assert quick.error == slow.error == f"centralcloud: {nowhere}: File name too long\n"
