"""Words from outside, made fit for logs, prompts and the ledger: one line, printable, of bounded length."""

from typing import Final

_MOST: Final = 500


def bounded(text: str, most: int = _MOST) -> str:
    """Return a text as one line of at most so many printable characters."""
    line = " ".join(text[: 4 * most].split())
    return "".join(sign if sign.isprintable() else "�" for sign in line)[:most]
