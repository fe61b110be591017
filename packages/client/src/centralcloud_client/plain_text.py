"""Text that every program, terminal and database takes: no NUL, no half of a surrogate pair, no control characters.

What manifests say in escapes may hold all of these although the file itself does not. Used where an answer is made
(`detected`) and where one is printed.
"""

import re
from typing import Any, Final

_REPLACED: Final = "\ufffd"
#: Tabs and line ends stay.
_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def plain(text: str) -> str:
    """Return the text with a replacement character for each one that is unfit."""
    return text if text.isprintable() else _UNFIT.sub(_REPLACED, text)


def plain_or_none(text: str | None) -> str | None:
    """Do as `plain` where there is a text."""
    return None if text is None else plain(text)


def plain_throughout(value: Any) -> Any:
    """Return a value of dicts, lists and scalars with every text in it plain."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain_throughout(key): plain_throughout(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_throughout(item) for item in value]
    return value
