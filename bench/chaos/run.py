"""One run: start the system, learn, strike in turn, settle, judge."""

import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine

from bench.chaos import mutants, verdict
from bench.chaos.faults import TARGETS, Fault, strike
from bench.chaos.load import Load
from centralcloud_client import CentralPatternsClient
from stack.system import Options, System


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did and found; `broken` is empty when every promise was kept."""

    acknowledged: int
    faults: list[Fault] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def run(
    *,
    minutes: float = 0.0,
    targets: tuple[str, ...] = TARGETS,
    mutant: str | None = None,
    settle: float = verdict.SETTLE_SECONDS,
    pause: float = 0.004,
    say: Callable[[str], None] = lambda _line: None,
) -> Report:
    """Strike each target once in order, then at random for `minutes`; return what was found.

    `pause`: seconds that each instance rests between two learns.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        application = mutants.with_hasty_gateway if mutant == "ack-at-dispatch" else None
        system = stack.enter_context(System(Options(state=folder / "state"), application=application))
        engine = create_engine(system.addresses.database_url, pool_pre_ping=True)
        stack.callback(engine.dispose)
        if mutant == "no-unique-key":
            mutants.drop_unique_key(engine)
        followers = [
            stack.enter_context(
                CentralPatternsClient(system.servers.nats_url, instance_id=f"f{n}", state_dir=folder / f"f{n}")
            )
            for n in range(2)
        ]
        load = Load(system.servers.nats_url, pause=pause)
        load.start()
        faults = []
        for target in _order(targets, minutes):
            faults.append(strike(system, engine, load, target))
            say(f"killed {target} while {faults[-1].waiting} acknowledged learns waited")
            time.sleep(1.0)
        load.stop()
        broken = verdict.judge(system, engine, load, followers, seconds=settle)
        return Report(len(load.acknowledged), faults, broken)


def _order(targets: tuple[str, ...], minutes: float) -> Iterator[str]:
    yield from targets
    end = time.monotonic() + minutes * 60
    for _ in itertools.takewhile(lambda _: time.monotonic() < end, itertools.count()):
        yield random.choice(targets)
