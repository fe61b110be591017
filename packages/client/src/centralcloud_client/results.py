"""What calls of the client return: frozen values, the same whether the centre or the cache answered."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from msgspec import UNSET, UnsetType, to_builtins

from centralcloud_client.messages.pattern import Pattern
from centralcloud_client.messages.replies import Component, Match, Note, QueryReply, Unknown

#: Left out of an answer in the protocol's words.
_ABSENT: Final[tuple[Any, ...]] = (None, (), [], {})
Source = Literal["cache", "store", "discovery", "local"]


@dataclass(frozen=True, kw_only=True, slots=True)
class QueryResult:
    """The answer to a query or a detection.

    `source` is `local` when the client's own cache answered; `stale` then says that the centre could not be asked, and
    `age_seconds` how long ago the cache was last known to be complete.
    """

    status: Literal["found", "pending", "not_found"]
    source: Source
    epoch: str | None
    #: The feed sequence that the answer is sure to include.
    as_of: int
    patterns: tuple[Pattern, ...] = ()
    stale: bool = False
    age_seconds: float = 0.0
    reason: str | None = None
    suggestions: tuple[str, ...] = ()
    discovery_id: str | None = None
    retry_after_ms: int | None = None
    matches: tuple[Match, ...] = ()
    components: tuple[Component, ...] = ()
    architecture: dict[str, Any] | None = None
    unknown: tuple[Unknown, ...] = ()
    notes: tuple[Note, ...] = ()
    languages: dict[str, float] = field(default_factory=dict)
    #: Pass it as `cursor` to go on; None: that was all.
    next: str | None = None
    #: The centre's reply as decoded JSON; None when the cache answered.
    reply: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def found(self) -> bool:
        """Whether there is an answer."""
        return self.status == "found"

    @property
    def best(self) -> Pattern | None:
        """The best answer, if any."""
        return self.patterns[0] if self.patterns else None

    @property
    def raw(self) -> dict[str, Any]:
        """The answer in the protocol's words, whoever gave it; the cache's adds `stale` and `age_seconds`."""
        if self.reply is not None:
            return self.reply
        said: dict[str, Any] = to_builtins(self)
        return {"v": 1, "ok": True} | {key: value for key, value in said.items() if value not in _ABSENT}


def from_reply(reply: QueryReply, said: dict[str, Any]) -> QueryResult:
    """Turn the centre's reply into a result."""
    return QueryResult(
        status=reply.status,
        source=reply.source,
        epoch=reply.epoch,
        as_of=reply.as_of,
        patterns=tuple(pattern for pattern in reply.patterns if isinstance(pattern, Pattern)),
        reason=reply.reason,
        suggestions=_told(reply.suggestions),
        discovery_id=reply.discovery_id,
        retry_after_ms=reply.retry_after_ms,
        matches=_told(reply.matches),
        components=_told(reply.components),
        architecture=None if isinstance(reply.architecture, UnsetType) else reply.architecture,
        unknown=_told(reply.unknown),
        notes=_told(reply.notes),
        languages={} if isinstance(reply.languages, UnsetType) else reply.languages,
        next=reply.next,
        reply=said,
    )


def _told(value: tuple[Any, ...] | UnsetType) -> tuple[Any, ...]:
    return () if value is UNSET else value


@dataclass(frozen=True, kw_only=True, slots=True)
class LearnOutcome:
    """What became of a learn or feedback.

    `spooled`: still on this machine's disk; `kept_aside`: NATS will never take it, `message` says why; the other states
    are the centre's.
    """

    learn_id: str
    state: Literal["spooled", "kept_aside", "unknown", "accepted", "applied", "rejected"]
    code: str | None = None
    message: str | None = None
    type: str | None = None
    slug: str | None = None
    seq: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """One change of the feed, as handed to `on_change`; `pattern` is None when it was retired."""

    seq: int
    epoch: str
    op: str
    type: str
    slug: str
    pattern: Pattern | None = None
    merged_into: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientStatus:
    """How the client stands; ages in seconds, None before the first contact."""

    connected: bool
    server: str
    #: The cache is complete up to the last word of a connected centre, heard within 25 seconds.
    live: bool
    epoch: str | None
    last_seq: int
    #: The head of the feed as last told.
    head: int
    #: Changes known to exist and not yet here.
    lag: int
    #: Since the cache was last known to be complete.
    age_seconds: float | None
    patterns: int
    #: Learns and feedback that wait on disk.
    spooled: int
    #: Those that NATS will never take.
    kept_aside: int
    #: Changes of kinds that this version does not know.
    ignored_changes: int
    last_error: str | None
