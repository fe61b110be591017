"""Indicators on paths: a glob, or an expression on the whole path. Also the index of files that other kinds share."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from centralcloud_patterns import expressions
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.rules import RESIDUE, Hit, Rules
from centralcloud_patterns.paths import VENDORED, extensions_of, is_vendored, stem_of
from centralcloud_patterns.pattern import Indicator

_FOLDER = "dir:"


@lru_cache(maxsize=16_384)
def keys_of_glob(text: str) -> frozenset[str]:
    """Return the keys under which files that a glob matches are indexed; none when the glob is refused."""
    try:
        alternatives = expressions.glob(text).alternatives
    except expressions.BadGlob:
        return frozenset()
    return frozenset(_key_of(alternative) for alternative in alternatives)


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
    folders = [segment for segment in (segments if not last else segments[:-1]) if expressions.is_literal(segment)]
    return f"{_FOLDER}{folders[-1]}" if folders else RESIDUE


def own_files(facts: Facts) -> list[str]:
    """Return the files that are the codebase's own; those of installed packages are left out."""
    return facts.once(("own",), lambda: list(_own_files(facts)))


def _own_files(facts: Facts) -> Iterator[str]:
    foreign: dict[str, bool] = {"": False}
    for path in facts.files:
        directory, _, name = path.rpartition("/")
        if directory not in foreign:
            foreign[directory] = is_vendored(directory + "/")
        if not (foreign[directory] or (directory and name in VENDORED)):
            yield path


def index(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield every file under its basename, stem and extensions; and the name of every folder, once, under itself."""
    names: dict[str, tuple[str, ...]] = {}
    directories: set[str] = set()
    for path in own_files(facts):
        directory, _, name = path.rpartition("/")
        directories.add(directory)
        if name not in names:
            names[name] = _keys_of_name(name)
        for key in names[name]:
            yield key, path
    for folder in {folder for directory in directories for folder in directory.split("/")} - {""}:
        yield f"{_FOLDER}{folder}", folder


def _keys_of_name(name: str) -> tuple[str, ...]:
    return (f"file:{name}", f"stem:{stem_of(name)}", *(f"ext:{extension}" for extension in extensions_of(name)))


def matching_glob(text: str, facts: Facts, *, read: bool = False) -> list[str]:
    """Return the files that a glob matches; with `read`, those of them whose text is known."""
    return facts.once(("glob", text, read), lambda: _match_glob(text, facts, read=read))


def _match_glob(text: str, facts: Facts, *, read: bool) -> list[str]:
    try:
        glob = expressions.glob(text)
    except expressions.BadGlob:
        return []
    keys = [key for key in sorted(keys_of_glob(text)) if key in facts.index]
    if not keys:
        return []
    found = [_under(key, facts, read=read) for key in keys]
    if not glob.is_names:
        # Of names that are spelled out, the keys have said all.
        found = [glob.among(paths) for paths in found]
    return list(found[0]) if len(found) == 1 else list(dict.fromkeys(path for paths in found for path in paths))


def _under(key: str, facts: Facts, *, read: bool = False) -> Sequence[str]:
    if key == RESIDUE:
        paths: Sequence[str] = own_files(facts)
    elif key.startswith(_FOLDER):
        # Few folders are ever asked for, and a deep tree has as many entries for them as for all else together.
        within = f"/{key.removeprefix(_FOLDER)}/"
        paths = facts.once((key,), lambda: [path for path in own_files(facts) if within in f"/{path}"])
    else:
        paths = facts.index.get(key, ())
    if not read:
        return paths
    return facts.once(("read", key), lambda: [path for path in paths if facts.files[path] is not None])


def _keys(indicator: Indicator) -> frozenset[str]:
    return keys_of_glob(indicator.glob) if indicator.glob is not None else frozenset({RESIDUE})


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
