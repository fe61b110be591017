"""What a scripted model server says: one reply, well-behaved or not, as bytes and timing."""

import datetime
import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

PROMPT_TOKENS = 120
COMPLETION_TOKENS = 40


@dataclass(frozen=True)
class Reply:
    """One HTTP reply and how it is sent."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Seconds before anything is sent.
    delay: float = 0.0
    #: Seconds between one byte and the next, of the body or, if `drips_headers`, from the status line on.
    drip: float = 0.0
    drips_headers: bool = False
    #: Bytes of the body after which the connection is closed.
    cut: int | None = None
    #: Close without a word.
    hang_up: bool = False
    #: Go on with spaces, for ever or until so many bytes were sent altogether.
    endless: bool = False
    length: int | None = None

    def after(self, seconds: float) -> "Reply":
        """Return the same, later."""
        return replace(self, delay=seconds)


def said(content: str | None, *, refusal: str | None = None, finish: str = "stop") -> Reply:
    """The model's words, whatever they are."""
    body = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "scripted-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
                "finish_reason": finish,
            }
        ],
        "usage": {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": COMPLETION_TOKENS,
            "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        },
    }
    return Reply(json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def answer(value: Any) -> Reply:
    """An answer in JSON."""
    return said(json.dumps(value))


def refusal(text: str = "I cannot help with that.") -> Reply:
    """The model declines."""
    return said(None, refusal=text)


def failure(status: int, message: str = "", **error: Any) -> Reply:
    """An error of the server's, in its usual envelope (keys: code, param, type)."""
    body = {"error": {"message": message or f"status {status}", "type": "scripted", **error}}
    return Reply(json.dumps(body).encode(), status, {"Content-Type": "application/json"})


def too_many(seconds: float | None = None, *, date: datetime.datetime | None = None) -> Reply:
    """429, with Retry-After in seconds or as a date."""
    headers = {"Content-Type": "application/json"}
    if date is not None:
        headers["Retry-After"] = email.utils.format_datetime(date.astimezone(datetime.UTC), usegmt=True)
    elif seconds is not None:
        headers["Retry-After"] = f"{seconds:g}"
    return replace(failure(429, "slow down", code="rate_limit_exceeded"), headers=headers)


def truncated(value: Any, after: int = 60) -> Reply:
    """An answer whose connection closes within the body."""
    return replace(answer(value), cut=after)


def bad_json() -> Reply:
    """Success, but a page of a proxy instead of JSON."""
    return Reply(b"<html><body>It works!</body></html>", headers={"Content-Type": "text/html"})


def dripped(value: Any, seconds: float, *, headers: bool = False) -> Reply:
    """An answer that comes byte by byte."""
    return replace(answer(value), drip=seconds, drips_headers=headers)


def closed() -> Reply:
    """The connection closes without a word."""
    return Reply(hang_up=True)


def unknown_parameter(name: str) -> Reply:
    """400: a parameter that this server does not know."""
    return failure(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
