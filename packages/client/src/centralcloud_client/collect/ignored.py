"""What git would ignore: `.gitignore` files of the directory, of its parents within the repository, and info/exclude.

A line that could take a matcher hostage is not used; the lines come from strangers' repositories.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_MAX_BYTES: Final = 256 * 1024
_MAX_LINES: Final = 5_000
#: Each star in one segment multiplies the work of a backtracking matcher by the segment's length.
_MAX_STARS: Final = 3
_MAX_LINE: Final = 500


class Ignored:
    """The rules that hold in one directory: its own, then those of the directories above."""

    __slots__ = ("_above", "_spec", "_start")

    def __init__(self, spec: "GitIgnoreSpec", start: int, above: "Ignored | None") -> None:
        self._spec = spec
        #: Where in a path the part begins that the rules look at.
        self._start = start
        self._above = above

    @classmethod
    def of_repository(cls, root: Path) -> tuple["Ignored | None", str]:
        """Return the rules from above a directory, and its path within the repository, '' or ending in '/'."""
        for place in (root, *root.parents):
            if (place / ".git").exists():
                break
        else:
            return None, ""
        inside = root.relative_to(place).parts
        rules = cls._from(os.path.join(place, ".git", "info", "exclude"), 0, None)
        prefix = ""
        for part in inside:
            rules = cls.within(os.path.join(place, prefix), prefix, rules)
            prefix += part + "/"
        return rules, prefix

    @classmethod
    def within(cls, directory: str, path: str, above: "Ignored | None") -> "Ignored | None":
        """Return the rules in a directory that has a `.gitignore`; `path` is '' or ends in '/'."""
        return cls._from(os.path.join(directory, ".gitignore"), len(path), above)

    @classmethod
    def _from(cls, file: str, start: int, above: "Ignored | None") -> "Self | Ignored | None":
        try:
            with open(file, "rb") as opened:
                text = opened.read(_MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            return above
        lines = [line for line in text.splitlines()[:_MAX_LINES] if _is_harmless(line)]
        if not lines:
            return above
        # Most small trees have no such file, and loading takes as long as all the rest of collecting them.
        from pathspec import GitIgnoreSpec

        try:
            return cls(GitIgnoreSpec.from_lines(lines), start, above)
        except ValueError:
            return above

    def covers(self, path: str) -> bool:
        """Whether a path is ignored; a directory's path ends in '/'. The nearest rule that says anything decides."""
        rules: Ignored | None = self
        while rules is not None:
            said = rules._spec.check_file(path[rules._start :]).include  # noqa: SLF001  # of the same class
            if said is not None:
                return said
            rules = rules._above  # noqa: SLF001
        return False


def _is_harmless(line: str) -> bool:
    stripped = line.strip()
    if not stripped or stripped.startswith("#") or len(stripped) > _MAX_LINE:
        return False
    segments = stripped.split("/")
    return len(segments) < 40 and all(
        segment == "**" or segment.count("*") + segment.count("[") <= _MAX_STARS for segment in segments
    )
