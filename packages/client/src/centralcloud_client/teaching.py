"""Learns and feedback before they are spooled: given an id and a time, checked as the centre will check them.

Unknown fields stay as they are said; a later centre may know them.
"""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from centralcloud_client import subjects, wire
from centralcloud_client.answers import encoded, require_type
from centralcloud_client.errors import RefusedError
from centralcloud_client.messages.learns import Feedback, Learn

T = TypeVar("T")


#: `learn_id`, subject and body.
Message = tuple[str, str, bytes]


def learn(pattern_type: str, data: Mapping[str, Any] | Learn, instance_id: str | None) -> Message:
    """Return a learn as it is spooled; raises RefusedError."""
    require_type(pattern_type)
    said = _completed(_mapping(data), instance_id)
    body = encoded(said)
    checked = _checked(body, Learn)
    if not checked.indicators and not checked.examples:
        raise RefusedError("bad_schema", "a learn needs indicators or examples", "$.indicators")
    return said["learn_id"], subjects.learn(pattern_type), body


def feedback(pattern_type: str, data: Mapping[str, Any], instance_id: str | None) -> Message:
    """Return feedback as it is spooled; raises RefusedError."""
    require_type(pattern_type)
    said = _completed(_mapping(data), instance_id)
    body = encoded(said)
    _checked(body, Feedback)
    return said["learn_id"], subjects.feedback(pattern_type), body


def _mapping(data: Mapping[str, Any] | Learn) -> dict[str, Any]:
    if not isinstance(data, Learn | Mapping):
        raise RefusedError("bad_schema", f"expected object, got {type(data).__name__}", "$")
    said = msgspec.to_builtins(data) if isinstance(data, Learn) else data
    return {key: value for key, value in said.items() if value is not None}


def _completed(said: dict[str, Any], instance_id: str | None) -> dict[str, Any]:
    if "learn_id" not in said:
        said["learn_id"] = uuid.uuid4().hex
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # Not where the id is the caller's: said again, the same learn must have the same content.
        said.setdefault("at", now)
    if instance_id is not None:
        said.setdefault("instance_id", instance_id)
    return said


def _checked(body: bytes, kind: type[T]) -> T:
    try:
        return wire.decode(body, kind)
    except wire.WireError as error:
        raise RefusedError(error.code, error.message, error.path, retryable=error.retryable) from error
