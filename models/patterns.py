"""Patterns and the two indexes on them: by name and by indicator key.

The document is JSON text ready to send, re-encoded by us; the other columns exist to find and order patterns.
"""

import datetime
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Computed,
    Connection,
    Double,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    func,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from centralcloud_patterns.short_indicators import KNOWN_ECOSYSTEMS
from models.base import INLINE, Base, Rows, Written
from models.feed import FeedRow
from models.recordset import as_rows


class PatternRow(Base):
    """One pattern, alive or retired."""

    __tablename__ = "patterns"
    __table_args__ = (
        UniqueConstraint("type", "slug"),
        Index("ix_patterns_search", "search", postgresql_using="gin"),
        Index("ix_patterns_merged_into", "type", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        # Who was merged into a pattern; of tombstones only, so that no other change touches it.
        Index("ix_patterns_type_merged_into", "type", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        {
            "comment": "every pattern's latest revision",
            # Room for the next revision beside the last one: then no index is touched by a change.
            "postgresql_with": {"toast_tuple_target": INLINE, "fillfactor": 70},
        },
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="internal; never leaves the database")
    type: Mapped[str] = mapped_column(comment="framework, technology, microservice or code")
    slug: Mapped[str] = mapped_column(comment="identity within the type")
    name: Mapped[str] = mapped_column(comment="display name")
    state: Mapped[str] = mapped_column(comment="candidate, active or deprecated")
    confidence: Mapped[float] = mapped_column(Double, comment="P(the pattern is real and right), 0..1")
    category: Mapped[str | None] = mapped_column(comment="family within the type")
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="languages it belongs to")
    revision: Mapped[int] = mapped_column(comment="rises by one with each change")
    seq: Mapped[int] = mapped_column(comment="the feed's number of the last change")
    retired: Mapped[bool] = mapped_column(server_default="false", comment="no longer answered")
    merged_into: Mapped[str | None] = mapped_column(comment="slug of the pattern that took its place")
    source: Mapped[str] = mapped_column(comment="where it first came from: catalogue, learn, operator")
    document: Mapped[str] = mapped_column(comment="the pattern as JSON text, ready to send")
    words: Mapped[str] = mapped_column(comment="text that search looks through")
    search: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('english', words)", persisted=True), comment="index of words"
    )
    created_at: Mapped[Written]
    updated_at: Mapped[datetime.datetime] = mapped_column(server_default=func.now(), comment="time of the last change")


class PatternNameRow(Base):
    """One name a pattern answers to."""

    __tablename__ = "pattern_names"
    __table_args__ = (Index("ix_pattern_names_pattern_id", "pattern_id"), {"comment": "names, in normalised form"})

    type: Mapped[str] = mapped_column(primary_key=True, comment="pattern type")
    key: Mapped[str] = mapped_column(primary_key=True, comment="normalised slug, name or alias")
    pattern_id: Mapped[int] = mapped_column(
        ForeignKey("patterns.id", ondelete="CASCADE"), primary_key=True, comment="whose it is"
    )
    rank: Mapped[int] = mapped_column(comment="0 slug, 1 name, 2 alias: lower answers first")


class PatternKeyRow(Base):
    """One key of the inverted index: evidence that yields it makes the pattern a candidate."""

    __tablename__ = "pattern_keys"
    __table_args__ = (Index("ix_pattern_keys_pattern_id", "pattern_id"), {"comment": "inverted index of indicators"})

    key: Mapped[str] = mapped_column(primary_key=True, comment="indicator key")
    learned: Mapped[bool] = mapped_column(
        primary_key=True, server_default="true", comment="no catalogue and no operator vouches for the pattern"
    )
    pattern_id: Mapped[int] = mapped_column(
        ForeignKey("patterns.id", ondelete="CASCADE"), primary_key=True, comment="whose it is"
    )


