"""The kill test in its short form: learns flow from twenty instances while everything is killed in turn, and nothing
acknowledged is lost or doubled. With one safeguard removed the same counting must notice, or it would prove nothing."""

import pytest

from bench.chaos.faults import TARGETS, WAITING
from bench.chaos.load import INSTANCES
from bench.chaos.run import run

#: Learns enough to have hundreds waiting at each kill, few enough to be applied soon after.
_PAUSE = 0.02


@pytest.mark.timeout(300)
def test_every_acknowledged_learn_is_decided_once_whatever_is_killed() -> None:
    report = run(minutes=0, pause=_PAUSE)
    assert report.broken == []
    assert [fault.target for fault in report.faults] == list(TARGETS)
    assert {"gateway", "learn", "sync", "valkey", "nats", "postgres"} == set(TARGETS)
    assert min(fault.waiting for fault in report.faults) >= WAITING >= 100
    assert INSTANCES == 20
    assert report.acknowledged > len(TARGETS) * WAITING


@pytest.mark.parametrize(
    ("mutant", "target", "promise"), [("no-unique-key", "sync", "G2: "), ("ack-at-dispatch", "valkey", "G1: ")]
)
def test_without_a_safeguard_the_same_test_fails(mutant: str, target: str, promise: str) -> None:
    report = run(minutes=0, targets=(target,), mutant=mutant, pause=_PAUSE)
    assert [fault.waiting >= WAITING for fault in report.faults] == [True]
    assert any(line.startswith(promise) for line in report.broken), report.broken
