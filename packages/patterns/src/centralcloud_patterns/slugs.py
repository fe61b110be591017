"""Turn a name into the slug it gets when nothing else has been agreed upon.

Lower-case ASCII letters, digits and hyphens. Whether a slug is free is not asked here.
"""

import re
import unicodedata
from typing import Final

MAX_SLUG: Final = 80
#: Signs that carry meaning in names of software: C++, C#, F*.
_SPOKEN: Final = str.maketrans({"+": "plus", "#": "sharp", "*": "star", "&": "and"})
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def slugify(name: str) -> str:
    """Return the slug of a name, at most MAX_SLUG characters; '' when no ASCII letter or digit is left of it."""
    folded = unicodedata.normalize("NFKD", name).casefold().translate(_SPOKEN)
    plain = folded.encode("ascii", "ignore").decode()
    return _OTHER.sub("-", plain).strip("-")[:MAX_SLUG].rstrip("-")
