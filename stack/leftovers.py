"""Find and end what a killed supervisor left behind.

A pid is ours only if the process is still the one we started (start time), or carries our mark in its environment
(Linux): a number alone may belong to anybody by now.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from stack.environment import MARK
from stack.state import StateFolder

_LINUX = sys.platform == "linux"
_SECONDS_TO_END = 10.0


def identity(pid: int) -> str:
    """Return what tells this process from a later one with its number; empty when it is gone."""
    if _LINUX:
        with suppress(OSError, IndexError):
            # After the last parenthesis: the name in it may hold anything. Field 3 is the state, 22 the start in ticks.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"
        return ""
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def end_leftovers(state: StateFolder) -> list[str]:
    """End every process that an earlier supervisor of this folder started; return their names."""
    ours = {entry.pid: entry.name for entry in state.read_processes() if entry.started == identity(entry.pid) != ""}
    ended = list(ours.values())
    for pid, name in ours.items():
        # PostgreSQL ends its sessions first: its children must not outlive the memory they share.
        _signal(pid, signal.SIGINT if name == "postgres" else signal.SIGKILL, group=name != "postgres")
        _signal(pid, signal.SIGCONT)
    _await_end(set(ours), _SECONDS_TO_END)
    end_marked(state.path)
    state.remove_env()
    state.remove_processes()
    return ended


def end_marked(state: Path) -> None:
    """Kill every process that carries this folder's mark: grandchildren that lost their parent."""
    deadline = time.monotonic() + _SECONDS_TO_END
    while (pids := _marked(state)) and time.monotonic() < deadline:
        for pid in pids:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.02)


def _marked(state: Path) -> set[int]:
    if not _LINUX:
        return set()
    wanted = f"{MARK}={state}".encode()
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.add(int(folder.name))
    return found


def _await_end(pids: set[int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while pids:
        pids = {pid for pid in pids if identity(pid)}
        if time.monotonic() > deadline:
            for pid in pids:
                _signal(pid, signal.SIGKILL)
            return
        time.sleep(0.02)


def _signal(pid: int, number: int, *, group: bool = False) -> None:
    with suppress(OSError):
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
