"""The whole database as it is, and all of it but the descriptive fields of one pattern."""

import json
from typing import Any

from sqlalchemy import Engine, text

from models.base import Base

#: What asking a model must leave: its own bookkeeping.
_BOOKKEEPING = {"llm_calls", "llm_control", "discoveries", "misses", "enrichments", "feed_head", "statistics"}
#: What may be written of one pattern.
_DESCRIPTIVE = {
    "name", "aliases", "category", "description", "languages", "homepage", "indicators", "relations", "examples",
    "practices", "pitfalls", "provenance", "revision", "seq",
}  # fmt: skip
_COLUMNS = {"name", "category", "languages", "revision", "seq", "document", "words", "search", "updated_at"}


def tables() -> list[str]:
    return sorted(table.name for table in Base.metadata.sorted_tables)


def everything(database: Engine) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table."""
    with database.connect() as connection:
        return {
            table: sorted(
                (dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()), key=repr
            )
            for table in tables()
        }


def beside(database: Engine, type_: str, slug: str) -> dict[str, Any]:
    """Return all that nobody may change who only describes this pattern; the pattern's own trust and identity too."""
    found = everything(database)
    ids = {row["id"] for row in found["patterns"] if (row["type"], row["slug"]) == (type_, slug)}
    kept: dict[str, Any] = {
        table: [row for row in found[table] if row.get("pattern_id") not in ids]
        for table in tables()
        if table not in _BOOKKEEPING
    }
    kept["patterns"] = [row for row in found["patterns"] if row["id"] not in ids]
    kept["feed"] = [row for row in found["feed"] if (row["type"], row["slug"]) != (type_, slug)]
    kept["support of it"] = [row for row in found["pattern_support"] if row["pattern_id"] in ids]
    kept["trust of it"] = [
        {name: value for name, value in row.items() if name not in _COLUMNS}
        | {key: value for key, value in json.loads(row["document"]).items() if key not in _DESCRIPTIVE}
        for row in found["patterns"]
        if row["id"] in ids
    ]
    return kept


def documents(database: Engine, type_: str, slug: str) -> dict[str, Any]:
    """Return a pattern as it is answered and broadcast, {} where there is none; both must be the same."""
    query = "SELECT document, body FROM patterns AS p JOIN feed USING (seq) WHERE p.type = :type AND p.slug = :slug"
    with database.connect() as connection:
        row = connection.execute(text(query), {"type": type_, "slug": slug}).one_or_none()
    if row is None:
        return {}
    assert row.document == row.body
    found: dict[str, Any] = json.loads(row.document)
    return found


def added(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return as text what a pattern says now and did not say before."""
    new: dict[str, Any] = {}
    for field, value in after.items():
        known = before.get(field)
        if isinstance(value, list):
            new[field] = [item for item in value if item not in (known or [])]
        elif value != known:
            new[field] = value
    return json.dumps(
        {field: value for field, value in new.items() if value}, ensure_ascii=False, separators=(",", ":")
    )


def names_of_others(database: Engine, slug: str) -> list[tuple[Any, ...]]:
    query = (
        "SELECT n.* FROM pattern_names n JOIN patterns p ON p.id = n.pattern_id WHERE p.slug <> :slug ORDER BY 1, 2, 3"
    )
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), {"slug": slug})]
