"""Versions and ranges, leniently: numbers compare, ranges of npm, Cargo, Hex, Ruby, PEP 440, Maven and NuGet are
understood.

Good enough to tell major lines apart; it resolves nothing.
"""

import re
from functools import lru_cache

_VERSION = re.compile(r"(?<![\w.])v?(\d{1,9}(?:\.\d{1,9}){0,3}(?:-[0-9A-Za-z.-]{1,40})?)")
_CLAUSE = re.compile(r"(===?|!=|~=|~>|>=|<=|\^|~|>|<|=)?\s*v?(\d{1,9}(?:\.(?:\d{1,9}|[xX*])){0,3}|[xX*])")
_INTERVAL = re.compile(r"([\[(])[ \t]*v?([\d.]{0,40})[ \t]*(?:(,)[ \t]*v?([\d.]{0,40})[ \t]*)?([\])])")
_HYPHEN = re.compile(r"\s*v?(\d[\d.]{0,40})\s+-\s+v?(\d[\d.]{0,40})\s*")

_Numbers = tuple[int, ...]


@lru_cache(maxsize=8192)
def first_in(text: str) -> str | None:
    """Return the first version named in a range: `15.1.0` of `^15.1.0`."""
    found = _VERSION.search(text[:200])
    return found[1] if found else None


def _numbers(version: str) -> _Numbers:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version.partition("-")[0].partition("+")[0])[:4])


def _padded(numbers: _Numbers) -> _Numbers:
    return (*numbers, 0, 0, 0, 0)[:4]


def _upper(numbers: _Numbers, keep: int) -> _Numbers:
    """Return the first version beyond those that share the first `keep` numbers."""
    head = list(_padded(numbers)[:keep])
    head[-1] += 1
    return _padded(tuple(head))


def _clause_holds(sign: str, wanted: str, version: _Numbers) -> bool:
    wild = wanted.endswith(("x", "X", "*"))
    numbers = _numbers(wanted)
    low = _padded(numbers)
    if not numbers:
        return True
    if sign == "^":
        first = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
        return low <= version < _upper(numbers, first + 1)
    if sign in {"~>", "~="}:
        return low <= version < _upper(numbers, max(1, len(numbers) - 1))
    if sign == "~":
        return low <= version < _upper(numbers, min(2, len(numbers)))
    if sign in {">=", ">", "<=", "<"}:
        return {">=": version >= low, ">": version > low, "<=": version <= low, "<": version < low}[sign]
    same = low <= version < _upper(numbers, len(numbers)) if wild or len(numbers) < 3 else version == low
    return not same if sign == "!=" else same


def _lies_in(interval: tuple[str, str, str, str, str], version: _Numbers) -> bool:
    """Tell whether a version lies in an interval of Maven and NuGet: `[1.0,2.0)`, `(,3]`, `[1.5]`."""
    opening, low, comma, high, closing = interval
    if not comma:
        return bool(low) and version == _padded(_numbers(low))
    below, above = _padded(_numbers(low)), _padded(_numbers(high))
    return (not low or (version >= below if opening == "[" else version > below)) and (
        not high or (version <= above if closing == "]" else version < above)
    )


@lru_cache(maxsize=8192)
def satisfies(version: str | None, range_: str) -> bool:
    """Tell whether a version lies in a range; an unknown version does not."""
    if not version:
        return False
    numbers = _padded(_numbers(version))
    if range_[:1] in {"[", "("} and (intervals := _INTERVAL.findall(range_[:200])):
        return any(_lies_in(interval, numbers) for interval in intervals)
    for alternative in range_[:200].split("||"):
        if span := _HYPHEN.fullmatch(alternative):
            if _padded(_numbers(span[1])) <= numbers < _upper(_numbers(span[2]), len(_numbers(span[2]))):
                return True
            continue
        clauses = _CLAUSE.findall(alternative)
        if clauses and all(_clause_holds(sign, wanted, numbers) for sign, wanted in clauses):
            return True
    return False
