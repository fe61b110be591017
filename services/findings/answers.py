"""The shapes that a model's answers must have: strict, bounded, and without a place for trust or identity."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What every part of an answer is: closed to what was not asked for."""

    model_config = ConfigDict(extra="forbid")


class Enrichment(Answer):
    """What is found out about a pattern that is known."""


class DiscoveredPattern(Enrichment):
    """What is found out about a name that nobody knows."""

    #: False: no such thing, and `reason` says why.
    exists: bool
    reason: str | None
    #: The slug of a near name that was given, when the name is only another name of that.
    alias_of: str | None
