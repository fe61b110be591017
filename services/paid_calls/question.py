"""What is asked of a model on the centre's account, and the answer."""

import datetime
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from llm.prompt import Prompt
from llm.schema import strict_schema

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
    #: Answers that were paid for before this are not taken from the ledger: whoever wants a new one says since when.
    since: datetime.datetime | None = None


@dataclass(frozen=True)
class Answered(Generic[T]):
    """A validated answer, and where it came from."""

    value: T
    model: str
    call_id: str


def input_hash(question: Question[Any]) -> str:
    """Return what the ledger recognises a question by, beside model and template; raises TypeError for its output."""
    shape = json.dumps(strict_schema(question.output), sort_keys=True)
    return hashlib.sha256(f"{question.prompt.hash()}\0{question.output.__name__}\0{shape}".encode()).hexdigest()


def read(question: Question[T], row: Any) -> Answered[T] | None:
    """Return the answer in a row of the ledger; None where there is none, or it is too old or no longer valid."""
    if row.state != "done":
        return None
    if question.since is not None and row.ended_at < question.since:
        return None
    try:
        value = question.output.model_validate_json(row.output)
    except ValidationError:
        return None
    return Answered(value, row.model, row.id)
