"""Run work in a background process of its own, and hand its output to the terminal until it is ready."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

_READY = b"\0"


def in_background(log: Path, work: Callable[[Callable[[], None]], int]) -> NoReturn:
    """Fork; the child runs `work(ready)` and writes to `log` after it called `ready`. We exit 0 then, or as it did."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_as_child(writing, log, work))
    os.close(writing)
    os._exit(_as_parent(reading, child))


def _as_child(writing: int, log: Path, work: Callable[[Callable[[], None]], int]) -> int:
    os.setsid()
    _redirect(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(writing, 1)
    os.dup2(writing, 2)

    def ready() -> None:
        os.write(1, _READY)
        _redirect(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 1, 2)

    os.close(writing)
    try:
        return work(ready)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _redirect(source: int, *targets: int) -> None:
    for target in targets:
        os.dup2(source, target)
    os.close(source)


def _as_parent(reading: int, child: int) -> int:
    """Copy the child's output until it is ready or gone; return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os.kill(child, signal.SIGTERM))
    while chunk := os.read(reading, 65536):
        text, ready, _ = chunk.partition(_READY)
        os.write(1, text)
        if ready:
            return 0
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
