"""What facts are gathered about: a name of a type, how packages of that name may be spelled, and the pattern it is."""

import re
from dataclasses import dataclass
from typing import Final

from centralcloud_patterns.pattern import Pattern
from centralcloud_patterns.slugs import slugify

_SPACES: Final = re.compile(r"[\s_]+")
_MOST_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """A name that is asked about, or a pattern that is to be enriched."""

    type: str
    name: str
    key: str
    #: What is known already; None for a discovery.
    pattern: Pattern | None = None

    @property
    def mentions(self) -> tuple[str, ...]:
        """By what texts mention the name, in lower case."""
        return tuple(dict.fromkeys((self.name.strip().lower()[:_MOST_CHARACTERS], *self.spellings[:3])))

    def place_in(self, text: str) -> int:
        """Return where a text first mentions the name, -1 where it does not."""
        lower = text.lower()
        return min((place for name in self.mentions if (place := lower.find(name)) >= 0), default=-1)

    @property
    def spellings(self) -> tuple[str, ...]:
        """How a package of this name may be called."""
        lower = self.name.strip().lower()[:_MOST_CHARACTERS]
        slug = slugify(self.name)
        forms = (lower, _SPACES.sub("-", lower), slug, slug.replace("-", "_"), slug.replace("-", "."), self.key)
        return tuple(dict.fromkeys(form for form in forms if form and not form.isspace() and " " not in form))
