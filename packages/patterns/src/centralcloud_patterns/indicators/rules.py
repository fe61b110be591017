"""What a kind of indicator provides, and what its firing yields.

`keys` and `index` are the two sides of the inverted index: whenever `hits` is not empty, the indicator's keys and the
evidence's keys must have one in common.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from msgspec import Struct

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.keyless import is_keyless
from centralcloud_patterns.pattern import Indicator

#: The key of what not even a set of expressions takes: every body of evidence has it.
RESIDUE = "*"


def is_residue(keys: Collection[str]) -> bool:
    """Tell whether one of these keys is no real one: of an expression, or of what not even a set takes."""
    return RESIDUE in keys or any(is_keyless(key) for key in keys)


class Hit(Struct, frozen=True):
    """One place where an indicator fired."""

    component: str
    file: str
    line: int | None = None
    detail: str = ""
    version: str | None = None
    version_source: str | None = None
    #: The version is exact: locked, or a tag.
    exact: bool = False


class Rules(Struct, frozen=True, kw_only=True):
    """The behaviour of one kind of indicator."""

    #: Keys under which it is indexed; empty when nothing could ever fire it.
    keys: Callable[[Indicator], frozenset[str]]
    #: Where it fires; may yield several hits a component.
    hits: Callable[[Indicator, Facts], Iterable[Hit]]
    #: What is wrong with it, or None.
    problem: Callable[[Indicator], str | None]
    #: Key and fact for everything in the codebase that this kind looks at.
    index: Callable[[Facts], Iterable[tuple[str, Any]]] = lambda _facts: ()
