"""Evidence from a directory: which files there are, and what the manifests and configuration among them say.

Source code never leaves the machine, nor does any secret that can be told: `contents` lists what is read, `secrets`
what is blanked. Deterministic: the same tree gives the same evidence. Never follows a link out of the directory.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from centralcloud_client.collect.contents import MAX_CONTENT_BYTES, rank
from centralcloud_client.collect.identity import codebase_id
from centralcloud_client.collect.reading import Unreadable, read_text
from centralcloud_client.collect.secrets import is_secret, without_secrets
from centralcloud_client.collect.walk import walk
from centralcloud_client.messages.requests import MAX_FILES, Evidence
from centralcloud_client.wire import encode

#: Of the encoded evidence, names and contents together: well below what one message may hold.
MAX_TOTAL_BYTES: Final = 6 * 1024 * 1024
#: Of which the names of files may take this much.
MAX_NAMES_BYTES: Final = 3 * 1024 * 1024
#: What is read for its mere format may take this much: thousands of such files say what the first of them said.
MAX_FORMATS_BYTES: Final = 2 * 1024 * 1024
#: Examples of left-out paths kept for each reason.
_EXAMPLES: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """Evidence and how it came about; `left_out` counts by reason, `examples` names a few paths for each."""

    evidence: Evidence
    left_out: dict[str, int]
    examples: dict[str, tuple[str, ...]]
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether no cap cut the evidence short."""
        return not self.left_out.keys() & {"too many files", "too many bytes", "too many names"}


class _LeftOut:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def note(self, why: str, path: str) -> None:
        self.counts[why] += 1
        kept = self.examples.setdefault(why, [])
        if len(kept) < _EXAMPLES:
            kept.append(path)


def collect(
    root: str | os.PathLike[str],
    *,
    codebase: str | None = None,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_TOTAL_BYTES,
) -> Collected:
    """Return what a directory shows of its codebase; raises NotADirectoryError.

    `codebase` is its id; otherwise that is derived from the repository's origin, else from the directory's place.
    Where a cap bites, manifests win over other configuration, that over mere names; in each, what lies near the root
    wins.
    """
    started = time.perf_counter()
    place = Path(root).resolve()
    if not place.is_dir():
        raise NotADirectoryError(f"{root} is not a directory")
    left_out = _LeftOut()
    paths, size = _capped(walk(place, left_out.note), left_out, max_files, min(MAX_NAMES_BYTES, max_bytes))
    files: dict[str, str | None] = dict.fromkeys(paths)
    _fill(files, place, left_out, max_bytes - size)
    return Collected(
        evidence=Evidence(files=files, codebase_id=codebase or codebase_id(place)),
        left_out=dict(left_out.counts),
        examples={why: tuple(paths) for why, paths in left_out.examples.items()},
        seconds=time.perf_counter() - started,
    )


def _capped(paths: list[str], left_out: _LeftOut, max_files: int, max_bytes: int) -> tuple[list[str], int]:
    """Return the paths that fit, and their bytes; where not all do, manifests are kept first, mere names last."""
    # Quotes, colon, null and comma; a path that needs escapes is rare, and the caps leave room for it.
    sizes = [(len(path) if path.isascii() else len(path.encode())) + 8 for path in paths]
    if len(paths) <= max_files and sum(sizes) <= max_bytes:
        return paths, sum(sizes)
    kept: list[int] = []
    size = 0
    full = ""
    for number in sorted(range(len(paths)), key=lambda number: _least_telling(paths[number])):
        if not full and (len(kept) >= max_files or size + sizes[number] > max_bytes):
            full = "too many files" if len(kept) >= max_files else "too many names"
        if full:
            left_out.note(full, paths[number])
        else:
            kept.append(number)
            size += sizes[number]
    return [paths[number] for number in sorted(kept)], size


def _least_telling(path: str) -> int:
    number = rank(path)
    return 2 if number is None else number


def _fill(files: dict[str, str | None], root: Path, left_out: _LeftOut, room: int) -> None:
    # Manifests go before whatever else is configuration by its format; in each kind the order stays.
    ranked: tuple[list[str], list[str]] = ([], [])
    for path in files:
        number = rank(path)
        if number is not None:
            ranked[number].append(path)
    for paths, most in zip(ranked, (room, MAX_FORMATS_BYTES), strict=True):
        granted = min(room, most)
        room -= granted - _fill_with(paths, files, root, left_out, granted)


def _fill_with(paths: list[str], files: dict[str, str | None], root: Path, left_out: _LeftOut, room: int) -> int:
    """Read files while there is room for them; return the room that is left."""
    above = os.path.join(root, "")
    for path in paths:
        if is_secret(path):
            left_out.note("may hold secrets", path)
            continue
        if _size(above + path) > room:
            left_out.note("too many bytes", path)
            continue
        try:
            text = without_secrets(path, read_text(above + path, MAX_CONTENT_BYTES))
        except Unreadable as why:
            left_out.note(str(why), path)
            continue
        size = len(encode(text))
        if size > room:
            left_out.note("too many bytes", path)
            continue
        room -= size
        files[path] = text
    return room


def _size(file: str) -> int:
    """Return a file's bytes; 0 for one that cannot be looked at, which reading will say."""
    try:
        size = os.stat(file).st_size
    except OSError:
        return 0
    # What is too large for any evidence is told as such.
    return size if size <= MAX_CONTENT_BYTES else 0
