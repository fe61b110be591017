"""How a command ends that cannot go on: one line, and an exit code."""

import sys
from typing import NoReturn


def fail(message: str, code: int = 1) -> NoReturn:
    """Print one line to standard error and exit."""
    print(f"centralcloud: {message}", file=sys.stderr, flush=True)
    sys.exit(code)
