"""Untrusted data as it goes to a model: one JSON record a line, between two markers that nothing in it can forge.

The mark is a digest of the data: no text can hold the digest of itself, so nobody can plant an end; and the same data
always have the same mark, so the same question is recognised and never paid for twice.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class DataBlock:
    """A block ready to be put into a prompt, and the mark on its two ends."""

    text: str
    mark: str


def data_block(records: Iterable[Mapping[str, Any]]) -> DataBlock:
    """Return records as a delimited block; within a record line ends are escaped, so a line is always a record."""
    data = "\n".join(msgspec.json.encode(record).decode() for record in records)
    count = 0
    while True:
        mark = hashlib.sha256(f"data {count}\0{data}".encode()).hexdigest()[:32]
        if mark not in data:
            return DataBlock(f"=== data {mark} begin ===\n{data}\n=== data {mark} end ===", mark)
        count += 1
