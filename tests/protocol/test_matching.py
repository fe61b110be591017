"""The matchers in Python and in JavaScript agree, on values that match and values that do not."""

import json
import subprocess
from typing import Any

import pytest

from protocol.generate import ROOT
from protocol.matching import differences

Json = Any
MATCHING: list[tuple[Json, Json]] = [
    (1, 1),
    (1, 1.0),
    ("é", "é"),
    (None, None),
    ({}, {"more": 1}),
    ({"a": [1, {"b": True}]}, {"a": [1, {"b": True, "c": 2}]}),
    ({"a": {"$absent": True}}, {"b": 1}),
    ({"$any": "string"}, ""),
    ({"$any": "integer"}, 3.0),
    ({"$any": "number"}, 0.5),
    ({"$any": "boolean"}, False),
    ({"$any": "array"}, []),
    ({"$any": "object"}, {}),
    ({"$contains": "b"}, "abc"),
    ({"$contains": {"a": 1}}, [{"a": 2}, {"a": 1, "b": 3}]),
    ({"$contains": [1, 2]}, [2, 3, 1]),
    ({"$first": {"a": 1}}, [{"a": 1}, 7]),
    ({"$one_of": [1, {"$any": "string"}]}, "x"),
    ({"$at_least": 2}, 2),
    ({"$any": "string", "other": 1}, {"$any": "string", "other": 1}),
]
DIFFERING: list[tuple[Json, Json]] = [
    (1, 2),
    (1, True),
    (0, False),
    ("1", 1),
    (None, 0),
    ({"a": None}, {}),
    ({"a": 1}, [1]),
    ([], {}),
    ([1], [1, 2]),
    ([1, 2], [2, 1]),
    ({"a": {"$absent": True}}, {"a": None}),
    ({"a": {"$any": "string"}}, {}),
    ({"$any": "integer"}, 1.5),
    ({"$any": "integer"}, True),
    ({"$any": "number"}, "1"),
    ({"$any": "object"}, []),
    ({"$any": "object"}, None),
    ({"$contains": "x"}, "abc"),
    ({"$contains": 1}, 1),
    ({"$contains": [1, 4]}, [2, 3, 1]),
    ({"$first": 1}, []),
    ({"$first": 1}, [2, 1]),
    ({"$one_of": [1, 2]}, 3),
    ({"$at_least": 2}, 1.9),
    ({"$at_least": 2}, "3"),
]
_SCRIPT = """
import { differences } from "%s/replay.mjs";
const cases = JSON.parse(process.argv[1]);
console.log(JSON.stringify(cases.map(([expected, actual]) => differences(expected, actual).length)));
"""


@pytest.mark.parametrize(("expected", "actual"), MATCHING)
def test_matches(expected: Json, actual: Json) -> None:
    assert differences(expected, actual) == []


@pytest.mark.parametrize(("expected", "actual"), DIFFERING)
def test_differs_and_says_where(expected: Json, actual: Json) -> None:
    found = differences(expected, actual)
    assert found
    assert all(line.startswith("$") for line in found)


def test_a_difference_has_its_path() -> None:
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": 2}]}) == ["$.a[0].b: 2 instead of 1"]


def test_javascript_agrees(node: str) -> None:
    script = _SCRIPT % ROOT.as_uri()
    command = [node, "--input-type=module", "-e", script, json.dumps(MATCHING + DIFFERING)]
    counts = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout)
    assert [count > 0 for count in counts] == [False] * len(MATCHING) + [True] * len(DIFFERING)
