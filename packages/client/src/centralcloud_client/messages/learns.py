"""What instances teach: learns and feedback.

A learn is immutable, and known by its `learn_id`. Reading indicator strings is the core's work (`grammar`).
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from centralcloud_client.messages.pattern import Example, Indicator, Line, Relation, Text, Word

_Few = Meta(max_length=200)


class Learn(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One submission: a name, and at least one indicator or example."""

    name: Word
    learn_id: Word | None = None
    instance_id: Word | None = None
    codebase_id: Word | None = None
    slug: Word | None = None
    aliases: Annotated[tuple[Word, ...], _Few] = ()
    indicators: Annotated[tuple[Line | Indicator, ...], _Few] = ()
    examples: Annotated[tuple[Text | Example, ...], Meta(max_length=50)] = ()
    description: Text | None = None
    category: Word | None = None
    homepage: Line | None = None
    languages: Annotated[tuple[Word, ...], _Few] = ()
    relations: Annotated[tuple[Relation, ...], _Few] = ()
    practices: Annotated[tuple[Line, ...], _Few] = ()
    pitfalls: Annotated[tuple[Line, ...], _Few] = ()
    commands: Annotated[dict[Word, Line], Meta(max_length=32)] = {}
    at: Word | None = None
    #: Kept as sent, for enrichment; never interpreted.
    metadata: dict[str, Any] = {}


class Feedback(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One verdict on a pattern as it showed in one codebase."""

    slug: Word
    verdict: Literal["confirmed", "rejected"]
    learn_id: Word | None = None
    instance_id: Word | None = None
    codebase_id: Word | None = None
    why: Text | None = None
    at: Word | None = None
