"""Take planted secrets out of what instances send, before anything of it is stored.

Ids and names stay: they are what the message is known by. What NATS and dead letters keep are the bytes as they came.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from centralcloud_client.messages.learns import Feedback, Learn
from centralcloud_client.messages.pattern import Example, Indicator, Relation
from services.secrets import is_suspicious, without_secrets

_LINES: Final = ("practices", "pitfalls")
_DEEPEST: Final = 32


def cleaned(message: Learn | Feedback) -> Learn | Feedback:
    """Return a message without secrets; the same object where there is nothing to remove."""
    if isinstance(message, Feedback):
        return replace(message, why=without_secrets(message.why)) if message.why else message
    # One look at all of it: nearly every learn is clean, and they come by the thousands.
    if not is_suspicious("\n".join(_texts(message))):
        return message
    fields = {
        "description": _text(message.description),
        "homepage": _text(message.homepage),
        "indicators": tuple(_item(indicator) for indicator in message.indicators),
        "examples": tuple(_item(example) for example in message.examples),
        "commands": {name: without_secrets(line) for name, line in message.commands.items()},
        "metadata": _value(message.metadata),
        **{name: tuple(without_secrets(line) for line in getattr(message, name)) for name in _LINES},
    }
    return replace(message, **fields)


def _texts(message: Learn) -> Iterator[str]:
    yield message.description or ""
    yield message.homepage or ""
    for items in (message.indicators, message.examples, message.practices, message.pitfalls):
        for item in items:
            yield item if isinstance(item, str) else _encoded(item)
    yield from message.commands.values()
    if message.metadata:
        yield _encoded(message.metadata)


def _encoded(item: Any) -> str:
    return msgspec.json.encode(item).decode()


def _text(value: str | None) -> str | None:
    return without_secrets(value) if value else value


def _item(item: str | Indicator | Example | Relation) -> Any:
    if isinstance(item, str):
        return without_secrets(item)
    changed = {name: clean for name in item.__struct_fields__ if (clean := _field(item, name)) is not None}
    if isinstance(item, Indicator) and item.path and item.value:
        changed["value"] = _paired(item.path.rpartition(".")[2], item.value, 0)
    return replace(item, **changed) if changed else item


def _field(item: Any, name: str) -> Any:
    """Return a field's clean value where it differs, else None."""
    value = getattr(item, name)
    if isinstance(value, str):
        clean: Any = without_secrets(value)
    elif isinstance(value, tuple):
        clean = tuple(_item(member) for member in value)
    else:
        return None
    return clean if clean != value else None


def _value(value: Any, depth: int = 0) -> Any:
    """Clean whatever JSON can hold; what is nested beyond reason is left out."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict):
        return {str(key): _paired(str(key), each, depth) for key, each in value.items()}
    if isinstance(value, list):
        return _each(value, depth)
    return value


def _each(values: Iterable[Any], depth: int) -> list[Any]:
    return [_value(each, depth + 1) for each in values]


def _paired(key: str, value: Any, depth: int) -> Any:
    """Clean a value by what its key says of it too: {"password": "…"}."""
    if not isinstance(value, str):
        return _value(value, depth + 1)
    line = f'{key}: "{value}"'
    return without_secrets(value) if '"' in value or without_secrets(line) == line else _blanked(line, key)


def _blanked(line: str, key: str) -> str:
    return without_secrets(line)[len(key) + 3 : -1]
