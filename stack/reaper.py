"""Adopt and reap orphans (Linux): grandchildren whose parent was killed, which nobody would otherwise wait for.

Only for a process that is a supervisor and nothing else; an embedding program keeps its own children to itself.
"""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_adopting = False


def adopt_orphans() -> None:
    """Become the parent of every orphan below us."""
    global _adopting  # noqa: PLW0603  a fact about this process
    if sys.platform == "linux":
        _adopting = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def adopting() -> bool:
    """Tell whether orphans come to us."""
    return _adopting


def reap_orphans(own: set[int]) -> None:
    """Reap every dead child that is not among `own`, whose end somebody else wants to see."""
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError, ValueError):
            for pid in map(int, (task / "children").read_text().split()):
                if pid not in own:
                    with suppress(ChildProcessError):
                        os.waitpid(pid, os.WNOHANG)
