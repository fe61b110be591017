"""The faults: each kills one thing by SIGKILL while acknowledged learns wait to be applied."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from bench.chaos.load import Load
from stack.system import System

#: In this order what is delivered again after a while has that while during the later ones.
TARGETS: Final = ("learn", "valkey", "gateway", "nats", "postgres", "sync")
#: Acknowledged learns that must be waiting when something is killed.
WAITING: Final = 100
_SECONDS: Final = 60.0
#: How long a target stays down, at least and at most.
_DOWN_SECONDS: Final = (0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What was killed, and how many acknowledged learns had not been applied at that moment."""

    target: str
    waiting: int


def strike(system: System, engine: Engine, load: Load, target: str) -> Fault:
    """Hold the learn workers still until enough waits, kill the target, let them go on; the target is back after.

    The restart is commanded: the supervisor's own would wait longer with each death.
    """
    workers = [system.child(name) for name in system.names_of("learn")]
    for worker in workers:
        worker.signal(signal.SIGSTOP)
    try:
        waiting = _wait_for_backlog(engine, load)
        for name in system.names_of(target):
            system.hold(name, by_force=True)
    finally:
        for worker in workers:
            worker.signal(signal.SIGCONT)
    time.sleep(random.uniform(*_DOWN_SECONDS))
    for name in system.names_of(target):
        system.start_again(name)
    return Fault(target, waiting)


def applied(engine: Engine) -> int:
    """Count the decided learns of this load."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM learns WHERE learn_id LIKE 'chaos-%'")).scalar_one())


def _wait_for_backlog(engine: Engine, load: Load) -> int:
    found = 0

    def enough() -> bool:
        nonlocal found
        # Counted in this order, what is applied in between makes the figure smaller, never larger.
        acknowledged = len(load.acknowledged)
        found = acknowledged - applied(engine)
        return found >= WAITING

    _wait(enough, f"fewer than {WAITING} acknowledged learns wait, so this kill would prove nothing")
    return found


def _wait(condition: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OperationalError:
            pass
        time.sleep(0.05)
    raise TimeoutError(failure)
