"""A value that satisfies a JSON Schema: what a scripted model says when nobody told it what to say."""

from collections.abc import Mapping
from typing import Any


def sample(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """Return the plainest value of a schema as strict structured output knows them."""
    root = root or schema
    if "$ref" in schema:
        target: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[part]
        return sample(target, root)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        options = schema["anyOf"]
        return sample(next((one for one in options if one.get("type") == "null"), options[0]), root)
    match schema.get("type"):
        case "object":
            return {name: sample(inner, root) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return []
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "null":
            return None
    return "scripted"
