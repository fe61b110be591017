"""Detection without the centre: the core's engine over the patterns in the cache.

The only module of the client that touches the core, and only when called; needs the extra `offline`.
"""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, Final

import msgspec

from centralcloud_client import detected
from centralcloud_client.errors import CentralCloudError
from centralcloud_client.messages.requests import Evidence
from centralcloud_client.results import QueryResult

_MIN_CONFIDENCE: Final = 0.5


class NotInstalledError(CentralCloudError):
    """The core is not installed."""


class Offline:
    """Matches evidence against cached patterns; keeps their index while they stay the same."""

    def __init__(self, bodies: Callable[[], Iterable[bytes]]) -> None:
        self._bodies = bodies
        self._version: object = None
        self._index: Any = None

    def detect(self, evidence: Evidence, min_confidence: float | None, *, version: object) -> QueryResult:
        """Match; `version` says which state of the cache this is. Raises NotInstalledError."""
        core = _core()
        if self._index is None or version != self._version:
            self._index = core.Index(_readable(core, self._bodies()))
            self._version = version
        facts = core.extract(core.Evidence(files=dict(evidence.files), codebase_id=evidence.codebase_id))
        least = _MIN_CONFIDENCE if min_confidence is None else min_confidence
        return _result(core.match(facts, self._index.candidates(facts.keys), min_confidence=least))


def _core() -> SimpleNamespace:
    try:
        from centralcloud_patterns.evidence import Evidence as CoreEvidence
        from centralcloud_patterns.facts import extract
        from centralcloud_patterns.keying import Index
        from centralcloud_patterns.matching import match
        from centralcloud_patterns.pattern import Pattern
    except ModuleNotFoundError as error:
        raise NotInstalledError(
            "to detect without the centre, install centralcloud-client[offline]"
            + ("" if (error.name or "").startswith("centralcloud_patterns") else f" ({error.name} is missing)")
        ) from error
    return SimpleNamespace(Evidence=CoreEvidence, Index=Index, Pattern=Pattern, extract=extract, match=match)


def _readable(core: SimpleNamespace, bodies: Iterable[bytes]) -> list[Any]:
    """Return the patterns that this version of the core can read; newer kinds of indicators leave theirs out."""
    decoder = msgspec.json.Decoder(core.Pattern)
    patterns = []
    for body in bodies:
        try:
            patterns.append(decoder.decode(body))
        except msgspec.DecodeError:
            continue
    return patterns


def _result(detection: Any) -> QueryResult:
    found = tuple(detected.matches(detection))
    return QueryResult(
        status="found" if found else "not_found",
        source="local",
        epoch=None,
        as_of=0,
        reason=None if found else "no_match",
        matches=found,
        components=tuple(detected.components(detection)),
        unknown=tuple(detected.unknown(detection)),
        notes=tuple(detected.notes(detection)),
        languages=dict(detection.languages),
    )
