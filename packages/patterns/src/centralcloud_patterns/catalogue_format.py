"""The YAML in which the catalogue is written, into patterns: strict, so that a slip in a file is found when it is read.

Owns the entry's shape; `short_indicators` owns the short forms of indicators. Loading files is the rooms' above.
"""

from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Struct

from centralcloud_patterns.pattern import Example, Indicator, Pattern, PatternType, Provenance, Relation, State
from centralcloud_patterns.short_indicators import BadShortForm, read_indicators

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: What an operator's own word is worth.
CONFIDENCE = 0.98
_Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9.-]{0,99}$")]


class CatalogueError(ValueError):
    """A catalogue file that is not right: names the file, the slug and what is wrong."""


class _Example(Struct, forbid_unknown_fields=True, kw_only=True):
    code: str
    language: str | None = None
    title: str | None = None


class _Entry(Struct, forbid_unknown_fields=True, kw_only=True):
    slug: _Slug
    type: PatternType
    name: str
    aliases: list[str] = []
    category: str | None = None
    description: str | None = None
    languages: list[str] = []
    homepage: str | None = None
    indicators: list[dict[str, Any]] = []
    implies: list[str] = []
    supersedes: list[str] = []
    requires: list[str] = []
    excludes: list[str] = []
    alternatives: list[str] = []
    part_of: list[str] = []
    commands: dict[str, str] = {}
    practices: list[str] = []
    pitfalls: list[str] = []
    examples: list[_Example] = []


_RELATIONS = {
    "implies": "implies",
    "supersedes": "supersedes",
    "requires": "requires",
    "excludes": "excludes",
    "alternatives": "alternative",
    "part_of": "part_of",
}


def parse(text: str, family: str) -> list[Pattern]:
    """Return the patterns of one catalogue file; `family` is its name for messages. Raise CatalogueError."""
    try:
        entries = yaml.load(text, Loader=_Loader)  # noqa: S506 - the safe loader, in C where there is one
    except yaml.YAMLError as error:
        raise CatalogueError(f"{family}: {error}") from None
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise CatalogueError(f"{family}: must be a list of patterns")
    return [_pattern(entry, family, number) for number, entry in enumerate(entries, 1)]


def _pattern(raw: object, family: str, number: int) -> Pattern:
    slug = raw.get("slug") if isinstance(raw, dict) else None
    where = f"{family}: {slug or f'entry {number}'}"
    try:
        entry = msgspec.convert(raw, _Entry)
        return Pattern(
            type=entry.type,
            slug=entry.slug,
            name=entry.name,
            aliases=tuple(entry.aliases),
            category=entry.category,
            description=entry.description,
            languages=tuple(entry.languages),
            homepage=entry.homepage,
            indicators=_indicators(entry),
            relations=tuple(_relations(entry)),
            commands=entry.commands,
            practices=tuple(entry.practices),
            pitfalls=tuple(entry.pitfalls),
            examples=tuple(
                Example(code=item.code, language=item.language, title=item.title) for item in entry.examples
            ),
            state=State.ACTIVE,
            confidence=CONFIDENCE,
            provenance=(Provenance(source="catalogue"),),
        )
    except (msgspec.ValidationError, BadShortForm) as error:
        raise CatalogueError(f"{where}: {error}") from None


def _indicators(entry: _Entry) -> tuple[Indicator, ...]:
    return tuple(indicator for raw in entry.indicators for indicator in read_indicators(raw))


def _relations(entry: _Entry) -> list[Relation]:
    found = []
    for field, kind in _RELATIONS.items():
        for target in getattr(entry, field):
            type_, sign, slug = target.rpartition("/")
            found.append(Relation(kind=kind, slug=slug, type=msgspec.convert(type_, PatternType) if sign else None))
    return found
