"""What the core detected, in the protocol's words: for the centre's replies and for detection without the centre alike.

Takes the core's `Detection` and its parts as they are, without importing the core: instances may not have it.
"""

from typing import Any

from centralcloud_client.messages.replies import Component, Match, Note, Reason, Unknown


def matches(detection: Any) -> list[Match]:
    """Return its matches, in their order."""
    return [_match(hit) for hit in detection.matches]


def components(detection: Any) -> list[Component]:
    """Return its components."""
    return [
        Component(path=part.path, name=part.name, languages=tuple(part.languages), matches=tuple(part.slugs))
        for part in detection.components
    ]


def unknown(detection: Any) -> list[Unknown]:
    """Return the dependencies that no pattern claims."""
    return [Unknown(purl=one.purl, files=tuple(one.files)) for one in detection.unknown]


def notes(detection: Any) -> list[Note]:
    """Return what could not be read."""
    return [Note(message=note.message, file=note.file) for note in detection.notes]


def _match(hit: Any) -> Match:
    return Match(
        type=str(hit.type),
        slug=hit.slug,
        name=hit.name,
        path=hit.path,
        confidence=round(hit.confidence, 4),
        level=hit.level,
        revision=hit.revision,
        category=hit.category,
        version=hit.version,
        version_source=hit.version_source,
        superseded_by=hit.superseded_by,
        evidence=tuple(_reason(reason) for reason in hit.reasons),
    )


def _reason(reason: Any) -> Reason:
    return Reason(
        indicator=reason.indicator,
        kind=reason.kind,
        file=reason.file,
        line=reason.line,
        detail=reason.detail,
        weight=reason.weight,
    )
