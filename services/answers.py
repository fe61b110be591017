"""Replies as bytes, kept below the size that the protocol promises.

Owns the envelope (`v`, `ok`, epoch, as_of) and cutting; what stands in a reply is its use case's business.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

from centralcloud_client import wire
from centralcloud_client.messages.replies import ErrorCode

#: Left for the envelope when lists are cut.
_ENVELOPE: Final = 16 * 1024
BODY_BYTES: Final = wire.MAX_REPLY_BYTES - _ENVELOPE

T = TypeVar("T")


def error(code: ErrorCode, message: str, *, path: str | None = None, retryable: bool = False) -> bytes:
    """Return an error reply."""
    return wire.WireError(code, message, path, retryable=retryable).reply()


def fitting(items: Sequence[T], sizes: Sequence[int], budget: int = BODY_BYTES) -> list[T]:
    """Return as many leading items as fit the budget in bytes; one at least, where there is one."""
    kept: list[T] = []
    used = 0
    for item, size in zip(items, sizes, strict=True):
        used += size + 1
        if used > budget and kept:
            break
        kept.append(item)
    return kept
