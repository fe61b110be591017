"""What mining proposes: unknown packages worth finding out, and indicators that nobody told.

Each run replaces all of it; only when a package was told to discovery is remembered.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Double, delete, func, insert, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from models.base import Base, Rows
from models.recordset import as_rows


class UnknownPackageRow(Base):
    """A package that codebases use and that no pattern claims."""

    __tablename__ = "unknown_packages"
    __table_args__ = ({"comment": "packages that codebases use and nobody knows, ranked"},)

    purl: Mapped[str] = mapped_column(primary_key=True, comment="without version")
    codebases: Mapped[int] = mapped_column(comment="distinct ones that use it")
    instances: Mapped[int] = mapped_column(comment="independent ones that saw it")
    rank: Mapped[float] = mapped_column(Double, comment="what it is ordered by")
    beside: Mapped[Any] = mapped_column(JSONB, comment="patterns it comes with: type, slug, share, lift")
    told_at: Mapped[datetime.datetime | None] = mapped_column(comment="when discovery was told of it")


class IndicatorProposalRow(Base):
    """A fact that holds where a pattern is, and hardly elsewhere."""

    __tablename__ = "indicator_proposals"
    __table_args__ = ({"comment": "facts that would tell a pattern, as measured"},)

    type: Mapped[str] = mapped_column(primary_key=True, comment="pattern type")
    slug: Mapped[str] = mapped_column(primary_key=True, comment="pattern")
    fact: Mapped[str] = mapped_column(primary_key=True, comment="key that evidence yields")
    codebases: Mapped[int] = mapped_column(comment="that have both")
    instances: Mapped[int] = mapped_column(comment="independent ones that saw both")
    precision: Mapped[float] = mapped_column(Double, comment="share of those with the fact that have the pattern")
    recall: Mapped[float] = mapped_column(Double, comment="share of those with the pattern that have the fact")


class TrendRow(Base):
    """How a pattern's share differs between what was seen lately and before."""

    __tablename__ = "trends"
    __table_args__ = ({"comment": "rising and fading patterns"},)

    type: Mapped[str] = mapped_column(primary_key=True, comment="pattern type")
    slug: Mapped[str] = mapped_column(primary_key=True, comment="pattern")
    direction: Mapped[str] = mapped_column(comment="rising or fading")
    lately: Mapped[float] = mapped_column(Double, comment="its share of codebases seen lately")
    before: Mapped[float] = mapped_column(Double, comment="its share of codebases seen before")
    score: Mapped[float] = mapped_column(Double, comment="standard deviations between both")


_PUT_PACKAGES: Final = text("""
INSERT INTO unknown_packages (purl, codebases, instances, rank, beside)
SELECT purl, codebases, instances, rank, beside FROM json_to_recordset(CAST(:rows AS json)) AS new(
  purl text, codebases bigint, instances bigint, rank double precision, beside jsonb)
ON CONFLICT (purl) DO UPDATE SET codebases = excluded.codebases, instances = excluded.instances,
  rank = excluded.rank, beside = excluded.beside
WHERE (unknown_packages.codebases, unknown_packages.instances, unknown_packages.rank, unknown_packages.beside)
  IS DISTINCT FROM (excluded.codebases, excluded.instances, excluded.rank, excluded.beside)
""")

_CLAIMED: Final = text("""
SELECT DISTINCT key FROM pattern_keys JOIN patterns ON patterns.id = pattern_id AND NOT retired
WHERE key = ANY(CAST(:keys AS text[]))
""")


