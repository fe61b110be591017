"""Build the questions: the newest template of the purpose, filled in, its untrusted data in a delimited block."""

from dataclasses import dataclass

from sqlalchemy import Connection

from centralcloud_patterns.pattern import Pattern
from llm.prompt import Prompt
from services.grounding import Facts


@dataclass(frozen=True, slots=True)
class BuiltPrompt:
    """A question ready to be asked, and the template it was made from."""

    prompt: Prompt
    template: str
    version: int


def discovery_prompt(connection: Connection, type_: str, name: str, facts: Facts) -> BuiltPrompt:
    """Return the question about a name that nobody knows."""
    raise NotImplementedError


def enrichment_prompt(connection: Connection, pattern: Pattern, facts: Facts) -> BuiltPrompt:
    """Return the question about a pattern that was learned and is thin."""
    raise NotImplementedError
