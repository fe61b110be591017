"""The small language in which golden pairs say what a reply must look like; README.md documents it.

Pure: compares two JSON values and tells every difference with its path.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

Json = Any


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: Final[dict[str, Callable[[Json], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": _is_number,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_ABSENT: Final = object()


def differences(expected: Json, actual: Json, path: str = "$") -> list[str]:
    """Return what differs, one line a place; empty when the value matches."""
    return list(_differences(expected, actual, path))


def _differences(expected: Json, actual: Json, path: str) -> Iterator[str]:
    if isinstance(expected, dict):
        yield from _matcher_or_object(expected, actual, path)
    elif actual is _ABSENT:
        yield f"{path}: missing"
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            yield f"{path}: not an array of {len(expected)}: {_shown(actual)}"
            return
        for index, (want, have) in enumerate(zip(expected, actual, strict=True)):
            yield from _differences(want, have, f"{path}[{index}]")
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield f"{path}: {_shown(actual)} instead of {_shown(expected)}"


def _matcher_or_object(expected: dict[str, Json], actual: Json, path: str) -> Iterator[str]:
    if len(expected) == 1 and (matcher := _MATCHERS.get(next(iter(expected)))):
        yield from matcher(next(iter(expected.values())), actual, path)
    elif actual is _ABSENT:
        yield f"{path}: missing"
    elif not isinstance(actual, dict):
        yield f"{path}: not an object: {_shown(actual)}"
    else:
        for key, want in expected.items():
            yield from _differences(want, actual.get(key, _ABSENT), f"{path}.{key}")


def _any(kind: str, actual: Json, path: str) -> Iterator[str]:
    if actual is _ABSENT or not _KINDS[kind](actual):
        yield f"{path}: {_shown(actual)} is no {kind}"


def _absent(_flag: bool, actual: Json, path: str) -> Iterator[str]:
    if actual is not _ABSENT:
        yield f"{path}: {_shown(actual)}, should be absent"


def _contains(parts: Json, actual: Json, path: str) -> Iterator[str]:
    for part in parts if isinstance(parts, list) else [parts]:
        if isinstance(actual, str):
            found = part in actual
        else:
            found = isinstance(actual, list) and any(not differences(part, item) for item in actual)
        if not found:
            yield f"{path}: {_shown(actual)} does not hold {_shown(part)}"


def _first(part: Json, actual: Json, path: str) -> Iterator[str]:
    if isinstance(actual, list) and actual:
        yield from _differences(part, actual[0], f"{path}[0]")
    else:
        yield f"{path}: no array with a first item: {_shown(actual)}"


def _one_of(values: list[Json], actual: Json, path: str) -> Iterator[str]:
    if all(differences(value, actual) for value in values):
        yield f"{path}: {_shown(actual)} is none of {_shown(values)}"


def _at_least(number: float, actual: Json, path: str) -> Iterator[str]:
    if not _is_number(actual) or actual < number:
        yield f"{path}: {_shown(actual)} is not at least {number}"


_MATCHERS: Final[dict[str, Callable[[Any, Json, str], Iterator[str]]]] = {
    "$any": _any,
    "$absent": _absent,
    "$contains": _contains,
    "$first": _first,
    "$one_of": _one_of,
    "$at_least": _at_least,
}


def _shown(value: Json) -> str:
    text = "nothing" if value is _ABSENT else repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
