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
_MOST_TOKENS: Final = 1_000_000_000
#: What models that think aloud put before an answer ends so.
_THOUGHT: Final = "</think>"

T = TypeVar("T", bound=BaseModel)


def _encodable(value: Any) -> Any:
    """Return a text without halves of surrogate pairs, which JSON may carry and nothing can store."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _one_text(value: Any) -> Any:
    """Return a content that comes in parts, as newer servers may send it, as one text."""
    if not isinstance(value, list):
        return value
    return "".join(str(part.get("text") or "") for part in value if isinstance(part, dict))


def _counted(value: Any) -> int:
    """Return a number of tokens, 0 for what is none: an answer that was paid for is not lost to a wrong count."""
    return value if isinstance(value, int) and 0 <= value <= _MOST_TOKENS else 0


_Text = Annotated[str, BeforeValidator(_encodable)]
_Tokens = Annotated[int, BeforeValidator(_counted)]


class _Message(BaseModel):
    content: Annotated[_Text | None, BeforeValidator(_one_text)] = None
    refusal: _Text | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class Usage(BaseModel):
    """What a call took, as the server counts."""

    prompt_tokens: _Tokens = 0
    completion_tokens: _Tokens = 0


class Envelope(BaseModel):
    """The part of a chat completion that is used."""

    model: Annotated[_Text, BeforeValidator(lambda told: told if isinstance(told, str) else "")] = ""
    choices: list[_Choice] = Field(min_length=1)
    usage: Annotated[Usage | None, BeforeValidator(lambda told: told if isinstance(told, dict) else None)] = None


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
        return shape.model_validate_json(_bare(text))
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


def _bare(text: str) -> str:
    """Return the object in a text, without the thoughts, words and fences that some models put around it."""
    said = text.rpartition(_THOUGHT)[2].strip()
    start, end = said.find("{"), said.rfind("}")
    return said[start : end + 1] if 0 < start < end else said
