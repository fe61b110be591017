"""`centralcloud down`: stop a system that runs on a state folder, and wait for its end."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from cli.main import fail

_SECONDS = 30.0


def down(
    state: Annotated[Path | None, typer.Option(help="Folder that keeps the data (default ./.centralcloud).")] = None,
) -> None:
    """Stop the system and wait until it has ended."""
    from stack.state import DEFAULT, StateFolder

    folder = StateFolder((state or DEFAULT).absolute())
    pid = folder.holder()
    if not pid:
        typer.echo(f"nothing runs on {folder.path}")
        sys.exit(0)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS
    while folder.holder():
        if time.monotonic() > deadline:
            fail(f"process {pid} has not ended after {_SECONDS:.0f} s")
        time.sleep(0.05)
    typer.echo("stopped")
