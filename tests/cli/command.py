"""The installed `centralcloud`, run as a user does: in a process of its own, from another folder."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("centralcloud"))
_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """The command with the options that lead to one system."""

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        self.folder = folder
        self.options = tuple(options)

    def __call__(self, *arguments: str, given: str | None = None, expect: int = 0, options: bool = True) -> Done:
        done = subprocess.run(
            [COMMAND, *arguments, *(self.options if options else ())],
            cwd=self.folder,
            env=environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [COMMAND, *arguments, *self.options],
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def environment() -> dict[str, str]:
    """Return an environment that names no system, with lines of 110 columns."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CENTRALCLOUD_")}
    return kept | {"COLUMNS": "110"}
