"""A pattern as it travels: in replies, broadcasts and the export.

The same fields as the core's pattern, spelled out here because instances install the client without the core.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

PatternType = Literal["framework", "technology", "microservice", "code"]
State = Literal["candidate", "active", "deprecated"]
Probability = Annotated[float, Meta(ge=0, le=1)]
#: Text with a bound that no honest value reaches.
Word = Annotated[str, Meta(min_length=1, max_length=256)]
Line = Annotated[str, Meta(max_length=2_000)]
Text = Annotated[str, Meta(max_length=65_536)]


class Measured(Struct, frozen=True, kw_only=True):
    """What an indicator's weight was re-estimated from: codebases where it fired, and the 95 % interval."""

    prior: Probability
    hits: int
    misses: int
    low: Probability
    high: Probability


class Indicator(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One checkable fact that suggests a pattern; which fields apply depends on `kind`."""

    kind: Word
    id: str = ""
    ecosystem: Word | None = None
    name: Word | None = None
    prefix: Word | None = None
    regex: Line | None = None
    glob: Line | None = None
    path: Line | None = None
    value: Line | None = None
    language: Word | None = None
    version: Word | None = None
    scope: Word | None = None
    locality: Literal["same", "hoisted", "anywhere"] = "hoisted"
    weight: Probability = 0.9
    measured: Measured | None = None
    polarity: Literal["for", "against"] = "for"
    all: tuple["Indicator", ...] = ()
    any: tuple["Indicator", ...] = ()
    none: tuple["Indicator", ...] = ()


class Relation(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A directed statement about two patterns."""

    kind: Word
    slug: Word
    type: PatternType | None = None


class Example(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A snippet that shows the pattern."""

    code: Text
    language: Word | None = None
    title: Line | None = None


class Support(Struct, frozen=True, kw_only=True):
    """How many distinct codebases and independent instances speak for a pattern."""

    codebases: int = 0
    instances: int = 0


class Provenance(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Who said something, when, by which tool or model."""

    source: str
    field: str | None = None
    instance_id: str | None = None
    learn_id: str | None = None
    codebase_id: str | None = None
    at: str | None = None
    #: The paid call that a model's word came from, and the prompt: name@version.
    call_id: str | None = None
    template: str | None = None
    #: Keys of the items of `field` that were found out, where it holds many.
    items: tuple[str, ...] = ()


class Pattern(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One piece of knowledge, with its state, confidence, support and provenance."""

    type: PatternType
    slug: str
    name: str
    state: State
    confidence: Probability
    support: Support
    revision: int
    seq: int
    aliases: tuple[str, ...] = ()
    category: str | None = None
    description: str | None = None
    languages: tuple[str, ...] = ()
    homepage: str | None = None
    indicators: tuple[Indicator, ...] = ()
    relations: tuple[Relation, ...] = ()
    commands: dict[str, str] = {}
    examples: tuple[Example, ...] = ()
    practices: tuple[str, ...] = ()
    pitfalls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()
