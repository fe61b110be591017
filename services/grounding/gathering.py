"""Gather facts about one name from every source, within bounds and in a fixed order."""

from sqlalchemy import Connection

from services.grounding.facts import Facts
from services.package_metadata import MetadataSource


def gather(connection: Connection, type_: str, name: str, key: str, metadata: MetadataSource | None) -> Facts:
    """Return what is known about a name; `metadata` None: no package index is asked.

    Indexes are asked before the first statement: give it a connection without an open transaction.
    """
    raise NotImplementedError
