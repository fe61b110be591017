"""Everything that looks at evidence or searches: the `detect` queue, CPU-bound, in processes of its own.

Use cases: services.detection, codebase_path, snippets, searching.
"""

import base64
from typing import Any, Final

from celery import Task, shared_task

from centralcloud_client import headers, wire
from centralcloud_client.messages.replies import Note
from centralcloud_client.messages.requests import Detect
from centralcloud_patterns.evidence import Evidence
from services import codebase_path, detection, searching, snippets
from services.known_patterns import KnownPatterns
from services.observing import Sighting
from services.suggesting import shared_near_names
from tasks import names
from tasks.answering import answer

#: Nobody waits for longer: evidence that takes more must not hold a process for the ten minutes that others may take.
_WHILE_SOMEBODY_WAITS: Final[dict[str, Any]] = {
    "soft_time_limit": headers.MAX_DEADLINE_MS // 1000,
    "time_limit": headers.MAX_DEADLINE_MS // 1000 + 10,
}

_known = KnownPatterns()
_near = shared_near_names()


@shared_task(bind=True, name=names.DETECT, **_WHILE_SOMEBODY_WAITS)
def detect(
    self: "Task[..., Any]",
    *,
    body: str = "",
    packed: str = "",
    reply_to: str,
    deadline: float,
    type: str | None = None,  # noqa: A002  the gateway's word for it
    min_confidence: float | None = None,
    instance: str = "",
) -> None:
    """Answer for the evidence in a request's body, and record what was seen where it says of which codebase it is.

    `packed` is the body in gzip and base64, for one that came packed; what else is asked stands in the body.
    """
    seen = Sighting(instance)

    def work(owned: Any) -> Any:
        request = wire.decode_again(_unpacked(packed) if packed else body.encode(), Detect)
        if request.evidence is None:
            raise wire.WireError("bad_schema", "evidence is missing", "$.evidence")
        evidence = Evidence(files=request.evidence.files, codebase_id=request.evidence.codebase_id)
        return detection.detect(
            owned.database,
            _known,
            evidence,
            type_=type,
            languages=request.languages,
            min_confidence=request.min_confidence,
            observe=seen.take,
            notes=_notes(owned, seen) if evidence.codebase_id else (),
        )

    answer(self, reply_to, work, afterwards=lambda owned: _record(owned, seen))


def _unpacked(packed: str) -> bytes:
    return wire.unpack(base64.b64decode(packed), "gzip")


@shared_task(bind=True, name=names.DETECT_PATH, **_WHILE_SOMEBODY_WAITS)
def detect_path(
    self: "Task[..., Any]",
    *,
    path: str,
    reply_to: str,
    deadline: float,
    type: str | None = None,  # noqa: A002
    languages: list[str] | None = None,
    min_confidence: float | None = None,
    instance: str = "",
) -> None:
    """Answer for a directory the server may read, and record what was seen."""
    seen = Sighting(instance)

    def work(owned: Any) -> Any:
        collected = codebase_path.collect_below(path, owned.codebase_roots)
        evidence = Evidence(files=collected.evidence.files, codebase_id=collected.evidence.codebase_id)
        return detection.detect(
            owned.database,
            _known,
            evidence,
            type_=type,
            languages=languages or (),
            min_confidence=min_confidence,
            observe=seen.take,
            notes=[
                *(Note(message=f"left out, {why}: {files} files") for why, files in collected.left_out.items()),
                *_notes(owned, seen),
            ],
        )

    answer(self, reply_to, work, afterwards=lambda owned: _record(owned, seen))


@shared_task(bind=True, name=names.MATCH_CODE, **_WHILE_SOMEBODY_WAITS)
def match_code(
    self: "Task[..., Any]",
    *,
    code: str,
    reply_to: str,
    deadline: float,
    type: str = "code",  # noqa: A002
    language: str | None = None,
    min_confidence: float | None = None,
) -> None:
    """Answer which known patterns are in a snippet."""
    answer(
        self,
        reply_to,
        lambda owned: snippets.match_code(
            owned.database, _known, code, type_=type, language=language, min_confidence=min_confidence
        ),
    )


@shared_task(bind=True, name=names.SEARCH, **_WHILE_SOMEBODY_WAITS)
def search(
    self: "Task[..., Any]",
    *,
    type: str,  # noqa: A002
    search: str,
    reply_to: str,
    deadline: float,
    category: str | None = None,
    language: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
    min_confidence: float | None = None,
) -> None:
    """Answer a search by words."""
    answer(
        self,
        reply_to,
        lambda owned: searching.search(
            owned.database,
            _near,
            type_=type,
            words=search,
            category=category,
            language=language,
            limit=limit,
            cursor=cursor,
            min_confidence=min_confidence,
        ),
    )


def _notes(owned: Any, seen: Sighting) -> list[Note]:
    return seen.notes(owned.database, owned.clock(), owned.mining.of_instance_per_day)


def _record(owned: Any, seen: Sighting) -> None:
    seen.record(owned.database, owned.clock(), owned.mining.of_instance_per_day)
