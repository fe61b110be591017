"""Process lists for the supervisor under test, made of tests/stack/fake_child.py."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from stack.child import Process, answers
from stack.environment import MARK, inherited
from stack.ports import Ports

_PROGRAM = Path(__file__).with_name("fake_child.py")


def fake(state: Path, name: str, *ways: str, grace: float = 1.0) -> Process:
    port = Ports(state / "fake-ports.json").choose(name)
    return Process(
        name=name,
        argv=(sys.executable, str(_PROGRAM), str(port), *ways),
        env=inherited(state),
        ready=answers(f"http://127.0.0.1:{port}/ready"),
        grace=grace,
        health_port=port,
    )


def marked_processes(state: Path) -> set[int]:
    """Every living process that was started for this state folder."""
    mark = f"{MARK}={state}".encode()
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if mark in environment.split(b"\0"):
                found.add(int(folder.name))
    return found


def eventually(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
