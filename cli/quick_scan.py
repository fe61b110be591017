"""The command line of `scan`, read without the library of all other commands, which takes longer to load than a scan.

Understands options as they are mostly written; everything else, mistakes and `--help` included, is left to `scan`.
"""

from pathlib import Path
from typing import Any, Final

_FLAGS: Final = {"--json": "as_json", "--learn": "learn"}
_VALUES: Final = {
    "--min-confidence": "min_confidence",
    "--instance": "instance",
    "--nats-url": "nats_url",
    "--state": "state",
}


def arguments_of(line: list[str]) -> dict[str, Any] | None:
    """Return what `scanning.scan` is to be called with, None where the line is not of the plain kind."""
    said: dict[str, Any] = {}
    words = iter(line)
    for word in words:
        if word in _FLAGS:
            said[_FLAGS[word]] = True
        elif word in _VALUES:
            value = next(words, "-")
            if value.startswith("-"):
                return None
            said[_VALUES[word]] = value
        elif word.startswith("-") or not word or "path" in said:
            return None
        else:
            said["path"] = Path(word)
    return _typed({"path": Path(), **said})


def _typed(said: dict[str, Any]) -> dict[str, Any] | None:
    if "state" in said:
        said["state"] = Path(said["state"])
    if "min_confidence" in said:
        try:
            said["min_confidence"] = float(said["min_confidence"])
        except ValueError:
            return None
        if not 0.0 <= said["min_confidence"] <= 1.0:
            return None
    return said