def claimed(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those of the keys that some live pattern is known by."""
    return set(connection.execute(_CLAIMED, {"keys": sorted(keys)}).scalars())


def replace_packages(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Make these (purl, codebases, instances, rank, beside) the unknown packages; return how many rows changed."""
    kept = literal([row["purl"] for row in rows], ARRAY(Text))
    gone = connection.execute(delete(UnknownPackageRow).where(~(UnknownPackageRow.purl == func.any(kept)))).rowcount
    return gone + (connection.execute(_PUT_PACKAGES, as_rows(rows)).rowcount if rows else 0)


def untold_packages(connection: Connection, *, instances: int, before: datetime.datetime, limit: int) -> Rows:
    """List packages that discovery was not told of since, the best ranked first: purl, codebases, instances."""
    query = select(UnknownPackageRow.purl, UnknownPackageRow.codebases, UnknownPackageRow.instances).where(
        UnknownPackageRow.instances >= instances,
        func.coalesce(UnknownPackageRow.told_at, text("'-infinity'::timestamptz")) < before,
    )
    return connection.execute(query.order_by(UnknownPackageRow.rank.desc(), UnknownPackageRow.purl).limit(limit)).all()


def mark_told(connection: Connection, purls: Collection[str], at: datetime.datetime) -> None:
    """Note that discovery was told of packages."""
    connection.execute(
        UnknownPackageRow.__table__.update()  # type: ignore[attr-defined]  # a Table, typed as FromClause
        .where(UnknownPackageRow.purl == func.any(literal(list(purls), ARRAY(Text))))
        .values(told_at=at)
    )


def packages(connection: Connection, purls: Collection[str] | None = None, limit: int = 100) -> Rows:
    """List unknown packages, all or the named, the best ranked first; all columns."""
    query = select(UnknownPackageRow.__table__).order_by(UnknownPackageRow.rank.desc(), UnknownPackageRow.purl)
    if purls is not None:
        query = query.where(UnknownPackageRow.purl == func.any(literal(list(purls), ARRAY(Text))))
    return connection.execute(query.limit(limit)).all()


def replace_indicators(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Make these (columns of IndicatorProposalRow) the proposals; return how many rows changed."""
    return _replace(connection, IndicatorProposalRow, ("type", "slug", "fact"), rows)


def indicators(connection: Connection, pair: tuple[str, str] | None = None, limit: int = 100) -> Rows:
    """List proposed indicators, all or one pattern's (type, slug), the best supported first; all columns."""
    query = select(IndicatorProposalRow.__table__)
    if pair is not None:
        query = query.where(IndicatorProposalRow.type == pair[0], IndicatorProposalRow.slug == pair[1])
    order = (IndicatorProposalRow.codebases.desc(), IndicatorProposalRow.type, IndicatorProposalRow.slug)
    return connection.execute(query.order_by(*order, IndicatorProposalRow.fact).limit(limit)).all()


def drop_indicators(connection: Connection, type_: str, slug: str, facts: Collection[str]) -> None:
    """Take proposals off the list."""
    row = IndicatorProposalRow
    connection.execute(delete(row).where(row.type == type_, row.slug == slug, row.fact.in_(facts)))


def replace_trends(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Make these (columns of TrendRow) the trends; return how many rows changed."""
    return _replace(connection, TrendRow, ("type", "slug"), rows)


def trends(connection: Connection, direction: str, limit: int = 20) -> Rows:
    """List rising or fading patterns, the clearest first; all columns."""
    query = select(TrendRow.__table__).where(TrendRow.direction == direction)
    order = (func.abs(TrendRow.score).desc(), TrendRow.type, TrendRow.slug)
    return connection.execute(query.order_by(*order).limit(limit)).all()


def _replace(
    connection: Connection, row_type: type[Base], key: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> int:
    """Bring a small table in line with rows, touching only what differs."""
    table = row_type.__table__
    known = {tuple(row[name] for name in key): row for row in map(dict, connection.execute(select(table)).mappings())}
    wanted = {tuple(row[name] for name in key): dict(row) for row in rows}
    changed = [place for place in known if known[place] != wanted.get(place)]
    for place in changed:
        matches = [table.c[name] == value for name, value in zip(key, place, strict=True)]
        connection.execute(delete(row_type).where(*matches))
    new = [row for place, row in wanted.items() if known.get(place) != row]
    if new:
        connection.execute(insert(row_type), new)
    return len({*changed, *(place for place, row in wanted.items() if known.get(place) != row)})
