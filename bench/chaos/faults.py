"""The faults: each kills one thing by SIGKILL while acknowledged learns wait to be applied."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from bench.chaos.load import Load
from stack.system import System

TARGETS: Final = ("gateway", "learn", "sync", "valkey", "nats", "postgres")
#: Acknowledged learns that must be waiting when something is killed.
WAITING: Final = 100
_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What was killed, and how many acknowledged learns had not been applied at that moment."""

    target: str
    waiting: int


def strike(system: System, engine: Engine, load: Load, target: str) -> Fault:
    """Hold the learn worker still until enough waits, kill the target, and let the worker go on."""
    worker = system.child("learn")
    worker.signal(signal.SIGSTOP)
    try:
        waiting = _wait_for_backlog(engine, load)
        system.kill(target)
    finally:
        if target != "learn":
            worker.signal(signal.SIGCONT)
    _wait(lambda: system.child(target).alive and _ready(system, target), f"{target} did not come back")
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


def _ready(system: System, target: str) -> bool:
    try:
        return system.child(target).is_ready()
    except Exception:  # noqa: BLE001  it died again before it was ready: the supervisor tries on
        return False


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
