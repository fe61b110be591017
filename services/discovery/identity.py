"""The name of a discovery: derived from what is asked, so that everybody says the same one without asking anybody."""

import hashlib
from typing import Final

#: Pattern type and normalised name.
Pair = tuple[str, str]
_BYTES: Final = 12


def discovery_id(type_: str, key: str) -> str:
    """Return the id of the discovery of a (type, key)."""
    return hashlib.blake2b(f"{type_}\0{key}".encode(), digest_size=_BYTES).hexdigest()
