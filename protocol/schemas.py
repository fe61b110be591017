"""JSON Schemas (2020-12) from the message types, one document a message.

Unknown fields stay allowed, as the protocol has it. Only keywords that draft-07 knows too are used, apart from `$defs`,
so that older validators and AsyncAPI tools read the same files.
"""

import inspect
import textwrap
from typing import Any, Final

import msgspec

from protocol.messages import MESSAGES, RAW_ITEMS, Message

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEMPLATE: Final = "#/$defs/{name}"
Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """Return every message's schema by the message's name."""
    return {name: schema(message) for name, message in MESSAGES.items()}


def schema(message: Message) -> Schema:
    """Return one self-contained schema."""
    types = (*message.types, *(item for items in RAW_ITEMS.values() for item in items))
    _, definitions = msgspec.json.schema_components(types, ref_template=_TEMPLATE)
    for (struct, field), items in RAW_ITEMS.items():
        if struct in definitions:
            definitions[struct]["properties"][field]["items"] = _any_of(items)
    root = _any_of(message.types)
    for definition in definitions.values():
        _tidy(definition)
    if message.one_of:
        root["oneOf"] = [_set(field, {"not": {"type": "null"}}) for field in message.one_of]
    if message.some_of:
        root["anyOf"] = [_set(field, {"minItems": 1}) for field in message.some_of]
    return {
        "$schema": DIALECT,
        "$id": f"urn:centralcloud:{message.name}:v1",
        "title": message.name,
        "description": message.summary,
        **_flattened(root, definitions),
    }


def _set(field: str, condition: Schema) -> Schema:
    return {"required": [field], "properties": {field: condition}}


def _any_of(types: tuple[type, ...]) -> Schema:
    references = [{"$ref": _TEMPLATE.format(name=type_.__name__)} for type_ in types]
    return references[0] if len(references) == 1 else {"anyOf": references}


def _tidy(definition: Schema) -> None:
    """Say what the wire says: absent and null mean the same in requests, and descriptions are plain text."""
    if "description" in definition:
        definition["description"] = _plain(definition["description"])
    if definition.get("required") == []:
        del definition["required"]
    for field in definition.get("properties", {}).values():
        if field.get("default", ...) is None:
            del field["default"]


def _plain(docstring: str) -> str:
    return " ".join(textwrap.dedent(inspect.cleandoc(docstring)).split())


def _flattened(root: Schema, definitions: Schema) -> Schema:
    """Put a lone reference's target at the top, where readers look for `properties`, and keep what is used."""
    if "$ref" in root:
        reference = root.pop("$ref")
        name = reference.rsplit("/", 1)[1]
        root = {**definitions[name], **root}
        root.pop("title")
    used = _used(root, definitions)
    return {**root, "$defs": {name: definitions[name] for name in sorted(used)}} if used else root


def _used(node: Any, definitions: Schema) -> set[str]:
    """Return the names of all definitions that `node` reaches."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            reference = item.get("$ref")
            name = reference.rsplit("/", 1)[1] if isinstance(reference, str) else None
            if name is not None and name not in found:
                found.add(name)
                waiting.append(definitions[name])
            waiting.extend(item.values())
    return found
