"""The JSON Schema of an output as strict structured output wants it.

Objects are closed and all their properties required; what strict servers reject (lengths, formats, defaults, titles) is
told in words instead. It only guides the model: the answer is validated by the pydantic class itself.
"""

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

#: Keywords that strict mode knows everywhere.
_KEPT: Final = frozenset({"$defs", "$ref", "anyOf", "description", "enum", "items", "properties", "type"})
#: Keywords that say nothing a model needs.
_DROPPED: Final = frozenset({"title", "default", "examples", "additionalProperties", "required", "discriminator"})
#: Constraints, and how they read.
_IN_WORDS: Final[Mapping[str, str]] = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "multipleOf": "a multiple of {}",
    "pattern": "matching {}",
    "format": "in the format {}",
    "uniqueItems": "no item twice",
}


@lru_cache(maxsize=64)
def _built(output: type[BaseModel]) -> dict[str, Any]:
    schema = output.model_json_schema()
    return _strict(schema, schema, output.__name__)


def strict_schema(output: type[BaseModel]) -> dict[str, Any]:
    """Return the schema; raises TypeError where an output has what strict mode cannot express."""
    return deepcopy(_built(output))


def _strict(schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return one node and all below it; `path` names it in errors."""
    node = _plain(schema, root, path)
    if unknown := node.keys() - _KEPT - _DROPPED - _IN_WORDS.keys():
        raise TypeError(f"{path}: strict mode has no {', '.join(sorted(unknown))}")
    strict = {name: value for name, value in node.items() if name in _KEPT}
    words = [form.format(node[name]) for name, form in _IN_WORDS.items() if name in node]
    if words:
        told = "; ".join(words)
        strict["description"] = f"{strict['description']} ({told})" if "description" in strict else told
    if node.get("type") == "object":
        if isinstance(node.get("additionalProperties"), Mapping) or "properties" not in node:
            raise TypeError(f"{path}: strict mode has no objects of free keys")
        inner = node["properties"]
        strict["properties"] = {name: _strict(value, root, f"{path}.{name}") for name, value in inner.items()}
        strict |= {"required": list(inner), "additionalProperties": False}
    if "items" in node:
        strict["items"] = _strict(node["items"], root, f"{path}[]")
    if "anyOf" in node:
        strict["anyOf"] = [_strict(one, root, path) for one in node["anyOf"]]
    if "$defs" in node:
        strict["$defs"] = {name: _strict(value, root, name) for name, value in node["$defs"].items()}
    return strict


def _plain(schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return a node in fewer words: `oneOf`, `const`, a single `allOf`, and references with company rewritten."""
    node = dict(schema)
    if "oneOf" in node:
        node["anyOf"] = node.pop("oneOf")
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if len(node.get("allOf", ())) == 1:
        node = {**node.pop("allOf")[0], **node}
    # Strict mode wants a reference alone in its node.
    if "$ref" in node and len(node.keys() - _DROPPED) > 1:
        target: Any = root
        for part in str(node.pop("$ref")).removeprefix("#/").split("/"):
            target = target[part]
        return _plain({**target, **node}, root, path)
    return node
