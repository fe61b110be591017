"""Prompt and code templates, every version kept."""

from typing import Any

from sqlalchemy import Connection, Index, UniqueConstraint, func, insert, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from models.base import AnyRow, Base, Rows, Written


class TemplateRow(Base):
    """One version of a template."""

    __tablename__ = "templates"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        Index("ix_templates_seq", "seq"),
        {"comment": "prompt and code templates, every version"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="internal")
    name: Mapped[str] = mapped_column(comment="what it is asked for by")
    version: Mapped[int] = mapped_column(comment="counts from 1 within the name")
    kind: Mapped[str] = mapped_column(comment="prompt, code or the like")
    language: Mapped[str | None] = mapped_column(comment="programming language, where it has one")
    description: Mapped[str | None] = mapped_column(comment="one line")
    variables: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="placeholders to fill in")
    body: Mapped[str] = mapped_column(comment="the template's text")
    seq: Mapped[int] = mapped_column(comment="the feed's number of this version")
    source: Mapped[str] = mapped_column(server_default="operator", comment="operator, or shipped with the product")
    created_at: Mapped[Written]


def get(connection: Connection, name: str, version: int | None) -> AnyRow | None:
    """Read one version, the newest by default."""
    query = select(TemplateRow.__table__).where(func.lower(TemplateRow.name) == name.lower())
    if version is not None:
        query = query.where(TemplateRow.version == version)
    return connection.execute(query.order_by(TemplateRow.version.desc()).limit(1)).one_or_none()


def versions(connection: Connection, name: str) -> Rows:
    """Read all versions of a template, the newest first."""
    query = select(TemplateRow.__table__).where(func.lower(TemplateRow.name) == name.lower())
    return connection.execute(query.order_by(TemplateRow.version.desc())).all()


def find(
    connection: Connection, *, words: str | None, kind: str | None, language: str | None, offset: int, limit: int
) -> Rows:
    """Find the newest versions that hold all the words, by name."""
    newest = (
        select(TemplateRow.name, func.max(TemplateRow.version).label("version")).group_by(TemplateRow.name).subquery()
    )
    query = select(TemplateRow.__table__).join(
        newest, (TemplateRow.name == newest.c.name) & (TemplateRow.version == newest.c.version)
    )
    for word in (words or "").split()[:20]:
        query = query.where(
            or_(
                TemplateRow.name.icontains(word, autoescape=True),
                TemplateRow.description.icontains(word, autoescape=True),
                TemplateRow.body.icontains(word, autoescape=True),
            )
        )
    if kind is not None:
        query = query.where(func.lower(TemplateRow.kind) == kind.lower())
    if language is not None:
        query = query.where(func.lower(TemplateRow.language) == language.lower())
    return connection.execute(query.order_by(TemplateRow.name).offset(offset).limit(limit)).all()


def names(connection: Connection) -> list[str]:
    """List all template names."""
    return list(connection.execute(select(TemplateRow.name).distinct().order_by(TemplateRow.name)).scalars())


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Insert one version (keys: the columns of TemplateRow)."""
    connection.execute(insert(TemplateRow).values(**row))
