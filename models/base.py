"""The declarative base: naming conventions and column types that all rows share.

Owns no table. Engines and sessions belong to workers and migrations.
"""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, MetaData, Row, Text, func
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: Bytes of a row up to which its long texts stay in it as they are: compressing documents costs more than their space.
INLINE = 8160

#: When the row was written, by the database's clock.
Written = Annotated[
    datetime.datetime,
    mapped_column(DateTime(timezone=True), server_default=func.now(), comment="when the row was written"),
]


class Base(DeclarativeBase):
    """Base of all rows."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it once, at class creation
        int: BigInteger,
        str: Text,
        datetime.datetime: DateTime(timezone=True),
    }


#: What a query gives back; its docstring names the columns.
AnyRow = Row[*tuple[Any, ...]]
Rows = Sequence[AnyRow]
