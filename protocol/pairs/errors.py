"""Requests that cannot be taken, each with the code that says why, and where."""

import zlib
from typing import Final

from centralcloud_client import headers, subjects
from centralcloud_client.wire import MAX_BYTES, MAX_DEPTH
from protocol.pair import Json, Pair, any_boolean, failure, with_headers

_FRAMEWORK: Final = subjects.query("framework")
_BAD_PATH: Final = {"path": "$.framework"}
_ENCODED: Final = {headers.ENCODING: "gzip"}


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(data) + packer.flush()


def _framework(name: str, body: Json, code: str, **error: Json) -> Pair:
    return failure(name, _FRAMEWORK, body, code, **error)


PAIRS: Final = (
    _framework("bytes that are no UTF-8", b'{"framework":"\xff\xfe"}', "bad_encoding"),
    with_headers(_framework("an unknown encoding", {"framework": "x"}, "bad_encoding"), {headers.ENCODING: "br"}),
    with_headers(
        _framework("a header whose name is written otherwise", {"framework": "x"}, "bad_encoding"),
        {headers.ENCODING.lower(): "br"},
    ),
    with_headers(_framework("no gzip behind the header", {"framework": "x"}, "bad_encoding"), _ENCODED),
    _framework("half an object", '{"framework":', "bad_json"),
    _framework("nothing", "", "bad_json"),
    _framework("something behind the object", '{"framework":"x"} {}', "bad_json"),
    with_headers(
        _framework("a small body that unpacks beyond the limit", _gzip(b" " * (MAX_BYTES + 1)), "too_large"), _ENCODED
    ),
    _framework("arrays without end", "[" * 1_000, "too_complex"),
    _framework(
        "one level too deep",
        '{"framework":"x","extra":' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}",
        "too_complex",
    ),
    _framework("a number for a name", {"framework": 5}, "bad_schema", message="expected str, got int", **_BAD_PATH),
    _framework("a list instead of an object", [], "bad_schema", message="expected object, got array"),
    _framework("an empty name", {"framework": ""}, "bad_schema", **_BAD_PATH),
    _framework("a name of 257 characters", {"framework": "x" * 257}, "bad_schema", **_BAD_PATH),
    _framework("no way of asking", {"limit": 3}, "bad_schema"),
    _framework("a search for nothing", {"search": ""}, "bad_schema", path="$.search"),
    _framework("a limit below one", {"search": "x", "limit": 0}, "bad_schema", path="$.limit"),
    failure(
        "evidence without files",
        subjects.DETECT,
        {"evidence": {}},
        "bad_schema",
        message="object missing required field files",
        path="$.evidence",
    ),
    failure(
        "a file without a name",
        subjects.DETECT,
        {"evidence": {"files": {"": "x"}}},
        "bad_schema",
        message="expected str of length >= 1",
        path="$.evidence.files",
    ),
    failure("detect without evidence", subjects.DETECT, {}, "bad_schema"),
    failure("learn.status without an id", subjects.LEARN_STATUS, {}, "bad_schema"),
    failure(
        "changes of a type that there is not",
        subjects.SYNC_REQUEST,
        {"types": ["framework", "recipe"]},
        "unknown_type",
        path="$.types[1]",
    ),
    failure("a sequence below zero", subjects.SYNC_REQUEST, {"since": -1}, "bad_schema", path="$.since"),
    _framework("a number no double holds", '{"name":"x","min_confidence":1e999}', "bad_number"),
    _framework("such a number where nobody looks", '{"name":"x","extra":[1e5000]}', "bad_number"),
    _framework("NaN", '{"name":"x","min_confidence":NaN}', "bad_number"),
    _framework("a NUL in a name", '{"framework":"a\\u0000b"}', "bad_text"),
    _framework("a NUL where nobody looks", '{"framework":"x","extra":{"\\u0000":1}}', "bad_text"),
    _framework("half of a surrogate pair", '{"framework":"\\ud800"}', "bad_text"),
    failure("a type that is none", subjects.query("gadget"), {"name": "x"}, "unknown_type"),
    _framework("a path outside of the roots", {"path": "/etc"}, "forbidden_path"),
    _framework("a path that climbs out", {"path": "/etc/../etc"}, "forbidden_path"),
    _framework("a path from nowhere", {"path": "etc"}, "forbidden_path"),
    with_headers(
        _framework("a deadline that has passed", {"search": "react"}, "deadline_exceeded", retryable=any_boolean),
        {headers.DEADLINE: "1"},
    ),
)
