"""Read what a model's server sent: the envelope, then the output in it, each validated.

Everything here comes from outside: a body may be anything, an output anything within a body.
"""

import json
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from llm.bounding import bounded
from llm.errors import Postponed, Refused, Unreadable

#: Bytes of a body that are read.
MOST_BYTES: Final = 2 * 1024 * 1024
_MOST_ERRORS: Final = 20
_MOST_CHARACTERS: Final = 200
_FENCE: Final = "```"

T = TypeVar("T", bound=BaseModel)


def _encodable(value: Any) -> Any:
    """Return a text without halves of surrogate pairs, which JSON may carry and nothing can store."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


_Text = Annotated[str, BeforeValidator(_encodable)]


class _Message(BaseModel):
    content: _Text | None = None
    refusal: _Text | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class Usage(BaseModel):
    """What a call took, as the server counts."""

    prompt_tokens: int = Field(default=0, ge=0, le=1_000_000_000)
    completion_tokens: int = Field(default=0, ge=0, le=1_000_000_000)


class Envelope(BaseModel):
    """The part of a chat completion that is used."""

    model: _Text = ""
    choices: list[_Choice] = Field(min_length=1)
    usage: Usage | None = None


def envelope(body: bytes) -> Envelope:
    """Read a body; raises Postponed when it is no chat completion: the server, or a proxy, is not well."""
    try:
        return Envelope.model_validate(json.loads(body))
    except ValidationError as error:
        wrong = described(error)
    except (ValueError, RecursionError) as error:
        wrong = str(error)
    raise Postponed(None, bounded(f"the server's reply is no chat completion: {wrong}"), paid=True)


def output(answer: Envelope, shape: type[T]) -> T:
    """Return the validated output; raises Refused or Unreadable, both with the tokens it took."""
    choice, usage = answer.choices[0], answer.usage or Usage()
    tokens = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    if choice.message.refusal or choice.finish_reason == "content_filter":
        said = choice.message.refusal or "a content filter stopped the answer"
        raise Refused(bounded(said), paid=True, **tokens)
    text = choice.message.content or ""
    try:
        return shape.model_validate_json(_unfenced(text))
    except ValidationError as error:
        cut = "it was cut off at the limit of tokens: be briefer\n" if choice.finish_reason == "length" else ""
        raise Unreadable(text, cut + described(error), **tokens) from None


def described(error: ValidationError) -> str:
    """Return where and what is wrong, a line each, without what was given."""
    lines = [
        bounded(f"{'.'.join(str(part) for part in one['loc']) or 'the whole'}: {one['msg']}", _MOST_CHARACTERS)
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    more = len(lines) - _MOST_ERRORS
    return "\n".join([*lines[:_MOST_ERRORS], *([f"and {more} more"] if more > 0 else [])])


def _unfenced(text: str) -> str:
    """Return the text without the fence that some models put around JSON."""
    stripped = text.strip()
    if stripped.startswith(_FENCE) and stripped.endswith(_FENCE) and "\n" in stripped:
        return stripped[stripped.index("\n") : -len(_FENCE)]
    return stripped
