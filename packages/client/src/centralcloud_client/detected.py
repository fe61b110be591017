"""What the core detected, in the protocol's words: for the centre's replies and for detection without the centre alike.

Takes the core's `Detection` and its parts as they are, without importing the core: instances may not have it. What
evidence said is hostile: its text goes out plain.
"""

from typing import Any

from centralcloud_client.messages.replies import Component, Match, Note, Reason, Unknown
from centralcloud_client.plain_text import plain, plain_or_none


def matches(detection: Any) -> list[Match]:
    """Return its matches, in their order."""
    return [_match(hit) for hit in detection.matches]


def components(detection: Any) -> list[Component]:
    """Return its components."""
    return [
        Component(
            path=plain(part.path), name=plain(part.name), languages=tuple(part.languages), matches=tuple(part.slugs)
        )
        for part in detection.components
    ]


def unknown(detection: Any) -> list[Unknown]:
    """Return the dependencies that no pattern claims."""
    return [Unknown(purl=plain(one.purl), files=tuple(plain(file) for file in one.files)) for one in detection.unknown]


def notes(detection: Any) -> list[Note]:
    """Return what could not be read."""
    return [Note(message=plain(note.message), file=plain_or_none(note.file)) for note in detection.notes]


def _match(hit: Any) -> Match:
    return Match(
        type=str(hit.type),
        slug=hit.slug,
        name=hit.name,
        path=plain(hit.path),
        confidence=round(hit.confidence, 4),
        level=hit.level,
        revision=hit.revision,
        category=hit.category,
        version=plain_or_none(hit.version),
        version_source=plain_or_none(hit.version_source),
        superseded_by=hit.superseded_by,
        evidence=tuple(_reason(reason) for reason in hit.reasons),
    )


def _reason(reason: Any) -> Reason:
    return Reason(
        indicator=reason.indicator,
        kind=reason.kind,
        file=plain_or_none(reason.file),
        line=reason.line,
        detail=plain_or_none(reason.detail),
        weight=reason.weight,
    )
