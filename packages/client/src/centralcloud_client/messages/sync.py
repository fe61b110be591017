"""The feed as instances see it: broadcast changes, the heartbeat, and pages of `sync.request`; and templates."""

from typing import Literal

from msgspec import Raw, Struct

from centralcloud_client.messages.pattern import Pattern, PatternType


class Template(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One version of a prompt or code template."""

    name: str
    kind: str
    version: int
    body: str
    description: str | None = None
    language: str | None = None
    variables: tuple[str, ...] = ()
    at: str | None = None
    seq: int | None = None


class Retired(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is left of a retired pattern: its identity, and the pattern that took its place."""

    type: PatternType
    slug: str
    merged_into: str | None = None


class PatternUpserted(Struct, frozen=True, kw_only=True):
    """A pattern was made or changed; `seq` is the feed's global gapless number."""

    v: int
    kind: Literal["pattern"]
    epoch: str
    seq: int
    op: Literal["upsert"]
    at: str
    hash: str
    pattern: Pattern


class PatternRetired(Struct, frozen=True, kw_only=True):
    """A pattern was retired or merged."""

    v: int
    kind: Literal["pattern"]
    epoch: str
    seq: int
    op: Literal["retire"]
    at: str
    hash: str
    pattern: Retired


class TemplateUpserted(Struct, frozen=True, kw_only=True):
    """A template got a new version."""

    v: int
    kind: Literal["template"]
    epoch: str
    seq: int
    op: Literal["upsert"]
    at: str
    hash: str
    template: Template


class Change(Struct, frozen=True, kw_only=True):
    """The envelope of any change, its content left as bytes; what the client applies in order."""

    v: int
    kind: str
    epoch: str
    seq: int
    op: str
    at: str
    hash: str
    pattern: Raw = Raw()
    template: Raw = Raw()


class Heartbeat(Struct, frozen=True, kw_only=True):
    """The head of the feed, every ten seconds."""

    v: int
    epoch: str
    head: int
    at: str


class SyncReply(Struct, frozen=True, kw_only=True):
    """One page of changes; go on from `next` until `complete`."""

    v: int
    ok: Literal[True]
    epoch: str
    changes: tuple[Raw, ...]
    next: int
    head: int
    complete: bool


class TemplatesReply(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Templates found; `not_found` is an answer, not an error."""

    v: int
    ok: Literal[True]
    status: Literal["found", "not_found", "stored"]
    epoch: str
    as_of: int
    templates: tuple[Template, ...]
    suggestions: tuple[str, ...] = ()
    next: str | None = None
