"""Find what a body of evidence holds: matches, components, unknown dependencies.

Rides the `detect` queue; CPU-bound. The matching itself is the core's; here candidates are fetched and the answer is
put into the protocol's words and size.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import Engine

from centralcloud_client import detected, wire
from centralcloud_client.messages import replies
from centralcloud_client.messages.replies import QueryReply
from centralcloud_patterns.detection import Detection
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Pattern
from models import feed
from services import answers
from services.known_patterns import KnownPatterns
from services.observing import Detected
from services.secrets import is_suspicious, without_secrets

T = TypeVar("T")

DEFAULT_MIN_CONFIDENCE: Final = 0.5
#: Shares of a reply that its lists may take.
_MATCH_BYTES: Final = answers.BODY_BYTES // 2
_LIST_BYTES: Final = answers.BODY_BYTES // 10
_PATTERN_BYTES: Final = answers.BODY_BYTES // 5


def detect(
    database: Engine,
    known: KnownPatterns,
    evidence: Evidence,
    *,
    type_: str | None,
    languages: Collection[str] = (),
    min_confidence: float | None = None,
    notes: Iterable[replies.Note] = (),
    observe: Callable[[Detected], None] | None = None,
) -> QueryReply:
    """Answer for one body of evidence; `type_` None means every type (the `detect` subject).

    `observe` is handed what was detected, to be recorded once the answer is on its way.
    """
    facts = extract(evidence)
    with database.connect() as connection:
        head = feed.head(connection)
        candidates = known.candidates(connection, facts.keys)
    threshold = DEFAULT_MIN_CONFIDENCE if min_confidence is None else min_confidence
    detection = match(facts, candidates, min_confidence=threshold, languages=languages)
    if observe is not None:
        observe(Detected(evidence.codebase_id, facts, candidates, detection, languages, threshold))
    return _reply(detection, candidates, head, type_, list(notes))


def _reply(
    detection: Detection, candidates: Sequence[Pattern], head: feed.Head, type_: str | None, notes: list[replies.Note]
) -> QueryReply:
    found = [_shown(hit) for hit in detected.matches(detection) if type_ is None or hit.type == type_]
    matches = answers.fitting(found, [len(wire.encode(hit)) for hit in found], _MATCH_BYTES)
    components, unknown = detected.components(detection), detected.unknown(detection)
    notes += detected.notes(detection)
    kept_components, kept_unknown = _cut(components), _cut(unknown)
    for name, all_, kept in (
        ("matches", found, matches),
        ("components", components, kept_components),
        ("unknown", unknown, kept_unknown),
    ):
        if len(kept) < len(all_):
            notes.append(replies.Note(message=f"{name}: {len(kept)} of {len(all_)} fit into one reply"))
    return QueryReply(
        v=wire.VERSION,
        ok=True,
        status="found" if matches else "not_found",
        source="store",
        epoch=head.epoch,
        as_of=head.seq,
        patterns=_patterns_of(matches, candidates) if type_ is not None else (),
        reason=None if matches else "no_match",
        matches=tuple(matches),
        components=tuple(kept_components),
        architecture=None if type_ in {None, "microservice"} else UNSET,
        unknown=tuple(kept_unknown),
        notes=tuple(_cut(notes)),
        languages=dict(detection.languages),
    )


def _shown(hit: replies.Match) -> replies.Match:
    """Return a match whose reasons show no secret of the configuration that they stand in."""
    if not any(reason.detail and is_suspicious(reason.detail) for reason in hit.evidence):
        return hit
    reasons = (replace(it, detail=without_secrets(it.detail)) if it.detail else it for it in hit.evidence)
    return replace(hit, evidence=tuple(reasons))


def _patterns_of(matches: Sequence[replies.Match], candidates: Sequence[Pattern]) -> tuple[msgspec.Raw, ...]:
    """Return the documents of the matched patterns, most confident first."""
    by_identity = {(pattern.type.value, pattern.slug): pattern for pattern in candidates}
    slugs = dict.fromkeys((hit.type, hit.slug) for hit in sorted(matches, key=lambda hit: -hit.confidence))
    documents = [wire.encode(by_identity[identity]) for identity in slugs if identity in by_identity]
    return tuple(
        msgspec.Raw(data) for data in answers.fitting(documents, [len(data) for data in documents], _PATTERN_BYTES)
    )


def _cut(items: Sequence[T]) -> list[T]:
    return answers.fitting(items, [len(wire.encode(item)) for item in items], _LIST_BYTES)
