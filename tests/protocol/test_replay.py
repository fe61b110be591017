"""The real system answers every golden pair as published, to an instance in Python and to one in Node."""

import asyncio
import subprocess

import jsonschema
import pytest

from protocol.generate import ROOT
from protocol.replay import Outcome, replay
from protocol.schemas import schemas
from stack.system import System


@pytest.fixture(scope="module")
def outcomes(system: System) -> list[Outcome]:
    return asyncio.run(replay(system.addresses.nats_url))


@pytest.mark.timeout(240)
def test_every_pair_is_answered_as_published(outcomes: list[Outcome]) -> None:
    assert len(outcomes) > 100
    failed = [f"{outcome.file}: {outcome.name}: {outcome.problems}" for outcome in outcomes if outcome.problems]
    assert failed == []


def test_every_reply_fits_its_schema(outcomes: list[Outcome]) -> None:
    validators = {name: jsonschema.Draft202012Validator(schema) for name, schema in schemas().items()}
    replied = [outcome for outcome in outcomes if outcome.reply_schema]
    assert len(replied) > 80
    for outcome in replied:
        assert outcome.reply_schema is not None
        validators[outcome.reply_schema].validate(outcome.reply)


@pytest.mark.timeout(240)
def test_node_is_answered_the_same(system: System, node: str) -> None:
    command = [node, str(ROOT / "replay.mjs"), system.addresses.nats_url]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=220)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "   "))]
    assert failed == []
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(" matched")
