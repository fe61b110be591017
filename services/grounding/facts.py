"""Facts: what is known about a name before a model is asked, numbered so that an answer can cite them.

Owns their shape and bounds. Where they come from is `sources`.
"""

from dataclasses import dataclass
from enum import StrEnum

from centralcloud_patterns.pattern import Indicator


class FactKind(StrEnum):
    """What a fact is about."""

    #: A package of that name: its purl, and where it was seen.
    PACKAGE = "package"
    #: What a package index says of one.
    METADATA = "metadata"
    #: An indicator that somebody taught.
    INDICATOR = "indicator"
    #: What was said in words: a description, a note, a practice.
    WORDS = "words"
    #: A piece of code or configuration.
    SAMPLE = "sample"
    #: What appears together with it.
    BESIDE = "beside"
    #: Another name of this type that looks like it, with its slug.
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement, cleaned of secrets; its text is untrusted data all the same."""

    id: str
    kind: FactKind
    text: str
    #: learn, index, catalogue, …: who says so.
    source: str
    #: The indicator that the fact is, where it is one: a package's dependency, or what was taught.
    indicator: Indicator | None = None
    #: Slug of a near name.
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about one name, in a fixed order."""

    items: tuple[Fact, ...] = ()

    def by_id(self) -> dict[str, Fact]:
        """Return the facts by the ids that answers cite."""
        return {fact.id: fact for fact in self.items}

    def near(self) -> dict[str, Fact]:
        """Return the near names by slug."""
        return {fact.slug: fact for fact in self.items if fact.slug is not None}
