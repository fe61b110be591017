"""What a golden pair is, and short ways to write the usual ones.

Owns the shape that README.md documents for readers in other languages; the pairs themselves are in protocol.pairs.
"""

import base64
from collections.abc import Sequence
from typing import Any, Final, TypedDict

from centralcloud_client import headers, subjects
from centralcloud_client.wire import VERSION

#: Replaced by the replayers: a text that is new in each run, and an inbox that is new for each pair.
RUN: Final = "$RUN"
INBOX: Final = "$INBOX"
Json = Any


class Heard(TypedDict):
    """A message that must arrive on a subject within so many milliseconds of the request."""

    subject: str
    within_ms: int
    message: Json


class _Named(TypedDict):
    name: str
    subject: str


class Pair(_Named, total=False):
    """One exchange: what to send (`request`, `raw_text` or `raw_base64`) and what must come back."""

    #: Slugs that the catalogue must hold.
    requires: list[str]
    headers: dict[str, str]
    request: Json
    raw_text: str
    raw_base64: str
    #: Schema of the request, where it is meant to be valid.
    request_schema: str
    reply: Json
    reply_schema: str
    reply_headers: dict[str, str]
    #: Ask again until the reply matches, at most so long.
    retry_ms: int
    hears: list[Heard]
    #: NATS itself must refuse the publish.
    denied: bool


#: What a request carries: a JSON value, or text or bytes to be sent as they are.
Body = Json | str | bytes

any_string: Final = {"$any": "string"}
any_integer: Final = {"$any": "integer"}
any_number: Final = {"$any": "number"}
any_array: Final = {"$any": "array"}
any_object: Final = {"$any": "object"}
any_boolean: Final = {"$any": "boolean"}
absent: Final = {"$absent": True}


def contains(*parts: Json) -> Json:
    """Match an array that holds all of these, in any order, or a text that holds this part."""
    return {"$contains": parts[0] if len(parts) == 1 else list(parts)}


def first(part: Json) -> Json:
    """Match an array by its first item."""
    return {"$first": part}


def one_of(*values: Json) -> Json:
    """Match any of these."""
    return {"$one_of": list(values)}


def at_least(number: float) -> Json:
    """Match this number and any above."""
    return {"$at_least": number}


def ok(**fields: Json) -> Json:
    """Expect a reply that is no error."""
    return {"v": VERSION, "ok": True, "error": absent, **fields}


def answer(status: Json, **fields: Json) -> Json:
    """Expect an answer to a query."""
    source = one_of("cache", "store", "discovery")
    return ok(**{"status": status, "source": source, "epoch": any_string, "as_of": any_integer, **fields})


def query(name: str, type_: str, request: Json, reply: Json, *, requires: Sequence[str] = ()) -> Pair:
    """Return a valid query with its answer."""
    pair = exchange(name, subjects.query(type_), request, reply, schemas=("query", "query-reply"))
    return requiring(pair, *requires)


def exchange(name: str, subject: str, request: Json, reply: Json, *, schemas: tuple[str, str]) -> Pair:
    """Return any other valid request with its answer; `schemas` are those of the request and of the reply."""
    asks, answers = schemas
    return Pair(name=name, subject=subject, request=request, request_schema=asks, reply=reply, reply_schema=answers)


def requiring(pair: Pair, *slugs: str) -> Pair:
    """Return the pair with slugs that the catalogue must hold."""
    return Pair(**{**pair, "requires": list(slugs)}) if slugs else pair


def patient(pair: Pair, milliseconds: int) -> Pair:
    """Return the pair to be asked again until its reply matches."""
    return Pair(**{**pair, "retry_ms": milliseconds})


def hearing(pair: Pair, *heard: Heard) -> Pair:
    """Return the pair with messages that must arrive after its request."""
    return Pair(**{**pair, "hears": list(heard)})


def failure(name: str, subject: str, body: Body, code: str, **error: Json) -> Pair:
    """Return a request that must be answered with this error; texts and bytes are sent as they are."""
    pair = with_body(Pair(name=name, subject=subject), body)
    fields = {"code": code, "message": any_string, "retryable": False, **error}
    pair["reply"] = {"v": VERSION, "ok": False, "error": fields}
    pair["reply_schema"] = "error-reply"
    pair["reply_headers"] = {headers.ERROR_CODE: code}
    return pair


def with_body(pair: Pair, body: Body) -> Pair:
    """Put what is to be sent into a pair."""
    if isinstance(body, bytes):
        pair["raw_base64"] = base64.b64encode(body).decode()
    elif isinstance(body, str):
        pair["raw_text"] = body
    else:
        pair["request"] = body
    return pair


def with_headers(pair: Pair, sent: dict[str, str]) -> Pair:
    """Return the pair with request headers."""
    return Pair(**{**pair, "headers": sent})
