"""Whether a candidate needs enrichment, and whether what was taught of it is more than was asked about before. Pure."""

import hashlib
from typing import Any, Final

import msgspec

from centralcloud_patterns.merging import DERIVED, LEARN
from centralcloud_patterns.pattern import Pattern
from services.grounding.taught import said

_WORDS: Final = ("category", "description", "homepage")
_TAUGHT: Final = ("aliases", "languages", "indicators", "examples", "practices", "pitfalls", "notes")
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def wanted(pattern: Pattern) -> str | None:
    """Return the digest of what was taught when the pattern is thin or holds unread notes, else None.

    The same digest means: asked before, nothing new. What models said does not count, nor does mere support. What facts
    alone made while no model could be asked is wanted once.
    """
    if not (is_taught(pattern) or is_of_facts(pattern)) or not (is_thin(pattern) or pattern.notes):
        return None
    speakers = {entry.field: entry.source for entry in pattern.provenance if entry.field in _WORDS}
    words: list[Any] = [getattr(pattern, word) if speakers.get(word) == LEARN else None for word in _WORDS]
    taught = [said(pattern, field) for field in _TAUGHT]
    return hashlib.sha256(_encode([pattern.name, words, taught])).hexdigest()


def is_taught(pattern: Pattern) -> bool:
    """Tell whether an instance vouches for the pattern."""
    return any(entry.field is None and entry.source == LEARN for entry in pattern.provenance)


def is_of_facts(pattern: Pattern) -> bool:
    """Tell whether nobody described the pattern: facts were put together, for want of a model."""
    return any(entry.field == "description" and entry.source == DERIVED for entry in pattern.provenance)


def is_thin(pattern: Pattern) -> bool:
    """Tell whether an entry lacks what everybody looks for first."""
    recognised = any(indicator.polarity == "for" for indicator in pattern.indicators)
    return not (pattern.description and pattern.category and recognised)


def taught_by(pattern: Pattern) -> str:
    """Return the instance on whose account the question is: the first that vouches; '' for nobody in particular."""
    voices = (entry for entry in pattern.provenance if entry.field is None and entry.source == LEARN)
    return next((entry.instance_id or "" for entry in voices), "")
