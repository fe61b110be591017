"""What the centre answers. Every reply says `v`, `ok`, and either its content or one error.

The fields `v` and `ok` have no defaults because they must always be on the wire.
"""

from typing import Any, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from centralcloud_client.messages.pattern import Pattern

Status = Literal["found", "pending", "not_found"]
Source = Literal["cache", "store", "discovery"]
LearnState = Literal["unknown", "accepted", "applied", "rejected"]
ErrorCode = Literal[
    "bad_encoding",
    "bad_json",
    "too_large",
    "too_complex",
    "bad_schema",
    "bad_number",
    "bad_text",
    "bad_regex",
    "unknown_type",
    "forbidden_path",
    "conflict",
    "quota_exceeded",
    "revoked",
    "backpressure",
    "unavailable",
    "deadline_exceeded",
    "resync_required",
    "dead_letter",
]


class Error(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What went wrong, where in the request, and whether the same request may succeed later."""

    code: ErrorCode
    message: str
    retryable: bool
    path: str | UnsetType = UNSET


class ErrorReply(Struct, frozen=True, kw_only=True):
    """A refusal or a failure."""

    v: int
    ok: Literal[False]
    error: Error


class Reason(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where one indicator fired: the file, the line where there is one, and what stood there."""

    indicator: str
    kind: str
    file: str | None = None
    line: int | None = None
    detail: str | None = None
    weight: float | None = None


class Match(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A pattern found in evidence, at one path of the codebase ('' is its root)."""

    type: str
    slug: str
    name: str
    path: str
    confidence: float
    level: str
    revision: int
    evidence: tuple[Reason, ...]
    category: str | None = None
    version: str | None = None
    version_source: str | None = None
    superseded_by: str | None = None


class Component(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One deployable or package of the codebase, with the slugs found in it."""

    path: str
    name: str
    languages: tuple[str, ...]
    matches: tuple[str, ...]


class Unknown(Struct, frozen=True, kw_only=True):
    """A dependency that no pattern claims, and where it was seen."""

    purl: str
    files: tuple[str, ...]


class Note(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What could not be read, and why."""

    message: str
    file: str | None = None


class QueryReply(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The answer to a query or to `detect`; the evidence fields come with evidence and path queries only."""

    v: int
    ok: Literal[True]
    status: Status
    source: Source
    epoch: str
    as_of: int
    patterns: tuple[Pattern | Raw, ...]
    discovery_id: str | None = None
    retry_after_ms: int | None = None
    reason: str | None = None
    suggestions: tuple[str, ...] | UnsetType = UNSET
    matches: tuple[Match, ...] | UnsetType = UNSET
    components: tuple[Component, ...] | UnsetType = UNSET
    architecture: dict[str, Any] | UnsetType | None = UNSET
    unknown: tuple[Unknown, ...] | UnsetType = UNSET
    notes: tuple[Note, ...] | UnsetType = UNSET
    languages: dict[str, float] | UnsetType = UNSET
    next: str | None = None


class LearnStatusReply(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What became of one learn; also published to the subject of `CC-Result`."""

    v: int
    ok: Literal[True]
    learn_id: str
    state: LearnState
    code: str | None = None
    message: str | None = None
    type: str | None = None
    slug: str | None = None
    seq: int | None = None


class LearnDecision(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What became of one of many learns, in the words of `LearnStatusReply`."""

    learn_id: str
    state: LearnState
    code: str | None = None
    message: str | None = None
    type: str | None = None
    slug: str | None = None
    seq: int | None = None


class LearnStatusesReply(Struct, frozen=True, kw_only=True):
    """What became of the learns asked for, in that order; those that one reply has no room for are asked for again."""

    v: int
    ok: Literal[True]
    outcomes: tuple[LearnDecision, ...]


class PubAck(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What NATS answers to a learn sent as a request."""

    stream: str
    seq: int
    duplicate: bool = False
