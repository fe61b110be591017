"""Take planted secrets out of a message as it came: what is left of it is what a dead letter keeps.

A message is given up because it could not be read or applied, so nothing is taken for granted about it: JSON is cleaned
value by value, all else as text. What holds no secret stays as it was, to the byte.
"""

import gzip
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from centralcloud_client import headers, wire
from centralcloud_client.wire import WireError
from services.learning.cleaning import paired, value
from services.secrets import without_credentials, without_secrets

#: By these a message is known, and they are compared: only what is a secret by its form leaves them.
_IDENTIFYING: Final = frozenset({"learn_id", "instance_id", "codebase_id", "name", "slug", "at", "verdict"})
_OUR_HEADERS: Final = frozenset(
    name.lower() for name in (headers.LEARN_ID, headers.INSTANCE, headers.ENCODING, headers.RESULT, headers.TRACE)
)
_ENCODING: Final = headers.ENCODING.lower()
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


class Redacted(NamedTuple):
    """A message without secrets, and whether anything had to be taken out."""

    headers: dict[str, str]
    data: bytes
    changed: bool


def redacted(sent: Mapping[str, str], data: bytes) -> Redacted:
    """Return a message without secrets; header names are in lower case."""
    kept = {name: line if name in _OUR_HEADERS else str(paired(name, line)) for name, line in sent.items()}
    plain = _unpacked(data, sent.get(_ENCODING))
    clean = _clean(plain)
    if clean != plain:
        return Redacted(kept, clean if plain is data else gzip.compress(clean, mtime=0), changed=True)
    return Redacted(kept, data, changed=kept != dict(sent))


def _unpacked(data: bytes, encoding: str | None) -> bytes:
    """Return what was packed; what was not, or cannot be unpacked, is looked at as it is."""
    try:
        return wire.unpack(data, encoding)
    except WireError:
        return data


def _clean(data: bytes) -> bytes:
    repeats = False

    def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeats
        found = dict(pairs)
        repeats = repeats or len(found) < len(pairs)
        return found

    try:
        told = json.loads(data, object_pairs_hook=noted)
        clean = _message(told)
    except (ValueError, RecursionError):
        return _clean_text(data)
    # Of a key that stands there twice, one value was never looked at.
    if clean == told and not repeats:
        return data
    return json.dumps(clean, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _clean_text(data: bytes) -> bytes:
    """Clean what is no JSON, though it may have begun as such: its strings are looked at unescaped first."""
    # Each byte stands for one letter, so that all others come out as they went in.
    text = data.decode("latin-1")
    return without_secrets(_STRING.sub(_clean_string, text)).encode("latin-1")


def _clean_string(found: re.Match[str]) -> str:
    try:
        told = json.loads(found.group(0), strict=False)
    except ValueError:
        return found.group(0)
    clean = without_secrets(told)
    return found.group(0) if clean == told else json.dumps(clean)


def _message(told: Any) -> Any:
    if not isinstance(told, dict):
        return value(told)
    return {
        key: without_credentials(each) if key in _IDENTIFYING and isinstance(each, str) else _field(key, each)
        for key, each in told.items()
    }


def _field(key: str, told: Any) -> Any:
    clean = paired(key, told)
    if isinstance(clean, list):
        return [_with_path(each) for each in clean]
    return clean


def _with_path(indicator: Any) -> Any:
    """Blank the value of an indicator by what its path says of it."""
    if isinstance(indicator, dict) and isinstance(path := indicator.get("path"), str) and "value" in indicator:
        return {**indicator, "value": paired(path.rpartition(".")[2], indicator["value"])}
    return indicator
