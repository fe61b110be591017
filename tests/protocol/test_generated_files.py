"""The published contract is what the message types say, and is well formed."""

import jsonschema
import pytest

from protocol.generate import stale
from protocol.messages import MESSAGES
from protocol.schemas import Schema, schemas


def test_committed_files_are_up_to_date() -> None:
    assert stale() == [], "run `make protocol`"


@pytest.mark.parametrize("name", MESSAGES)
def test_schema_is_valid_in_both_dialects(name: str) -> None:
    schema = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft7Validator.check_schema({**schema, "$schema": "http://json-schema.org/draft-07/schema#"})


@pytest.mark.parametrize("name", MESSAGES)
def test_unknown_fields_are_allowed(name: str) -> None:
    waiting: list[object] = [schemas()[name]]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            assert item.get("additionalProperties") is not False
            assert "unevaluatedProperties" not in item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("query", {}),
        ("query", {"framework": 5}),
        ("query", {"framework": "x", "technology": "x"}),
        ("query", {"framework": None}),
        ("query", {"search": "x", "limit": 0}),
        ("detect", {"evidence": {}}),
        ("learn", {"name": "x"}),
        ("learn", {"name": "x", "indicators": [], "examples": []}),
        ("learn", {"examples": ["x"]}),
        ("feedback", {"slug": "x", "verdict": "perhaps"}),
        ("sync-request", {"since": -1}),
        ("query-reply", {"v": 1, "ok": True, "status": "found"}),
        ("error-reply", {"v": 1, "ok": True, "error": {"code": "bad_json", "message": "", "retryable": False}}),
        ("change", {"v": 1, "kind": "pattern", "op": "upsert"}),
    ],
)
def test_schema_refuses(name: str, value: Schema) -> None:
    assert not jsonschema.Draft202012Validator(schemas()[name]).is_valid(value)
