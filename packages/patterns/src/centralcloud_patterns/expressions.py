"""Expressions and globs that come from outside, compiled once and safe to run on hostile text.

Expressions are RE2: linear time, bounded memory. Globs know `*`, `?`, `[…]`, `**` and `{a,b}`; one without a slash
speaks of the basename, one with a slash of the path below any directory, a leading slash means the root.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]  # ships neither stubs nor a marker

MAX_REGEX = 1000
MAX_GLOB = 256
#: Text longer than this is searched only up to here.
MAX_TEXT = 1_000_000
_MAX_ALTERNATIVES = 64
_MAX_MEMORY = 1 << 20
#: So many paths are gone through once for each part of a glob, rather than one after the other.
_MANY = 16
#: Text of which it is remembered where an expression matches.
_SHORT = 120


class BadExpressionError(ValueError):
    """An expression or glob that is not understood, too long or too expensive."""


class BadRegex(BadExpressionError):  # noqa: N818 - the word callers know it by
    """An expression that RE2 refuses."""


class BadGlob(BadExpressionError):  # noqa: N818 - the same family
    """A glob that is too long or spans too many alternatives."""


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    return options


_OPTIONS = _options()


@lru_cache(maxsize=16_384)
def compiled(regex: str) -> Any:
    """Return the compiled expression; raise BadRegex when RE2 refuses it."""
    if len(regex) > MAX_REGEX:
        raise BadRegex(f"expression longer than {MAX_REGEX} characters")
    try:
        return re2.compile(regex, _OPTIONS)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else error
        raise BadRegex(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from None


def find(regex: str, text: str) -> int | None:
    """Return where the expression first matches in the text, or None; a refused expression matches nothing."""
    # Names and commands come up again and again, in one codebase and in the next.
    return _find_in_short(regex, text) if len(text) <= _SHORT else _find(regex, text)


@lru_cache(maxsize=65_536)
def _find_in_short(regex: str, text: str) -> int | None:
    return _find(regex, text) if text.startswith(required_prefix(regex)) else None


def _find(regex: str, text: str) -> int | None:
    try:
        found = compiled(regex).search(text if len(text) <= MAX_TEXT else text[:MAX_TEXT])
    except (BadRegex, UnicodeError):
        return None
    return int(found.start()) if found else None


@lru_cache(maxsize=16_384)
def required_prefix(regex: str) -> str:
    """Return the literal text every match must start with; '' when the expression promises none."""
    if not regex.startswith("^"):
        return ""
    prefix: list[str] = []
    position = 1
    while position < len(regex):
        character = regex[position]
        if character == "\\" and position + 1 < len(regex) and not regex[position + 1].isalnum():
            character, position = regex[position + 1], position + 1
        elif character in r"\.^$*+?{}[]()|":
            break
        prefix.append(character)
        position += 1
    if regex[position : position + 1] and regex[position] in "*+?{":
        prefix = prefix[:-1]
    return "" if _has_open_alternative(regex) else "".join(prefix)


def _has_open_alternative(regex: str) -> bool:
    """Tell whether a `|` may stand outside every group, which voids any required prefix."""
    depth = position = 0
    while position < len(regex):
        character = regex[position]
        if character == "\\":
            position += 1
        elif character == "[":
            # Brackets inside classes make counting unsure: better no prefix than a wrong one.
            return "|" in regex and depth == 0
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "|" and depth <= 0:
            return True
        position += 1
    return False


def split_braces(glob: str) -> list[str]:
    """Return the glob once for each alternative in braces; raise BadGlob beyond 64 of them."""
    if len(glob) > MAX_GLOB:
        raise BadGlob(f"glob longer than {MAX_GLOB} characters")
    done: list[str] = []
    open_ends = [glob]
    while open_ends:
        text = open_ends.pop()
        inner = re.search(r"\{([^{}]*)\}", text)
        if not inner:
            done.append(text)
        else:
            parts = inner[1].split(",")
            open_ends.extend(text[: inner.start()] + part + text[inner.end() :] for part in reversed(parts))
        if len(done) + len(open_ends) > _MAX_ALTERNATIVES:
            raise BadGlob(f"glob with more than {_MAX_ALTERNATIVES} alternatives")
    return done


def is_literal(segment: str) -> bool:
    """Tell whether a part of a glob has no wildcard."""
    return not any(sign in segment for sign in "*?[")


def _segment_regex(segment: str) -> str:
    out = []
    position = 0
    while position < len(segment):
        sign = segment[position]
        if sign == "*":
            out.append("[^/]*")
        elif sign == "?":
            out.append("[^/]")
        elif sign == "[" and (end := segment.find("]", position + 2)) > 0:
            body = segment[position + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out.append("[" + ("^" + body[1:] if body.startswith("!") else body) + "]")
            position = end
        else:
            out.append(re.escape(sign))
        position += 1
    return "".join(out)


def _path_regex(glob: str, below_any: str = "(?:.*/)?") -> str:
    anchored = glob.startswith("/")
    segments = [segment for segment in glob.split("/") if segment]
    if glob.endswith("/"):
        segments.append("**")
    out = ["" if anchored else below_any]
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "**":
            out.append(".+" if last else "(?:.*/)?")
        else:
            out.append(_segment_regex(segment) + ("" if last else "/"))
    return "".join(out)


def glob_expression(alternative: str) -> str:
    """Return an expression to search paths with, for one alternative of a glob."""
    return f"{'^' if alternative.startswith('/') else ''}{_path_regex(alternative, '(?:^|/)')}$"


_WILD = re.compile(r"[*?]+|\[[^/][^]/]*\]")


def _required_text(glob: str) -> str:
    """Return the longest text that every path a glob matches holds; '' when there is none."""
    runs = [""]
    segments = [segment for segment in glob.split("/") if segment]
    for index, segment in enumerate(segments):
        first, *others = _WILD.split(segment)
        runs[-1] += first
        runs += others
        if index < len(segments) - 1 or glob.endswith("/"):
            # Both may stand for nothing at all, the slash beside them included.
            runs[-1] += "" if segment == "**" or segments[index + 1 : index + 2] == ["**"] else "/"
    return max(runs, key=len)


class Glob:
    """A compiled glob; `matches` takes a normalised path. Raise BadGlob when it can't be compiled."""

    __slots__ = ("alternatives", "_exact", "_whole", "_suffixes", "_regexes")  # noqa: RUF023 - public first

    def __init__(self, text: str) -> None:
        self.alternatives = split_braces(text)
        self._exact = frozenset(glob for glob in self.alternatives if "/" not in glob and is_literal(glob))
        whole, suffixes, regexes = [], [], []
        for glob in self.alternatives:
            if glob in self._exact:
                continue
            if glob.startswith("*.") and "/" not in glob and is_literal(glob[1:]):
                suffixes.append(glob[1:])
                continue
            if is_literal(glob) and "/" in glob[1:-1] and glob[0] != "/" and glob[-1] != "/" and "//" not in glob:
                whole.append(glob)
                suffixes.append(f"/{glob}")
                continue
            try:
                regexes.append((_required_text(glob), compiled(_path_regex(glob))))
            except BadRegex as error:
                raise BadGlob(f"glob {glob!r} is not understood: {error}") from None
        self._whole = frozenset(whole)
        self._suffixes = tuple(suffixes)
        self._regexes = tuple(regexes)

    def matches(self, path: str) -> bool:
        """Tell whether the path is one the glob speaks of."""
        if path.rpartition("/")[2] in self._exact or path in self._whole:
            return True
        if self._suffixes and path.endswith(self._suffixes):
            return True
        # Looking for a text costs a fraction of what an expression does.
        return any(needed in path and _is_whole(regex, path) for needed, regex in self._regexes)

    @property
    def is_names(self) -> bool:
        """Whether it speaks of basenames, spelled out, and of nothing else."""
        return len(self._exact) == len(self.alternatives)

    def among(self, paths: Sequence[str]) -> list[str]:
        """Return those of the paths that it matches, in their order."""
        if len(paths) < _MANY:
            return [path for path in paths if self.matches(path)]
        found: set[str] = set()
        if self._exact or self._whole:
            found.update(path for path in paths if path.rpartition("/")[2] in self._exact or path in self._whole)
        if self._suffixes:
            found.update([path for path in paths if path.endswith(self._suffixes)])
        for needed, regex in self._regexes:
            found.update(path for path in [path for path in paths if needed in path] if _is_whole(regex, path))
        return [path for path in paths if path in found] if found else []


def _is_whole(regex: Any, path: str) -> bool:
    try:
        return regex.fullmatch(path) is not None
    except UnicodeError:
        return False


@lru_cache(maxsize=16_384)
def glob(text: str) -> Glob:
    """Return the compiled glob; raise BadGlob when it is too long, too broad or malformed."""
    if not text:
        raise BadGlob("empty glob")
    return Glob(text.removeprefix("./"))
