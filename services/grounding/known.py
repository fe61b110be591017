"""Facts from what other patterns say: packages of the name, texts that mention it, the name in other types, near names.

What instances saw in codebases is `observed`'s.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection

from centralcloud_client.naming import normalise
from centralcloud_patterns.indicators.dependency import exact_key
from centralcloud_patterns.manifests.dependency import normal_name
from centralcloud_patterns.merging import is_curated
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType
from centralcloud_patterns.short_indicators import KNOWN_ECOSYSTEMS
from models import candidates, mentions, patterns
from services.grounding.draft import Draft
from services.grounding.facts import FactKind
from services.grounding.latest import LatestTaught
from services.grounding.subject import Subject
from services.grounding.taught import described
from services.suggesting import shared_near_names

#: Patterns taught lately that are looked through for a name.
_CHANGES: Final = 2_000
_PATTERNS: Final = 20
_SHORTEST: Final = 3
#: Characters of a sample around the place where the name stands.
_AROUND: Final = 700
_BESIDE: Final = 12
#: Indicators of one curated pattern that are told for having the name in them.
_OF_CURATED: Final = 2

_latest: Final = LatestTaught(_CHANGES)
_decoder: Final = msgspec.json.Decoder(Pattern)


def packages(connection: Connection, subject: Subject) -> Iterator[Draft]:
    """Yield packages of exactly this name that some other pattern is known by, and where they were seen."""
    keys = {
        f"dep:{ecosystem}:{normal_name(ecosystem, spelling)}"
        for ecosystem in KNOWN_ECOSYSTEMS
        for spelling in subject.spellings
    }
    seen: dict[str, tuple[Indicator, list[Pattern]]] = {}
    for pattern in _others(connection, subject, [row.id for row in candidates.ids_by_keys(connection, keys)]):
        for indicator in pattern.indicators:
            key = exact_key(indicator) if indicator.kind is IndicatorKind.DEPENDENCY else None
            if key in keys and key is not None:
                seen.setdefault(key, (indicator, []))[1].append(pattern)
    for _key, (indicator, holders) in sorted(seen.items()):
        where = ", ".join(f"{holder.name} ({holder.type.value})" for holder in holders[:5])
        codebases = max(holder.support.codebases for holder in holders)
        counted = f", in {codebases} codebases" if codebases else ""
        text = f"package {indicator.name} of {indicator.ecosystem}: among what {where} is known by{counted}"
        bare = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=indicator.ecosystem, name=indicator.name)
        source = "catalogue" if all(map(is_curated, holders)) else "learn"
        yield Draft(FactKind.PACKAGE, text, source, indicator=bare)


def other_types(connection: Connection, subject: Subject) -> Iterator[Draft]:
    """Yield what the name is under another type."""
    others = [(type_.value, subject.key) for type_ in PatternType if type_.value != subject.type]
    for row in patterns.by_names(connection, others):
        if row.slug is not None:
            pattern = _decoder.decode(row.document)
            text = f"the name is known as {pattern.type.value} {pattern.name}: {pattern.description or ''}"
            yield Draft(FactKind.WORDS, text, _source(pattern))
            yield from (
                Draft(FactKind.INDICATOR, f"{described(item)} (of {pattern.type.value})", _source(pattern), item)
                for item in pattern.indicators[:10]
                if item.polarity == "for"
            )


def mentioning(connection: Connection, subject: Subject) -> Iterator[Draft]:
    """Yield texts of other patterns that mention the name: descriptions, and all that was taught lately."""
    if len(subject.key) < _SHORTEST:
        return
    documents = _latest.mentioning(connection, subject.mentions, _PATTERNS)
    documents |= {(row.type, row.slug): row.document for row in mentions.in_words(connection, subject.name, _PATTERNS)}
    found = [_decoder.decode(documents[identity]) for identity in sorted(documents)]
    # What instances taught before what the catalogue mentions in passing.
    for pattern in sorted(found, key=is_curated):
        if not _is_subject(pattern, subject):
            yield from _mentions(pattern, subject)


def near_names(connection: Connection, subject: Subject) -> Iterator[Draft]:
    """Yield patterns of the type whose names look like it."""
    if subject.pattern is not None:
        return
    names = shared_near_names().of(connection, subject.type, subject.key)
    rows = patterns.by_names(connection, [(subject.type, normalise(name)) for name in names]) if names else ()
    found = {row.slug: row.document for row in rows if row.slug is not None}
    for slug in sorted(found):
        pattern = _decoder.decode(found[slug])
        text = f"{pattern.name} (slug {slug}): {(pattern.description or 'no description')[:200]}"
        yield Draft(FactKind.NEAR, text, _source(pattern), slug=slug)


def _mentions(pattern: Pattern, subject: Subject) -> Iterator[Draft]:
    where, source = f"{pattern.type.value} {pattern.name}", _source(pattern)
    lines = [pattern.description or "", *pattern.notes, *pattern.practices, *pattern.pitfalls]
    yield from (Draft(FactKind.WORDS, f"{where}: {line}", source) for line in lines if subject.place_in(line) >= 0)
    for example in pattern.examples:
        if (place := subject.place_in(example.code)) >= 0:
            start = max(0, place - _AROUND)
            yield Draft(FactKind.SAMPLE, example.code[start : place + _AROUND], source)
    curated = is_curated(pattern)
    named = [item for item in pattern.indicators if subject.key in normalise(described(item))]
    for item in named[:_OF_CURATED] if curated else named:
        yield Draft(FactKind.WORDS, f"{where} is known by {described(item)}", source)
    beside = [described(item) for item in pattern.indicators if item not in named]
    if named and beside and not curated:
        yield Draft(FactKind.BESIDE, f"beside it in {where}: {'; '.join(beside[:_BESIDE])}", source)


def _others(connection: Connection, subject: Subject, ids: Iterable[int]) -> list[Pattern]:
    read = [_decoder.decode(row.document) for row in patterns.documents(connection, sorted({*ids})[:100])]
    return [pattern for pattern in read if not _is_subject(pattern, subject)]


def _is_subject(pattern: Pattern, subject: Subject) -> bool:
    own = subject.pattern
    return own is not None and (pattern.type, pattern.slug) == (own.type, own.slug)


def _source(pattern: Pattern) -> str:
    return "catalogue" if is_curated(pattern) else "learn"
