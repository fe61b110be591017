"""The shapes that a model's answers must have: strict, bounded, and without a place for trust, identity or commands.

What is wrong here is told to the model once, so that it can repair it. What is well-formed but not to be believed is
left out later, without a word.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from centralcloud_patterns.checked import BadIndicator, check
from centralcloud_patterns.expressions import BadRegex
from centralcloud_patterns.pattern import Indicator, IndicatorKind
from services.unseen import seen

MAX_INDICATORS: Final = 30

_Word = Annotated[str, Field(max_length=120)]
_Text = Annotated[str, Field(max_length=500)]
_Cited = Annotated[
    list[Annotated[str, Field(max_length=16)]],
    Field(max_length=20, description="ids of the facts that support this; empty when none does"),
]


class Answer(BaseModel):
    """What every part of an answer is: closed to what was not asked for."""

    model_config = ConfigDict(extra="forbid")


class CitedIndicator(Answer):
    """One checkable fact that suggests the pattern, and the given facts that support it."""

    kind: Literal[
        "dependency",
        "file",
        "extension",
        "content",
        "config",
        "env",
        "image",
        "import",
        "script",
        "shebang",
        "kubernetes",
        "port",
        "host",
        "structure",
    ]
    ecosystem: _Word | None = Field(default=None, description="of a dependency: npm, pypi, cargo, golang, maven, …")
    name: Annotated[str, Field(max_length=300)] | None = None
    prefix: _Word | None = None
    regex: Annotated[str, Field(max_length=400)] | None = Field(default=None, description="RE2 syntax")
    glob: Annotated[str, Field(max_length=256)] | None = None
    path: Annotated[str, Field(max_length=300)] | None = None
    value: Annotated[str, Field(max_length=300)] | None = None
    language: _Word | None = None
    version: _Word | None = None
    scope: _Word | None = None
    polarity: Literal["for", "against"] = "for"
    supported_by: _Cited = []

    @model_validator(mode="after")
    def _sound(self) -> "CitedIndicator":
        try:
            check(self.indicator())
        except (BadIndicator, BadRegex) as error:
            raise ValueError(str(error)) from None
        return self

    def indicator(self) -> Indicator:
        """Return the indicator itself, its weight and id still to be given; raises ValueError for what is not seen."""
        said = self.model_dump(exclude={"kind", "supported_by"}, exclude_none=True)
        for field, value in said.items():
            if seen(value) != value or "\n" in value or "\t" in value:
                raise ValueError(f"{field} holds characters that are not seen")
        return Indicator(kind=IndicatorKind(self.kind), **said)


class FoundRelation(Answer):
    """How the pattern stands to another that is known."""

    kind: Literal["requires", "alternative", "part_of"]
    slug: _Word


class FoundExample(Answer):
    """A short sample that shows the pattern."""

    code: Annotated[str, Field(max_length=4_000)]
    language: _Word | None = None
    title: Annotated[str, Field(max_length=200)] | None = None


class Enrichment(Answer):
    """What is found out about a pattern that is known."""

    description: Annotated[str, Field(max_length=2_000)] | None = Field(
        default=None, description="one to three plain sentences: what it is and what it is for"
    )
    category: _Word | None = Field(default=None, description="lower-case words with hyphens")
    languages: Annotated[list[_Word], Field(max_length=12)] = []
    aliases: Annotated[list[_Word], Field(max_length=15, description="other spellings of the very same name")] = []
    homepage: Annotated[str, Field(max_length=300)] | None = Field(default=None, description="https only")
    indicators: Annotated[list[CitedIndicator], Field(max_length=MAX_INDICATORS)] = []
    relations: Annotated[list[FoundRelation], Field(max_length=15)] = []
    practices: Annotated[list[_Text], Field(max_length=12, description="one piece of advice each")] = []
    pitfalls: Annotated[list[_Text], Field(max_length=12, description="one mistake each")] = []
    examples: Annotated[list[FoundExample], Field(max_length=4)] = []


class DiscoveredPattern(Enrichment):
    """What is found out about a name that nobody knows."""

    exists: bool = Field(description="whether there is such a thing, of the type that was asked for")
    reason: _Text | None = Field(default=None, description="why there is none; null otherwise")
    alias_of: _Word | None = Field(
        default=None, description="slug of a near name among the facts, when this is only another name of that"
    )
    name: _Word | None = Field(default=None, description="the name as its makers spell it")
