"""Read evidence from a directory that the server may read.

Owns the check that a path lies below an allowed root once every link is resolved; what is collected there, and how
much, is the client's collector's business.
"""

from collections.abc import Sequence
from pathlib import Path

from centralcloud_client.collect import Collected, collect
from centralcloud_client.wire import WireError


def collect_below(path: str, roots: Sequence[Path]) -> Collected:
    """Return the evidence in a directory; raise WireError `forbidden_path` outside the roots, existing or not."""
    resolved = _resolve(path)
    if resolved is None or not any(resolved.is_relative_to(root.resolve()) for root in roots):
        raise WireError("forbidden_path", "not a directory below the roots this server may read", "$.path")
    return collect(resolved)


def _resolve(path: str) -> Path | None:
    try:
        asked = Path(path)
        if not asked.is_absolute():
            return None
        resolved = asked.resolve(strict=True)
        return resolved if resolved.is_dir() else None
    except (OSError, RuntimeError, ValueError):
        return None
