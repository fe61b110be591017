"""Characters that nobody sees, or that turn what is seen around: they have no place in text that people or models read.

Joined letters of other scripts lose their joiners too; that is a small price.
"""

import unicodedata
from typing import Final

#: Controls, formats (directions, zero width, tags), halves of pairs, private and unassigned ones, odd line ends.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def seen(text: str) -> str:
    """Return the text in composed form without such characters; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in composed if sign in "\n\t" or unicodedata.category(sign) not in _UNSEEN)