class PatternSupportRow(Base):
    """One instance's word on one pattern from one codebase; repetition adds nothing."""

    __tablename__ = "pattern_support"
    __table_args__ = (
        # Whether a codebase, or a word against the pattern, is news is seen without counting all who speak.
        Index("ix_pattern_support_pattern_id_codebase_id", "pattern_id", "codebase_id"),
        Index("ix_pattern_support_rejected", "pattern_id", postgresql_where=text("rejected > 0")),
        {"comment": "who speaks for and against a pattern, from which codebases"},
    )

    pattern_id: Mapped[int] = mapped_column(
        ForeignKey("patterns.id", ondelete="CASCADE"), primary_key=True, comment="whose it is"
    )
    instance_id: Mapped[str] = mapped_column(primary_key=True, comment="empty: anonymous, counted as one instance")
    codebase_id: Mapped[str] = mapped_column(primary_key=True, comment="empty: not told")
    confirmed: Mapped[int] = mapped_column(comment="1 when taught or confirmed")
    rejected: Mapped[int] = mapped_column(comment="1 when rejected by feedback")


#: One round trip and one snapshot: what the feed's head includes is in the patterns beside it. Prepared once a session,
#: because planning it takes longer than running it.
_PREPARE_BY_NAMES = """
PREPARE patterns_by_names(text[], text[]) AS
SELECT head.epoch, head.seq, found.type, found.key, found.slug, found.document
FROM feed_head AS head LEFT JOIN (
  SELECT name.type, name.key, pattern.slug, pattern.document, name.rank, pattern.confidence
  FROM unnest($1, $2) AS asked(type, key)
  JOIN pattern_names AS name ON name.type = asked.type AND name.key = asked.key
  JOIN patterns AS pattern ON pattern.id = name.pattern_id AND NOT pattern.retired
) AS found ON true
ORDER BY found.rank, found.confidence DESC, found.slug
"""
_FORWARDS = text("""
SELECT name.type, name.key, found.merged_into
FROM json_to_recordset(CAST(:rows AS json)) AS asked(type text, key text)
JOIN pattern_names AS name ON name.type = asked.type AND name.key = asked.key
JOIN patterns AS found ON found.id = name.pattern_id AND found.retired AND found.merged_into IS NOT NULL
""")
_BY_NAMES = text("EXECUTE patterns_by_names(:types, :keys)")
_PREPARED = "patterns_by_names is prepared"


def by_names(connection: Connection, names: Collection[tuple[str, str]]) -> Rows:
    """Find live patterns by (type, key), best first: columns epoch, seq, type, key, slug, document.

    There is at least one row, which tells the feed's head; its other columns are null when nothing was found.
    """
    if _PREPARED not in connection.info:
        connection.exec_driver_sql(_PREPARE_BY_NAMES)
        connection.info[_PREPARED] = True
    pairs = list(names)
    asked = {"types": [type_ for type_, _key in pairs], "keys": [key for _type, key in pairs]}
    return connection.execute(_BY_NAMES, asked).all()


def forwards(connection: Connection, names: Collection[tuple[str, str]]) -> Rows:
    """Find retired patterns that were merged, by (type, key): columns type, key, merged_into."""
    return connection.execute(_FORWARDS, as_rows([{"type": type_, "key": key} for type_, key in names])).all()


def names_changed_after(connection: Connection, seq: int, limit: int) -> Rows:
    """Read the names of patterns changed above `seq`: columns seq, type, slug, name, key, retired, ordered by seq."""
    # By way of the feed, which is indexed by seq: an index on patterns would be touched by every change.
    still = and_(PatternRow.type == FeedRow.type, PatternRow.slug == FeedRow.slug, PatternRow.seq == FeedRow.seq)
    of_patterns = select(PatternRow).select_from(FeedRow).join(PatternRow, still)
    changed = of_patterns.where(FeedRow.seq > seq).order_by(FeedRow.seq).limit(limit).subquery()
    return connection.execute(
        select(changed.c.seq, changed.c.type, changed.c.slug, changed.c.name, PatternNameRow.key, changed.c.retired)
        .join(PatternNameRow, PatternNameRow.pattern_id == changed.c.id, isouter=True)
        .order_by(changed.c.seq)
    ).all()


def owners_of_package(connection: Connection, name: str) -> set[str]:
    """Find the slugs of live patterns that are known by a package of exactly this name, in any ecosystem."""
    keys = [f"dep:{ecosystem}:{name}" for ecosystem in sorted(KNOWN_ECOSYSTEMS)]
    query = (
        select(PatternRow.slug)
        .join(PatternKeyRow, PatternKeyRow.pattern_id == PatternRow.id)
        .where(PatternKeyRow.key == func.any(_text_array(keys)), PatternRow.retired.is_(False))
    )
    return set(connection.execute(query).scalars())


