"""What facts alone make of a name: a package that somebody uses, with its ecosystem and where it was seen."""

from centralcloud_patterns.pattern import Pattern
from services.grounding.facts import Facts


def deterministic_candidate(facts: Facts, type_: str, name: str) -> Pattern | None:
    """Return the candidate that needs no model, None where no package of that name was seen in use."""
    raise NotImplementedError
