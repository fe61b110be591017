"""JSON Lines of an old local store, or of an export, as learns: read and checked whole before anything is sent.

What is wrong with a line is said with its number. The same line of the same instance becomes the same learn. Rows of
the predecessor's tables are put into words by `predecessor`.
"""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from cli.main import fail
from cli.predecessor import PREDECESSOR, as_learn


@dataclass(frozen=True, slots=True)
class Line:
    """One learn, and the line it stands on."""

    number: int
    type: str
    learn: dict[str, Any]


def read(file: Path, *, pattern_type: str | None, instance: str) -> tuple[list[Line], int]:
    """Return the learns of a file ('-': standard input), and how many patterns in it teach nothing.

    Exits with 2 and the line's number when one is no learn.
    """
    objects = [(number, as_learn(found) or found) for number, found in _objects(file)]
    teaching = [(number, found) for number, found in objects if not _only_described(found)]
    learns = [_learn(file, number, found, pattern_type, instance) for number, found in teaching]
    return learns, len(objects) - len(learns)


def _only_described(found: dict[str, Any]) -> bool:
    """Tell whether this is a pattern, exported or of the predecessor, without anything to recognise it by."""
    kept = found.get("metadata")
    is_pattern = "revision" in found or (isinstance(kept, dict) and PREDECESSOR in kept)
    return is_pattern and not found.get("indicators") and not found.get("examples")


def _objects(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import msgspec

    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            _refuse(file, number, error)
        if not isinstance(found, dict):
            _refuse(file, number, "a JSON object is needed")
        yield number, found


def _learn(file: Path, number: int, found: dict[str, Any], pattern_type: str | None, instance: str) -> Line:
    from centralcloud_client import teaching, wire
    from centralcloud_client.errors import RefusedError
    from centralcloud_client.messages.learns import Learn
    from centralcloud_client.subjects import TYPES

    type_ = found.get("type") or pattern_type
    if type_ not in TYPES:
        what = "no type of pattern" if type_ is None else f"{type_!r} is no type of pattern"
        _refuse(file, number, what + (" (give --type)" if type_ is None else ""))
    fields = set(Learn.__struct_fields__)
    learn = {key: value for key, value in found.items() if key in fields and value not in (None, [], {})}
    learn["instance_id"] = instance
    learn.setdefault("learn_id", f"import-{_digest(str(type_), learn)}")
    try:
        *_, body = teaching.learn(str(type_), learn, instance)
    except RefusedError as error:
        _refuse(file, number, error)
    if len(body) > wire.MAX_BYTES:
        _refuse(file, number, f"{len(body)} bytes, at most {wire.MAX_BYTES} are taken")
    return Line(number, str(type_), learn)


def _refuse(file: Path, number: int, why: object) -> NoReturn:
    fail(f"{file}, line {number}: {why}; nothing was imported", 2)


def _digest(type_: str, learn: dict[str, Any]) -> str:
    import msgspec

    return hashlib.sha256(msgspec.json.encode([type_, learn], order="sorted")).hexdigest()[:40]
