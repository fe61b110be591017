"""The index that mining keeps: which items each codebase has, and which codebases each item.

Derived from observations and made anew from them at any time. Codebases are numbers here, so that a set of them is a
row of bits; a row holds a part of it, because news touch few parts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, ForeignKey, LargeBinary, UniqueConstraint, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import BigInteger, Text

from models.base import Base, Rows
from models.recordset import as_rows

#: Codebases in one part of a set: its bits fill 8 KB at most, and Postgres compresses those of few.
PART: Final = 65_536


class MinedItemRow(Base):
    """One item that codebases have: a pattern, a package, an indicator that fired, …"""

    __tablename__ = "mined_items"
    __table_args__ = (UniqueConstraint("kind", "key"), {"comment": "what codebases were seen to have"})

    id: Mapped[int] = mapped_column(primary_key=True, comment="its number in mined_codebases")
    kind: Mapped[str] = mapped_column(comment="pattern, fired, unknown, fact, instance or week")
    key: Mapped[str] = mapped_column(comment="what it is, by its kind")
    codebases: Mapped[int] = mapped_column(comment="how many have it")


class MinedCodebaseRow(Base):
    """One codebase with a number, and the items that were counted for it."""

    __tablename__ = "mined_codebases"
    __table_args__ = ({"comment": "codebases as they were last counted"},)

    number: Mapped[int] = mapped_column(primary_key=True, comment="its place in rows of bits")
    codebase_id: Mapped[str] = mapped_column(unique=True, comment="as in observations")
    items: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), comment="ids of its items, sorted")


class MinedBitsRow(Base):
    """A part of the set of codebases that have an item."""

    __tablename__ = "mined_bits"
    __table_args__ = ({"comment": "which codebases have an item, as rows of bits"},)

    item_id: Mapped[int] = mapped_column(
        ForeignKey("mined_items.id", ondelete="CASCADE"), primary_key=True, comment="which item"
    )
    part: Mapped[int] = mapped_column(primary_key=True, comment="numbers from part times 65536 on")
    bits: Mapped[bytes] = mapped_column(LargeBinary, comment="bit n of byte m: number 8 m + n of the part has it")


_NUMBERS: Final = text("""
WITH asked AS (SELECT unnest(CAST(:codebases AS text[])) AS codebase_id), new AS (
  INSERT INTO mined_codebases (codebase_id, items)
  SELECT codebase_id, '{}' FROM asked ORDER BY codebase_id
  ON CONFLICT (codebase_id) DO NOTHING RETURNING number, codebase_id, items
)
SELECT number, codebase_id, items FROM new
UNION ALL SELECT number, codebase_id, items FROM mined_codebases JOIN asked USING (codebase_id)
""")
_ITEMS: Final = text("""
WITH asked AS (SELECT kind, key FROM json_to_recordset(CAST(:rows AS json)) AS item(kind text, key text)), new AS (
  INSERT INTO mined_items (kind, key, codebases) SELECT kind, key, 0 FROM asked ORDER BY kind, key
  ON CONFLICT (kind, key) DO NOTHING RETURNING id, kind, key
)
SELECT id, kind, key FROM new UNION ALL SELECT id, kind, key FROM mined_items JOIN asked USING (kind, key)
""")
_COUNT: Final = text("""
UPDATE mined_items SET codebases = mined_items.codebases + new.change
FROM json_to_recordset(CAST(:rows AS json)) AS new(id bigint, change bigint) WHERE mined_items.id = new.id
""")
_WRITE_CODEBASES: Final = text("""
UPDATE mined_codebases SET items = new.items
FROM json_to_recordset(CAST(:rows AS json)) AS new(number bigint, items bigint[])
WHERE mined_codebases.number = new.number
""")
_READ_BITS: Final = text("""
SELECT item_id, part, bits FROM mined_bits
JOIN json_to_recordset(CAST(:rows AS json)) AS asked(item bigint, place bigint) ON item_id = item AND part = place
""")
_WRITE_BITS: Final = text("""
INSERT INTO mined_bits (item_id, part, bits)
SELECT item, place, decode(hex, 'hex')
FROM json_to_recordset(CAST(:rows AS json)) AS new(item bigint, place bigint, hex text)
ON CONFLICT (item_id, part) DO UPDATE SET bits = excluded.bits
""")
_DROP_UNUSED: Final = text("DELETE FROM mined_items WHERE codebases <= 0")
_DROP_EMPTY: Final = text("DELETE FROM mined_codebases WHERE items = '{}'")


def numbered(connection: Connection, codebases: Collection[str]) -> Rows:
    """Give each codebase a number, once: columns number, codebase_id, items (as last counted)."""
    return connection.execute(_NUMBERS, {"codebases": sorted(codebases)}).all()


def item_ids(connection: Connection, items: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Give each item (kind, key) an id, once."""
    rows = connection.execute(_ITEMS, as_rows([{"kind": kind, "key": key} for kind, key in sorted(items)]))
    return {(row.kind, row.key): row.id for row in rows}


