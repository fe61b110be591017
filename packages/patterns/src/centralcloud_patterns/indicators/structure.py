"""Indicators on the shape of a codebase: how many files match a glob, and layouts below one directory.

A count speaks of a component with everything below it, and of the deepest one that reaches it; with the locality
`same`, of the component's own files only.
"""

from collections import Counter
from collections.abc import Iterator

from centralcloud_patterns import expressions
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.file import keys_of_glob, matching_glob
from centralcloud_patterns.indicators.rules import Hit, Rules, is_residue
from centralcloud_patterns.paths import ancestors, directory_of
from centralcloud_patterns.pattern import Indicator

MAX_COUNT = 10_000
MAX_GLOBS = 8
#: Files looked at for each glob of a layout.
_MAX_FILES = 5000


def _globs(indicator: Indicator) -> list[str]:
    return (indicator.path or "").split()


def _keys(indicator: Indicator) -> frozenset[str]:
    if indicator.glob is not None:
        return keys_of_glob(indicator.glob)
    # All of a layout is needed, so it is found by its most telling part.
    return min((keys_of_glob(glob) for glob in _globs(indicator)), key=_breadth, default=frozenset())


def _breadth(keys: frozenset[str]) -> tuple[bool, bool, int]:
    return (is_residue(keys), any(key.startswith(("ext:", "dir:")) for key in keys), len(keys))


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    return _counted(indicator, facts) if indicator.glob is not None else _laid_out(indicator, facts)


def _counted(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    least = int(indicator.value) if (indicator.value or "").isdecimal() and indicator.value else 1
    own: Counter[str] = Counter()
    first: dict[str, str] = {}
    for path in matching_glob(indicator.glob or "", facts):
        component = facts.component_of_file(path)
        for holder in (component,) if indicator.locality == "same" else ancestors(component):
            own[holder] += 1
            first.setdefault(holder, path)
    reached = {component for component, count in own.items() if count >= least}
    components = {""} | set(facts.components)
    inner = (
        set()
        if indicator.locality == "same"
        else {above for held in reached for above in ancestors(held) if above != held}
    )
    for component in sorted((reached & components) - (inner & reached)):
        yield Hit(component, first[component], None, f"{own[component]} files like {indicator.glob}"[:160])


def _laid_out(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    bases: dict[str, str] | None = None
    for glob in _globs(indicator):
        found = _bases(glob, facts)
        bases = found if bases is None else {base: file for base, file in bases.items() if base in found}
        if not bases:
            return
    for base, file in sorted((bases or {}).items()):
        yield Hit(facts.component_of(base), file, None, f"{base or '.'}: {indicator.path}"[:160])


def _bases(glob: str, facts: Facts) -> dict[str, str]:
    """Return the directories below which a glob matches from their own root, each with the first such file."""
    anchored = expressions.glob("/" + glob.strip("/") + ("/" if glob.endswith("/") else ""))
    bases: dict[str, str] = {}
    for number, path in enumerate(matching_glob(glob, facts)):
        if number >= _MAX_FILES:
            break
        for base in ancestors(directory_of(path)):
            if base not in bases and anchored.matches(path[len(base) + 1 :] if base else path):
                bases[base] = path
    return bases


def _problem(indicator: Indicator) -> str | None:
    if (indicator.glob is None) == (indicator.path is None):
        return "structure needs either a glob with a count or a layout"
    if indicator.glob is not None:
        value = indicator.value or ""
        sound = value.isascii() and value.isdecimal() and len(value) < 6 and 0 < int(value) <= MAX_COUNT
        return None if sound else f"structure needs a count from 1 to {MAX_COUNT}"
    globs = _globs(indicator)
    if not 2 <= len(globs) <= MAX_GLOBS:
        return f"a layout has 2 to {MAX_GLOBS} globs"
    for glob in globs:
        try:
            alternatives = expressions.glob("/" + glob).alternatives
        except expressions.BadGlob as error:
            return str(error)
        if any(not alternative.strip("*?/.") for alternative in alternatives):
            return "glob matches everything"
    return None


RULES = Rules(keys=_keys, hits=_hits, problem=_problem)
