"""The schema that a model is given: closed, everything required, constraints in words, nothing that servers reject."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, ConfigDict, Field

from llm.schema import strict_schema
from tests.llm.sampling import sample


class Kind(StrEnum):
    FILE = "file"
    PACKAGE = "package"


class Indicator(BaseModel):
    """One fact."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    weight: Annotated[float, Ge(0), Le(1)] = 0.5
    cites: Annotated[list[Annotated[str, MaxLen(8)]], MaxLen(4)] = []


class Found(BaseModel):
    shape: Literal["found"]
    first: Annotated[Indicator, Field(description="The best one.")]
    others: list[Indicator] = []
    homepage: Annotated[str, Field(pattern="^https://", description="Where it lives.")] | None = None


class Unknown(BaseModel):
    shape: Literal["unknown"]


class Answer(BaseModel):
    told: Annotated[Found | Unknown, Field(discriminator="shape")]


def nodes(schema: Any) -> list[dict[str, Any]]:
    """Return every node of a schema, names of properties not taken for keywords."""
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    inner += [schema["items"]] if "items" in schema else []
    return [schema, *[found for one in inner for found in nodes(one)]]


def test_every_object_is_closed_and_complete() -> None:
    objects = [node for node in nodes(strict_schema(Answer)) if node.get("type") == "object"]
    assert len(objects) >= 4
    for node in objects:
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])


def test_nothing_is_said_that_strict_servers_reject() -> None:
    allowed = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "description"}
    for node in nodes(strict_schema(Answer)):
        assert node.keys() <= allowed | {"$ref", "$defs"}
        assert "$ref" not in node or len(node) == 1


def test_constraints_are_told_in_words() -> None:
    defined = strict_schema(Answer)["$defs"]
    assert defined["Indicator"]["properties"]["weight"]["description"] == "at least 0; at most 1"
    assert defined["Indicator"]["properties"]["cites"]["items"]["description"] == "at most 8 characters"
    homepage = defined["Found"]["properties"]["homepage"]
    assert "matching ^https://" in str(homepage)
    assert defined["Found"]["properties"]["first"]["description"] == "The best one."


def test_what_the_schema_allows_the_class_takes() -> None:
    assert Answer.model_validate(sample(strict_schema(Answer))).told.shape == "found"


class Free(BaseModel):
    anything: dict[str, int]


class Pair(BaseModel):
    both: tuple[int, str]


@pytest.mark.parametrize("output", [Free, Pair])
def test_what_strict_mode_cannot_express_fails_at_once(output: type[BaseModel]) -> None:
    with pytest.raises(TypeError, match=output.__name__):
        strict_schema(output)
