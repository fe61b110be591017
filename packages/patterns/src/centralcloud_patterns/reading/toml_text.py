"""TOML by the standard library, bounded in size: its parser is pure Python and slow on long texts.

Lock files never come here: `manifests` scans them by line.
"""

import re
import tomllib
from typing import Any

from centralcloud_patterns.reading.unreadable import Unreadable

MAX_TOML = 256_000
_MAX_DOTS = 50
#: Lines that may be left out of a broken text; each costs reading it anew.
_MAX_FAULTS = 8
_MAX_MENDED = 64_000
_LINE = re.compile(r"\(at line (\d{1,9}), column")


def read_toml(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text; raise Unreadable, with what stands beside the faults, when it is broken."""
    if len(text) > MAX_TOML:
        raise Unreadable("TOML of more than 256 kB")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if any(line.count(".") > _MAX_DOTS and '"' not in line for line in text.split("\n")):
        raise Unreadable("TOML with keys nested deeper than 50")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, ArithmeticError) as error:
        raise Unreadable(f"not TOML: {str(error)[:200]}", _mended(text, str(error))) from None


def _mended(text: str, reason: str) -> dict[str, Any]:
    """Return what is left without the lines at fault; empty when there are too many, or none is named."""
    lines = text.split("\n")
    for _ in range(_MAX_FAULTS if len(text) <= _MAX_MENDED else 0):
        place = _LINE.search(reason)
        number = int(place[1]) if place else len(lines)
        # Of a value that runs over several lines the last one is named.
        at = next((index for index in range(min(number, len(lines)) - 1, -1, -1) if lines[index]), None)
        if at is None:
            break
        lines[at] = ""
        try:
            return tomllib.loads("\n".join(lines))
        except (tomllib.TOMLDecodeError, RecursionError, ValueError, ArithmeticError) as error:
            reason = str(error)
    return _tables_above(text, reason)


def _tables_above(text: str, reason: str) -> dict[str, Any]:
    """Return what the whole tables before the fault say; empty when even those can't be read."""
    lines = text.split("\n")
    _, _, rest = reason.partition("(at line ")
    number = rest.partition(",")[0]
    end = min(int(number), len(lines)) - 1 if number.isdigit() else len(lines) - 1
    while end > 0 and not lines[end].startswith("["):
        end -= 1
    try:
        return tomllib.loads("\n".join(lines[:end]))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, ArithmeticError):
        return {}
