"""A fact before it has its number, and the signature of whoever knows facts.

A source is one function: it reads within a connection and yields drafts, best first, without a thought for bounds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from centralcloud_patterns.pattern import Indicator
from services.grounding.facts import FactKind
from services.grounding.subject import Subject


@dataclass(frozen=True, slots=True)
class Draft:
    """One statement as a source makes it, not cleaned yet."""

    kind: FactKind
    text: str
    source: str
    indicator: Indicator | None = None
    slug: str | None = None


Source = Callable[[Connection, Subject], Iterable[Draft]]
