"""Indicators on configuration: a path inside a JSON, TOML, YAML, INI or XML file, maybe with a value or an expression.

A path is keys joined with dots; `*` stands for any member; a key may itself hold dots, and a path
may be its beginning.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from centralcloud_patterns import expressions
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.file import keys_of_glob, matching_glob
from centralcloud_patterns.indicators.rules import Hit, Rules
from centralcloud_patterns.paths import basename_of
from centralcloud_patterns.pattern import Indicator
from centralcloud_patterns.reading.xml_text import Element
from centralcloud_patterns.words import telling_word

_MAX_VISITS = 5000
_MAX_KEYS = 2000


def _keys(indicator: Indicator) -> frozenset[str]:
    """Return the word of the path that tells most, since its keys stand in the text; else the file's keys."""
    files, words = keys_of_glob(indicator.glob or ""), _words(indicator.path or "")
    return words if words and files else files


@lru_cache(maxsize=16_384)
def _words(path: str) -> frozenset[str]:
    """Return the one word that a file must have for the path to be there; none when all are too short."""
    word = telling_word(" ".join(part for part in path.split(".") if not part.isdigit()))
    return frozenset({word}) if word else frozenset()


def values_at(document: Any, path: str) -> list[Any]:
    """Return the values that a dotted path leads to."""
    budget = [_MAX_VISITS]
    return list(_walk(document, path.split("."), budget)) if path else [document]


def _walk(value: Any, parts: list[str], budget: list[int]) -> Iterator[Any]:
    budget[0] -= 1
    if budget[0] < 0:
        return
    if not parts:
        yield value
    elif isinstance(value, Element):
        yield from _walk_element(value, parts, budget)
    elif isinstance(value, list):
        if parts[0].isdigit():
            yield from (found for item in value[int(parts[0]) :][:1] for found in _walk(item, parts[1:], budget))
        else:
            rest = parts[1:] if parts[0] == "*" else parts
            yield from (found for item in value[:500] for found in _walk(item, rest, budget))
    elif isinstance(value, dict):
        if parts[0] == "*":
            yield from (found for item in list(value.values())[:500] for found in _walk(item, parts[1:], budget))
            return
        for end in range(1, min(len(parts), 8) + 1):
            key = ".".join(parts[:end])
            if key in value:
                yield from _walk(value[key], parts[end:], budget)
        yield from _below(value, ".".join(parts) + ".")


def _below(value: dict[Any, Any], beginning: str) -> Iterator[Any]:
    """Yield the first value whose key begins so: flat files spell the path out, and `a.b` is there when `a.b.c` is."""
    for key in list(value)[:_MAX_KEYS]:
        if isinstance(key, str) and key.startswith(beginning):
            yield value[key]
            return


def _walk_element(element: Element, parts: list[str], budget: list[int]) -> Iterator[Any]:
    name = parts[0]
    if name.startswith("@"):
        if name[1:] in element.attributes and len(parts) == 1:
            yield element.attributes[name[1:]]
        return
    if name == element.tag and len(parts) > 1:
        yield from _walk_element(element, parts[1:], budget)
    for child in element.children[:500]:
        if name in {child.tag, "*"}:
            yield from _walk(child, parts[1:], budget)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Element):
        yield value.text.strip()
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, (str, int, float)):
        yield str(value)
    elif isinstance(value, list):
        for item in value[:500]:
            if isinstance(item, (str, int, float)):
                yield str(item)
    elif isinstance(value, dict):
        yield from (str(key) for key in list(value)[:500])


def _fits(indicator: Indicator, value: Any) -> str | None:
    """Return what to show when a value is what the indicator wants, else None."""
    if indicator.value is None and indicator.regex is None:
        return next(_texts(value), "") if value is not None and value is not False else None
    for text in _texts(value):
        if indicator.value is not None and text == indicator.value:
            return text
        if indicator.regex is not None and expressions.find(indicator.regex, text) is not None:
            return text
    return None


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    path = indicator.path or ""
    words = _words(path)
    files: Iterable[str] = matching_glob(indicator.glob or "", facts, read=True)
    if words and files:
        having = facts.having(words)
        files = [file for file in files if file in having]
    for file in files:
        source = facts.source(file)
        if source is None:
            continue
        for value in values_at(source.document(), path):
            shown = _fits(indicator, value)
            if shown is not None:
                key = path.rpartition(".")[2]
                detail = f"{basename_of(file)}: {path} = {shown}"[:160]
                yield Hit(facts.component_of_file(file), file, facts.line_of(file, key), detail)
                break


def _problem(indicator: Indicator) -> str | None:
    return None if indicator.glob and indicator.path is not None else "config needs a file and a path"


RULES = Rules(keys=_keys, hits=_hits, problem=_problem)