def count(connection: Connection, changes: Mapping[int, int]) -> None:
    """Add to how many codebases have items, by id."""
    connection.execute(_COUNT, as_rows([{"id": id_, "change": change} for id_, change in sorted(changes.items())]))


def write_codebases(connection: Connection, items: Mapping[int, Sequence[int]]) -> None:
    """Note which items were counted for codebases, by number."""
    connection.execute(_WRITE_CODEBASES, as_rows([{"number": it, "items": list(ids)} for it, ids in items.items()]))


def read_bits(connection: Connection, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Read parts (item id, part) of sets; those that were never written are left out."""
    rows = connection.execute(_READ_BITS, as_rows([{"item": item, "place": part} for item, part in places]))
    return {(row.item_id, row.part): bytes(row.bits) for row in rows}


def write_bits(connection: Connection, parts: Mapping[tuple[int, int], bytes]) -> None:
    """Replace parts of sets."""
    rows = [{"item": item, "place": part, "hex": bits.hex()} for (item, part), bits in sorted(parts.items())]
    connection.execute(_WRITE_BITS, as_rows(rows))


def frequent(connection: Connection, kinds: Collection[str], least: int, most: int) -> Rows:
    """List the items that at least so many codebases have, the most frequent first: id, kind, key, codebases."""
    query = select(MinedItemRow.id, MinedItemRow.kind, MinedItemRow.key, MinedItemRow.codebases)
    query = query.where(MinedItemRow.kind.in_(kinds), MinedItemRow.codebases >= max(1, least))
    order = (MinedItemRow.codebases.desc(), MinedItemRow.kind, MinedItemRow.key)
    return connection.execute(query.order_by(*order).limit(most)).all()


def of_keys(connection: Connection, kind: str, keys: Collection[str]) -> Rows:
    """Find items of a kind by key: columns id, key, codebases."""
    query = select(MinedItemRow.id, MinedItemRow.key, MinedItemRow.codebases).where(
        MinedItemRow.kind == kind, MinedItemRow.key == func.any(literal(list(keys), ARRAY(Text)))
    )
    return connection.execute(query.order_by(MinedItemRow.key)).all()


def sets(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Read whole sets of codebases as integers, bit n for number n, by item id."""
    query = select(MinedBitsRow.item_id, MinedBitsRow.part, MinedBitsRow.bits).where(
        MinedBitsRow.item_id == func.any(literal(list(ids), ARRAY(BigInteger)))
    )
    found: dict[int, list[tuple[int, Any]]] = {}
    for row in connection.execute(query, execution_options={"yield_per": 2_000}):
        found.setdefault(row.item_id, []).append((row.part, row.bits))
    return {item: _joined(parts) for item, parts in found.items()}


def codebases(connection: Connection) -> int:
    """Count the codebases that have been counted."""
    return int(connection.execute(select(func.count()).select_from(MinedCodebaseRow)).scalar_one())


def drop_unused(connection: Connection) -> int:
    """Delete codebases without items, and items without codebases; return how many of both."""
    return connection.execute(_DROP_EMPTY).rowcount + connection.execute(_DROP_UNUSED).rowcount


def clear(connection: Connection) -> None:
    """Delete the whole index, to be made anew."""
    for row in (MinedBitsRow, MinedItemRow, MinedCodebaseRow):
        connection.execute(delete(row))


def _joined(parts: Sequence[tuple[int, Any]]) -> int:
    bits = bytearray()
    for part, content in sorted(parts):
        bits.extend(bytes(part * PART // 8 - len(bits)))
        bits.extend(content)
    return int.from_bytes(bits, "little")
