"""Read one file as text, or say why not."""

import os
from typing import Final

_BOMS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class Unreadable(Exception):  # noqa: N818  # a reason, told to the user
    """Why a file's content stays out of the evidence."""


def read_text(file: str, max_bytes: int) -> str:
    """Return the text of a regular file of at most `max_bytes`; raises Unreadable."""
    try:
        # Not to be held up by what became a pipe since it was listed.
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as opened:
            data = opened.read(max_bytes + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    if len(data) > max_bytes:
        raise Unreadable("too large")
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("not text") from None
    if "\0" in text:
        raise Unreadable("not text")
    return text
