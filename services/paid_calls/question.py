"""What is asked of a model on the centre's account, and the answer."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel

from llm.prompt import Prompt

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Question(Generic[T]):
    """One question; the same one is never paid for twice once it is answered."""

    purpose: Literal["discovery", "enrichment"]
    #: Pattern type and key that the answer is about.
    subject: tuple[str, str]
    #: Whose asking caused it; empty: nobody in particular.
    instance_id: str = ""
    template: str
    template_version: int
    prompt: Prompt
    output: type[T]


@dataclass(frozen=True)
class Answered(Generic[T]):
    """A validated answer, and where it came from."""

    value: T
    model: str
    call_id: str
