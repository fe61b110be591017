"""Indicators on paths: a glob, or an expression on the whole path. Also the index of files that other kinds share."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from centralcloud_patterns import expressions
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.rules import RESIDUE, Hit, Rules
from centralcloud_patterns.paths import basename_of, directory_of, extensions_of, is_vendored, stem_of
from centralcloud_patterns.pattern import Indicator


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
    return f"dir:{folders[-1]}" if folders else RESIDUE


def index(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield every file under its basename, stem, extensions and folders; installed packages are left out."""
    folders: dict[str, tuple[str, ...]] = {}
    for path in facts.files:
        if is_vendored(path):
            continue
        name = basename_of(path)
        yield f"file:{name}", path
        yield f"stem:{stem_of(name)}", path
        for extension in extensions_of(name):
            yield f"ext:{extension}", path
        directory = directory_of(path)
        if directory not in folders:
            folders[directory] = tuple(f"dir:{segment}" for segment in set(directory.split("/"))) if directory else ()
        for folder in folders[directory]:
            yield folder, path


def matching_glob(text: str, facts: Facts) -> Iterator[str]:
    """Yield the files that a glob matches."""
    try:
        glob = expressions.glob(text)
    except expressions.BadGlob:
        return
    seen: set[str] = set()
    for key in keys_of_glob(text):
        for path in _under(key, facts):
            if path not in seen and glob.matches(path):
                seen.add(path)
                yield path


def _under(key: str, facts: Facts) -> Iterable[str]:
    if key == RESIDUE:
        return [path for path in facts.files if not is_vendored(path)]
    return facts.index.get(key, ())


def _keys(indicator: Indicator) -> frozenset[str]:
    return keys_of_glob(indicator.glob) if indicator.glob is not None else frozenset({RESIDUE})


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    if indicator.glob is not None:
        paths: Iterable[str] = matching_glob(indicator.glob, facts)
    else:
        regex = indicator.regex or "$^"
        paths = (path for path in _under(RESIDUE, facts) if expressions.find(regex, path) is not None)
    hit_in: set[str] = set()
    for path in paths:
        component = facts.component_of_file(path)
        if component not in hit_in:
            hit_in.add(component)
            yield Hit(component, path, None, path)


def _problem(indicator: Indicator) -> str | None:
    if (indicator.glob is None) == (indicator.regex is None):
        return "a file needs either a glob or a regex"
    return None


RULES = Rules(keys=_keys, hits=_hits, problem=_problem, index=index)
