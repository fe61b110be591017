"""JSON as people write it: with comments, trailing commas, a byte order mark, or cut off in the middle.

Strict JSON first, because it is fast; then one linear pass that drops comments and closes what was left open; json5
last, and only for short texts, because it is slow.
"""

import re
from typing import Any

import json5
import msgspec

from centralcloud_patterns.reading.unreadable import Unreadable

MAX_JSON = 16_000_000
_MAX_RELAXED = 6_000_000
_MAX_JSON5 = 32_768
_MAX_DEPTH = 200

_PART = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|[\[\]{},:]|[^\s"\[\]{},:/]+|/|"', re.DOTALL
)
_CLOSER = {"{": "}", "[": "]"}


def read_json(text: str) -> Any:
    """Return the value of a JSON text; raise Unreadable, with what could be saved, when it is broken."""
    if len(text) > MAX_JSON:
        raise Unreadable("JSON of more than 16 MB")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Unreadable("empty", {})
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _read_relaxed(text)


def _read_relaxed(text: str) -> Any:
    if len(text) > _MAX_RELAXED:
        raise Unreadable("broken JSON of more than 6 MB")
    tidy, whole = _tidied(text)
    try:
        value = msgspec.json.decode(tidy)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        return _read_json5(text, str(error))
    if not whole:
        raise Unreadable("JSON is cut off", value)
    return value


def _read_json5(text: str, reason: str) -> Any:
    if len(text) > _MAX_JSON5 or text.count("{") + text.count("[") > _MAX_DEPTH:
        raise Unreadable(f"not JSON: {reason}")
    try:
        return json5.loads(text)
    except (ValueError, RecursionError, ArithmeticError, AssertionError, TypeError):
        raise Unreadable(f"not JSON: {reason}") from None


def _tidied(text: str) -> tuple[str, bool]:
    """Return the text without comments and trailing commas, closed where it was cut off; False when it was."""
    out: list[str] = []
    open_brackets: list[str] = []
    for found in _PART.finditer(text):
        part = found[0]
        if part.startswith(("//", "/*")):
            continue
        if part == '"' or (part == "/" and text[found.end() : found.end() + 1] == "*"):
            return _closed(out, open_brackets), False
        if part in _CLOSER:
            open_brackets.append(part)
        elif part in {"}", "]"}:
            if out and out[-1] == ",":
                out.pop()
            if open_brackets:
                open_brackets.pop()
        out.append(part)
    if not open_brackets:
        return "".join(out), True
    return _closed(out, open_brackets), False


def _closed(out: list[str], open_brackets: list[str]) -> str:
    """Drop a half-written member at the end and close every open bracket."""
    if open_brackets and open_brackets[-1] == "{":
        if out and out[-1] == ":":
            del out[-2:]
        elif len(out) > 1 and out[-1].startswith('"') and out[-2] in {",", "{"}:
            out.pop()
    elif out and out[-1] not in {",", "[", "{", "]", "}"} and not out[-1].startswith('"'):
        out.pop()
    if out and out[-1] == ",":
        out.pop()
    return "".join(out) + "".join(_CLOSER[bracket] for bracket in reversed(open_brackets))
