"""Cursors: opaque to the asker, an offset to us."""

from centralcloud_client.wire import WireError

#: Pages beyond this are refused: nobody reads so far, and each costs its whole offset.
MAX_OFFSET = 10_000


def read(cursor: str | None) -> int:
    """Return the offset a cursor stands for; raise WireError for one we never gave."""
    if cursor is None:
        return 0
    if not (cursor.startswith("o") and cursor[1:].isascii() and cursor[1:].isdigit() and len(cursor) <= 8):
        raise WireError("bad_schema", "not a cursor of ours", "$.cursor")
    offset = int(cursor[1:])
    if offset > MAX_OFFSET:
        raise WireError("bad_schema", f"pages end at {MAX_OFFSET} results", "$.cursor")
    return offset


def write(offset: int) -> str:
    """Return the cursor for an offset."""
    return f"o{offset}"
