"""What matching answers: matches with their reasons, components, unknown dependencies, languages, notes.

Owns only these shapes; `matching` fills them, the rooms above put them on the wire.
"""

from msgspec import Struct

from centralcloud_patterns.notes import Note
from centralcloud_patterns.pattern import PatternType


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why a pattern matched: one indicator, where it fired, and what it weighs."""

    indicator: str
    #: An indicator kind, or `implied`.
    kind: str
    file: str | None = None
    line: int | None = None
    detail: str = ""
    #: As the indicator has it; negative ones weigh against.
    weight: float = 0.0


class Match(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One pattern found in one component."""

    type: PatternType
    slug: str
    name: str
    #: The component's directory; '' is the root.
    path: str = ""
    confidence: float
    #: The kind of the strongest indicator, or `implied`.
    level: str
    revision: int = 0
    category: str | None = None
    version: str | None = None
    version_source: str | None = None
    reasons: tuple[Reason, ...] = ()
    #: Slug of a match that says more about the same component.
    superseded_by: str | None = None


class Component(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One deployable or package: a directory that holds a manifest, or one where something matched."""

    path: str
    name: str
    #: Largest share first.
    languages: tuple[str, ...] = ()
    slugs: tuple[str, ...] = ()


class Unknown(Struct, frozen=True):
    """A dependency that none of the given patterns claims."""

    purl: str
    files: tuple[str, ...]


class Detection(Struct, frozen=True, kw_only=True):
    """Everything one body of evidence says, as far as the given patterns go."""

    matches: tuple[Match, ...] = ()
    components: tuple[Component, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    #: Share of the files by language, largest first.
    languages: dict[str, float] = {}
    notes: tuple[Note, ...] = ()
