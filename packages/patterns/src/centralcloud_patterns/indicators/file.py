"""Indicators on paths: a glob, or an expression on the whole path. Also the index of files that other kinds share."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from centralcloud_patterns import expressions, keyless
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.rules import RESIDUE, Hit, Rules
from centralcloud_patterns.paths import stem_of
from centralcloud_patterns.pattern import Indicator

_FOLDER = "dir:"
#: Folders of any project.
_COMMON_FOLDERS = frozenset(
    {
        *("api", "app", "apps", "assets", "bin", "client", "config", "docs", "examples", "include", "java", "lib"),
        *(
            "main",
            "packages",
            "public",
            "resources",
            "scripts",
            "server",
            "src",
            "static",
            "templates",
            "test",
            "tests",
        ),
        *("web", ".github", "workflows"),
    }
)


@lru_cache(maxsize=16_384)
def keys_of_glob(text: str) -> frozenset[str]:
    """Return the keys of a glob: those of the files that it matches, else its own expression; none when refused."""
    keys: set[str] = set()
    for alternative in _alternatives(text):
        key = _key_of(alternative)
        folder = _telling_folder(alternative) if key.startswith("ext:") else None
        if folder:
            key = f"{_FOLDER}{folder}"
        keys.add(key if key != RESIDUE else _keyless(expressions.glob_expression(alternative)))
    return frozenset(keys)


@lru_cache(maxsize=16_384)
def _places_of_glob(text: str) -> tuple[str, ...]:
    """Return the keys under which the files that a glob matches are indexed, in order."""
    return tuple(sorted({_key_of(alternative) for alternative in _alternatives(text)}))


def _alternatives(text: str) -> list[str]:
    try:
        return expressions.glob(text).alternatives
    except expressions.BadGlob:
        return []


def _keyless(regex: str) -> str:
    return keyless.key_of(keyless.PATH, regex) or RESIDUE


def _key_of(glob: str) -> str:
    segments = [segment for segment in glob.split("/") if segment]
    last = "" if glob.endswith("/") or not segments else segments[-1]
    if last and expressions.is_literal(last):
        return f"file:{last}"
    literal = last[: min((last.find(sign) for sign in "*?[" if sign in last), default=0)]
    if "." in literal[1:]:
        return f"stem:{stem_of(literal)}"
    # What follows the last wildcard, from its first dot on, is a suffix that the basename must have.
    tail = last[max(last.rfind(sign) for sign in "*?]") + 1 :] if last else ""
    if "." in tail and tail[-1] != ".":
        return f"ext:{tail.partition('.')[2].lower()}"
    folders = _folders(glob)
    return f"{_FOLDER}{folders[-1]}" if folders else RESIDUE


def _folders(glob: str) -> list[str]:
    """Return the names of the folders that a glob spells out."""
    segments = [segment for segment in glob.split("/") if segment]
    return [one for one in (segments if glob.endswith("/") else segments[:-1]) if expressions.is_literal(one)]


def _telling_folder(glob: str) -> str | None:
    """Return the innermost folder that tells more than an extension does."""
    return next((folder for folder in reversed(_folders(glob)) if folder not in _COMMON_FOLDERS), None)


def index(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the name of every folder, once, under itself; files have an index of their own."""
    for folder in {folder for directory in facts.named.directories for folder in directory.split("/")} - {""}:
        yield f"{_FOLDER}{folder}", folder


def matching_glob(text: str, facts: Facts, *, read: bool = False) -> list[str]:
    """Return the files that a glob matches; with `read`, those of them whose text is known."""
    return facts.once(("glob", text, read), lambda: _match_glob(text, facts, read=read))


def _match_glob(text: str, facts: Facts, *, read: bool) -> list[str]:
    try:
        glob = expressions.glob(text)
    except expressions.BadGlob:
        return []
    keys = [key for key in _places_of_glob(text) if key in facts.named or key in facts.index]
    if not keys:
        return []
    found = [_under(key, facts, read=read) for key in keys]
    if not glob.is_names:
        # Of names that are spelled out, the keys have said all.
        found = [glob.among(paths) for paths in found]
    return list(found[0]) if len(found) == 1 else list(dict.fromkeys(path for paths in found for path in paths))


def _under(key: str, facts: Facts, *, read: bool = False) -> Sequence[str]:
    if key == RESIDUE:
        paths: Sequence[str] = facts.own
    elif key.startswith(_FOLDER):
        # Few folders are ever asked for, and a deep tree has as many entries for them as for all else together.
        within = f"/{key.removeprefix(_FOLDER)}/"
        paths = facts.once((key,), lambda: [path for path in facts.own if within in f"/{path}"])
    else:
        paths = facts.named.under(key)
    if not read:
        return paths
    return facts.once(("read", key), lambda: [path for path in paths if facts.files[path] is not None])


def _keys(indicator: Indicator) -> frozenset[str]:
    if indicator.glob is not None:
        return keys_of_glob(indicator.glob)
    return frozenset({_keyless(indicator.regex or "")})


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    if indicator.glob is not None:
        glob = indicator.glob
        firsts = facts.once(("first", glob), lambda: facts.firsts(matching_glob(glob, facts)))
    else:
        regex = indicator.regex or "$^"
        firsts = facts.firsts(path for path in _under(RESIDUE, facts) if expressions.find(regex, path) is not None)
    return (Hit(component, path, None, path) for component, path in firsts.items())


def _problem(indicator: Indicator) -> str | None:
    if (indicator.glob is None) == (indicator.regex is None):
        return "a file needs either a glob or a regex"
    return None


RULES = Rules(keys=_keys, hits=_hits, problem=_problem, index=index)
