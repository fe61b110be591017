"""Take planted secrets out of what instances send, before anything of it is stored.

Ids and names lose only what is a secret by its form: they are what the message is known by. What NATS keeps until a
learn is decided are the bytes as they came; what a dead letter keeps is `redacting`'s.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from centralcloud_client.messages.learns import Feedback, Learn
from centralcloud_client.messages.pattern import Example, Indicator, Relation
from services.secrets import is_suspicious, without_credentials, without_secrets

_LINES: Final = ("practices", "pitfalls")
_DEEPEST: Final = 32


def cleaned(message: Learn | Feedback) -> Learn | Feedback:
    """Return a message without secrets; the same object where there is nothing to remove."""
    if message.codebase_id and (codebase := without_credentials(message.codebase_id)) != message.codebase_id:
        # The address of a repository, with whoever may read it.
        message = replace(message, codebase_id=codebase)
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
        "metadata": value(message.metadata),
        "category": message.category if message.category and _is_public(message.category) else None,
        "aliases": tuple(filter(_is_public, message.aliases)),
        "at": message.at if message.at and _is_public(message.at) else None,
        "languages": tuple(filter(_is_public, message.languages)),
        "relations": tuple(relation for relation in message.relations if _is_public(relation.slug)),
        **{name: tuple(without_secrets(line) for line in getattr(message, name)) for name in _LINES},
    }
    return replace(message, **fields)


def _texts(message: Learn) -> Iterator[str]:
    yield message.description or ""
    yield message.homepage or ""
    yield message.category or ""
    yield message.at or ""
    yield from message.aliases
    yield from message.languages
    for items in (message.indicators, message.examples, message.practices, message.pitfalls, message.relations):
        for item in items:
            yield item if isinstance(item, str) else _encoded(item)
    yield from message.commands.values()
    if message.metadata:
        yield _encoded(message.metadata)


def _is_public(name: str) -> bool:
    return without_credentials(name) == name


def _encoded(item: Any) -> str:
    return msgspec.json.encode(item).decode()


def _text(value: str | None) -> str | None:
    return without_secrets(value) if value else value


def _item(item: str | Indicator | Example | Relation) -> Any:
    if isinstance(item, str):
        return without_secrets(item)
    changed = {name: clean for name in item.__struct_fields__ if (clean := _field(item, name)) is not None}
    if isinstance(item, Indicator) and item.path and item.value:
        changed["value"] = paired(item.path.rpartition(".")[2], item.value)
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


def value(told: Any, depth: int = 0) -> Any:
    """Return whatever JSON can hold, without secrets; what is nested beyond reason is left out."""
    if depth > _DEEPEST:
        return None
    if isinstance(told, str):
        return without_secrets(told)
    if isinstance(told, dict):
        return {without_secrets(str(key)): paired(str(key), each, depth) for key, each in told.items()}
    if isinstance(told, list):
        return _each(told, depth)
    return told


def _each(values: Iterable[Any], depth: int) -> list[Any]:
    return [value(each, depth + 1) for each in values]


def paired(key: str, told: Any, depth: int = 0) -> Any:
    """Return a value without secrets, by what its key says of it too: {"password": "…"}."""
    if not isinstance(told, str):
        return value(told, depth + 1)
    line = f'{key}: "{told}"'
    return without_secrets(told) if '"' in told or without_secrets(line) == line else _blanked(line, key)


def _blanked(line: str, key: str) -> str:
    return without_secrets(line)[len(key) + 3 : -1]
