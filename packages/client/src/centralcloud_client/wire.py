"""Bytes to messages and back, with every defect of the bytes named by its error code.

Owns encoding, limits and the translation of decoding errors; knows no subject. Nothing that comes through `decode`
holds NUL, lone surrogates, numbers no database keeps, or more depth than MAX_DEPTH.
"""

import hashlib
import re
import zlib
from typing import Any, Final, TypeVar

import msgspec

from centralcloud_client.messages.replies import Error, ErrorCode, ErrorReply

VERSION: Final = 1
#: Unpacked bytes of one message; also the server's max_payload.
MAX_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 64
#: Replies are cut below this.
MAX_REPLY_BYTES: Final = 512 * 1024

T = TypeVar("T")
#: A defect of a key is told at the object that has it.
_AT: Final = re.compile(r"^(?P<message>.*?)(?: - at (?:`key` in )?`(?P<path>[^`]*)`)?$", re.DOTALL)
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LONG: Final = 16 * 1024
#: One that nobody closes goes to the end. Nothing is ever given back, so time is linear.
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET: Final = re.compile(rb"[\[\]{}]")
_LARGE_EXPONENT: Final = re.compile(rb"[0-9][eE]\+?[0-9]{3}")
_NO_NUMBER: Final = re.compile(rb"[:\[,\s-](?:NaN|Infinity)\b")
_encoder: Final = msgspec.json.Encoder()
_decoders: dict[Any, "msgspec.json.Decoder[Any]"] = {}
encode = _encoder.encode


class WireError(Exception):
    """A message that cannot be taken as it is: `code` says why, `path` where."""

    def __init__(self, code: ErrorCode, message: str, path: str | None = None, *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code: ErrorCode = code
        self.message = message
        self.path = path
        self.retryable = retryable

    def reply(self) -> bytes:
        """Return the error as the bytes of a reply."""
        where = msgspec.UNSET if self.path is None else self.path
        error = Error(code=self.code, message=self.message, retryable=self.retryable, path=where)
        return encode(ErrorReply(v=VERSION, ok=False, error=error))


def decode(data: bytes, type_: type[T]) -> T:
    """Return a message of the given type, or raise WireError."""
    if len(data) > MAX_BYTES:
        raise WireError("too_large", f"{len(data)} bytes, at most {MAX_BYTES} are taken")
    if not data.isascii():
        _require_utf8(data)
    # Of a long message the strings are most: what is looked for outside of them is looked for without them.
    bare = data if len(data) < _LONG else _STRING.sub(b"", data)
    _require_shallow(bare)
    message = decode_again(data, type_)
    if b"\\u0000" in data or _LARGE_EXPONENT.search(bare):
        _require_clean(data)
    return message


def decode_again(data: bytes, type_: type[T]) -> T:
    """Return a message from bytes that `decode` took before, in another process; raises WireError."""
    decoder = _decoders.get(type_)
    if decoder is None:
        decoder = _decoders[type_] = msgspec.json.Decoder(type_)
    try:
        message: T = decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _schema_error(error) from None
    except msgspec.DecodeError as error:
        raise _json_error(data, error) from None
    except RecursionError:
        raise WireError("too_complex", f"nested deeper than {MAX_DEPTH} levels") from None
    return message


def unpack(data: bytes, encoding: str | None) -> bytes:
    """Return the body behind a Content-Encoding, never more than MAX_BYTES of it."""
    named = "identity" if encoding is None else encoding.lower()
    if named == "identity":
        return data
    if named != "gzip":
        raise WireError("bad_encoding", f"content encoding {named[:40]!r} is not known, gzip is")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise WireError("bad_encoding", f"not gzip: {error}") from None
    if len(body) > MAX_BYTES:
        raise WireError("too_large", f"more than {MAX_BYTES} bytes unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise WireError("bad_encoding", "the gzip stream is not one whole member")
    return body


def digest(data: bytes) -> str:
    """Return the lower-hex sha256 that names a learn sent without an id."""
    return hashlib.sha256(data).hexdigest()


def _require_utf8(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WireError("bad_encoding", f"not UTF-8 at byte {error.start}") from None


def _require_shallow(data: bytes) -> None:
    """Refuse depth before a decoder recurses into it; brackets inside strings cost a second look only."""
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if token[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise WireError("too_complex", f"nested deeper than {MAX_DEPTH} levels")


def _require_clean(data: bytes) -> None:
    """Refuse what typed decoding lets pass: NUL in text, and numbers out of range in fields nobody reads."""
    try:
        tree = msgspec.json.decode(data)
    except msgspec.ValidationError as error:
        raise _schema_error(error) from None
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\0" in item:
                raise WireError("bad_text", "text holds a NUL character")
        elif isinstance(item, dict):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _schema_error(error: msgspec.ValidationError) -> WireError:
    found = _AT.match(str(error))
    message, path = (found.group("message"), found.group("path")) if found else (str(error), None)
    if "out of range" in message:
        return WireError("bad_number", "a number no double can hold", path)
    plain = message.replace("`", "").replace(" | null", "")
    return WireError("bad_schema", plain[:1].lower() + plain[1:], path)


def _json_error(data: bytes, error: msgspec.DecodeError) -> WireError:
    if _NO_NUMBER.search(data):
        return WireError("bad_number", "NaN and Infinity are not JSON")
    if _SURROGATE.search(data):
        return WireError("bad_text", "text holds half of a surrogate pair")
    return WireError("bad_json", str(error).removeprefix("JSON is malformed: "))
