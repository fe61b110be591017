"""The index as mining reads it: sets of codebases by key, and how many instances stand behind a set."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from centralcloud_patterns.mining.seen import Kind
from models import mined

#: Sets that a run holds at most, of each kind, the largest: 2,000 of a million codebases are 270 MB.
_MOST: Final = {Kind.PATTERN: 2_000, Kind.UNKNOWN: 200, Kind.FACT: 2_000, Kind.INSTANCE: 1_000, Kind.WEEK: 600}


@dataclass(slots=True)
class Index:
    """Sets of codebases, read at most once a run."""

    connection: Connection
    total: int
    _held: dict[Kind, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection) -> "Index":
        """Return the index as this transaction sees it."""
        return cls(connection, mined.codebases(connection))

    def sets(self, kind: Kind, least: int = 1) -> dict[str, int]:
        """Return the codebases that have each item of a kind, of items that at least so many have."""
        held = self._held.get(kind)
        if held is None:
            rows = mined.frequent(self.connection, [kind.value], least, _MOST[kind])
            bits = mined.sets(self.connection, [row.id for row in rows])
            held = self._held[kind] = {row.key: bits.get(row.id, 0) for row in rows}
        return {key: bits for key, bits in held.items() if bits.bit_count() >= least}

    def instances(self, bits: int) -> int:
        """Count the independent instances that looked at codebases of a set; all anonymous ones are one."""
        return sum(1 for of_instance in self.sets(Kind.INSTANCE).values() if of_instance & bits)


def pair_of(key: str) -> tuple[str, str]:
    """Return type and slug of a pattern's key."""
    type_, _sign, slug = key.partition("/")
    return type_, slug
