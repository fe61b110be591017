"""The texts of a codebase's own files: without what they comment out, and all joined for keyless expressions.

Each form is made once, when first asked for. Knows nothing of indicators.
"""

from collections.abc import Iterable, Sequence

from centralcloud_patterns import keyless
from centralcloud_patterns.expressions import MAX_TEXT
from centralcloud_patterns.lexing import in_use
from centralcloud_patterns.paths import basename_of

#: Texts that are kept without their comments.
_MAX_KEPT = 20_000


class Texts:
    """What a codebase says: its paths, its files' texts, its commands."""

    def __init__(self, files: dict[str, str | None], own: Sequence[str], commands: Sequence[str]) -> None:
        self._files = files
        self._own = own
        self._commands = commands
        self._in_use: dict[str, str] = {}

    def in_use(self, path: str) -> str:
        """Return a file's text without what it comments out, line by line."""
        text = self._in_use.get(path)
        if text is None:
            text = in_use(self._files.get(path) or "", basename_of(path))
            if len(self._in_use) < _MAX_KEPT:
                self._in_use[path] = text
        return text

    def joined(self, subject: str) -> bytes:
        """Return all that a keyless expression of this subject is tried on, a line break after each."""
        return "\n".join(self._of(subject)).encode("utf-8", "replace")

    def _of(self, subject: str) -> Iterable[str]:
        if subject == keyless.PATH:
            return self._own
        if subject == keyless.COMMAND:
            return self._commands
        read = (path for path in self._own if self._files[path])
        if subject == keyless.IN_USE:
            return (self.in_use(path)[:MAX_TEXT] for path in read)
        return ((self._files[path] or "")[:MAX_TEXT] for path in read)
