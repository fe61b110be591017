"""What instances ask: queries, detection, learn.status, sync and templates.

Unknown fields are ignored; every field but the way of asking has a default.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from centralcloud_client.messages.pattern import Line, Probability, Text, Word

#: Learns that one question may name.
MAX_LEARN_IDS: Final = 256
#: A body of evidence holds no more files than this; the collector stops there, the server refuses more.
MAX_FILES = 100_000
FilePath = Annotated[str, Meta(min_length=1, max_length=4_096)]
Words = Annotated[str, Meta(min_length=1, max_length=2_000)]


class Evidence(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an instance shows of a codebase: path → text, or null where only the name is told."""

    files: Annotated[dict[FilePath, str | None], Meta(max_length=MAX_FILES)]
    codebase_id: Word | None = None


class Query(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One question; exactly one way of asking is set: a name, a path, evidence, code or search.

    `framework`, `technology` and `pattern` are other spellings of `name`. Times in milliseconds.
    """

    name: Word | None = None
    framework: Word | None = None
    technology: Word | None = None
    microservice: Word | None = None
    pattern: Word | None = None
    path: FilePath | None = None
    evidence: Evidence | None = None
    code: Text | None = None
    search: Words | None = None

    languages: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    language: Word | None = None
    category: Word | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 20
    cursor: Line | None = None
    wait_ms: Annotated[int, Meta(ge=0, le=60_000)] = 10_000
    min_confidence: Probability | None = None
    version: Word | None = None

    @property
    def asked_name(self) -> str | None:
        """The name asked for, by whichever field."""
        return self.name or self.framework or self.technology or self.microservice or self.pattern


class Detect(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Ask for everything about one body of evidence."""

    evidence: Evidence | None = None
    path: FilePath | None = None
    languages: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
    min_confidence: Probability | None = None


class LearnStatus(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Ask what became of one learn, or of many."""

    learn_id: Word | None = None
    learn_ids: Annotated[tuple[Word, ...], Meta(max_length=MAX_LEARN_IDS)] = ()


class SyncRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Ask for the changes after a sequence number; 0 asks for everything alive."""

    since: Annotated[int, Meta(ge=0, le=2**62)] = 0
    epoch: Word | None = None
    types: Annotated[tuple[Word, ...], Meta(max_length=16)] = ()
    limit: Annotated[int, Meta(ge=1, le=5_000)] = 500


class TemplatesGet(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Ask for one template, the newest version unless told."""

    name: Word
    version: Annotated[int, Meta(ge=1)] | None = None


class TemplatesSearch(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Find templates by words, kind or language."""

    search: Line | None = None
    kind: Word | None = None
    language: Word | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 20
    cursor: Line | None = None


class TemplatesStore(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Store a new version of a template; operators only."""

    name: Word
    kind: Word
    body: Text
    description: Line | None = None
    language: Word | None = None
    variables: Annotated[tuple[Word, ...], Meta(max_length=100)] = ()