def ids_by_key_beginning(connection: Connection, beginning: str, limit: int) -> list[int]:
    """Find live patterns with an indicator key that begins so; reads all keys."""
    query = select(PatternKeyRow.pattern_id).join(PatternRow, PatternRow.id == PatternKeyRow.pattern_id)
    query = query.where(func.starts_with(PatternKeyRow.key, beginning), PatternRow.retired.is_(False))
    return list(connection.execute(query.distinct().order_by(PatternKeyRow.pattern_id).limit(limit)).scalars())


def documents(connection: Connection, ids: Collection[int]) -> Rows:
    """Read documents by internal id: columns id, revision, document."""
    return connection.execute(
        select(PatternRow.id, PatternRow.revision, PatternRow.document).where(PatternRow.id.in_(ids))
    ).all()


def by_slugs(connection: Connection, slugs: Collection[tuple[str, str]], *, lock: bool = False) -> Rows:
    """Read patterns by (type, slug), retired ones too; `lock` takes their row locks in one order."""
    query = (
        select(
            PatternRow.id,
            PatternRow.type,
            PatternRow.slug,
            PatternRow.document,
            PatternRow.source,
            PatternRow.retired,
            PatternRow.merged_into,
            PatternRow.revision,
        )
        .where(tuple_(PatternRow.type, PatternRow.slug).in_(slugs))
        .order_by(PatternRow.id)
    )
    return connection.execute(query.with_for_update() if lock else query).all()


def find(
    connection: Connection,
    *,
    type_: str,
    words: str,
    category: str | None,
    language: str | None,
    min_confidence: float,
    offset: int,
    limit: int,
) -> Rows:
    """Search live patterns of a type by words, best first: columns slug, document."""
    query = func.websearch_to_tsquery("english", words)
    conditions = [
        PatternRow.type == type_,
        PatternRow.retired.is_(False),
        PatternRow.confidence >= min_confidence,
        PatternRow.search.op("@@")(query),
    ]
    if category is not None:
        conditions.append(func.lower(PatternRow.category) == category.lower())
    if language is not None:
        conditions.append(literal(language.lower()) == func.any(PatternRow.languages))
    return connection.execute(
        select(PatternRow.slug, PatternRow.document)
        .where(*conditions)
        .order_by(
            (func.ts_rank_cd(PatternRow.search, query) * PatternRow.confidence).desc(), PatternRow.type, PatternRow.slug
        )
        .offset(offset)
        .limit(limit)
    ).all()


def all_documents(connection: Connection) -> Iterator[str]:
    """Read every live pattern's document, a few at a time, by type and slug."""
    query = select(PatternRow.document).where(PatternRow.retired.is_(False)).order_by(PatternRow.type, PatternRow.slug)
    yield from connection.execution_options(yield_per=500).execute(query).scalars()


def documents_after(connection: Connection, identity: int, limit: int) -> Rows:
    """Read live patterns by internal id, from behind one on, locked: columns id, document."""
    query = select(PatternRow.id, PatternRow.document).where(PatternRow.id > identity, PatternRow.retired.is_(False))
    return connection.execute(query.order_by(PatternRow.id).limit(limit).with_for_update()).all()


def curated_categories(connection: Connection, type_: str) -> list[str]:
    """List the families of a type that the catalogue knows."""
    known = select(PatternRow.category).where(PatternRow.type == type_, PatternRow.source == "catalogue")
    return [name for name in connection.execute(known.distinct().order_by(PatternRow.category)).scalars() if name]


def counts(connection: Connection) -> Rows:
    """Count live patterns: columns type, state, count."""
    return connection.execute(
        select(PatternRow.type, PatternRow.state, func.count().label("patterns"))
        .where(PatternRow.retired.is_(False))
        .group_by(PatternRow.type, PatternRow.state)
        .order_by(PatternRow.type, PatternRow.state)
    ).all()


def _text_array(values: Collection[str]) -> ColumnElement[list[str]]:
    return literal(list(values), ARRAY(Text))
