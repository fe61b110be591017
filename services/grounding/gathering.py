"""Gather facts about one name from every source, within bounds, cleaned, and in a fixed order."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from centralcloud_client.naming import normalise
from centralcloud_patterns.pattern import Pattern
from services.grounding import known, taught
from services.grounding.draft import Draft, Source
from services.grounding.facts import Fact, FactKind, Facts
from services.grounding.observed import observed
from services.grounding.packages import published
from services.grounding.subject import Subject
from services.package_metadata import MetadataSource
from services.secrets import without_secrets
from services.unseen import seen

#: Whoever knows facts, the best first: where bounds cut, they cut the last.
SOURCES: Final[tuple[Source, ...]] = (
    known.packages,
    observed,
    taught.taught,
    known.other_types,
    known.mentioning,
    known.near_names,
)
#: Facts of each kind.
_MOST: Final = {
    FactKind.PACKAGE: 8,
    FactKind.METADATA: 6,
    FactKind.INDICATOR: 20,
    FactKind.WORDS: 20,
    FactKind.SAMPLE: 8,
    FactKind.BESIDE: 5,
    FactKind.NEAR: 5,
}
#: Characters of one fact, and of all.
_LONGEST: Final = 1_500
_ALL: Final = 24_000


def gather(connection: Connection, type_: str, name: str, key: str, metadata: MetadataSource | None) -> Facts:
    """Return what is known about a name that no pattern of the type answers to; without `metadata` no index is asked.

    Indexes are asked before the first statement: give it a connection without an open transaction.
    """
    return _gathered(connection, Subject(type_, name, key), metadata)


def gather_more(connection: Connection, pattern: Pattern, metadata: MetadataSource | None) -> Facts:
    """Return what is known about a pattern, what was taught of it first; a connection as for `gather`."""
    subject = Subject(pattern.type.value, pattern.name, normalise(pattern.name), pattern)
    return _gathered(connection, subject, metadata)


def _gathered(connection: Connection, subject: Subject, metadata: MetadataSource | None) -> Facts:
    drafts = list(published(metadata, subject)) if metadata is not None else []
    for source in SOURCES:
        drafts += source(connection, subject)
    return numbered(drafts)


def numbered(drafts: Iterable[Draft]) -> Facts:
    """Clean, cut and number facts; what says the same twice is one."""
    kept: dict[str, Fact] = {}
    counted: Counter[FactKind] = Counter()
    left = _ALL
    for draft in drafts:
        text = seen(without_secrets(draft.text)).strip()[:_LONGEST]
        if not text or text in kept or counted[draft.kind] >= _MOST[draft.kind] or len(text) > left:
            continue
        counted[draft.kind] += 1
        left -= len(text)
        kept[text] = Fact(f"F{len(kept) + 1}", draft.kind, text, draft.source, draft.indicator, draft.slug)
    return Facts(tuple(kept.values()))
