"""The golden pairs are consistent: valid where they mean to be, refused by the decoder where not, complete."""

import json
from typing import Any, get_args

import jsonschema
import pytest
import yaml

from centralcloud_client import subjects, wire
from centralcloud_client.messages.replies import ErrorCode
from centralcloud_client.naming import normalise
from protocol import replay
from protocol.messages import MESSAGES
from protocol.pair import Pair
from protocol.pairs import pairs
from protocol.pairs.names import KEYS
from protocol.schemas import schemas

Json = Any
EVERY = [(topic, pair) for topic, all_of_it in pairs().items() for pair in all_of_it]
_NAMES = [f"{topic}: {pair['name']}" for topic, pair in EVERY]

#: Codes that need a fault or a limit reached: tested where those faults are made.
_NEED_A_FAULT = {"unavailable", "backpressure", "quota_exceeded", "revoked", "dead_letter"}


def test_names_are_unique() -> None:
    assert len(set(_NAMES)) == len(_NAMES)


@pytest.mark.parametrize(("topic", "pair"), EVERY, ids=_NAMES)
def test_request_fits_its_schema_and_its_type(topic: str, pair: Pair) -> None:
    if "request_schema" not in pair:
        return
    name = pair["request_schema"]
    jsonschema.Draft202012Validator(schemas()[name]).validate(pair["request"])
    (type_,) = MESSAGES[name].types
    assert isinstance(wire.decode(replay.body(pair), type_), type_)


@pytest.mark.parametrize(("topic", "pair"), EVERY, ids=_NAMES)
def test_a_pair_has_one_body_and_an_expectation(topic: str, pair: Pair) -> None:
    bodies = sum(key in pair for key in ("request", "raw_text", "raw_base64"))
    assert bodies == (1 if "reply" in pair or pair.get("denied") else 0)
    assert "reply" in pair or pair.get("denied") or pair.get("hears")


def _expected_codes(node: Json) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_expected_codes, node)) if node else set()
    if isinstance(node, dict):
        own = {node["code"]} if isinstance(node.get("code"), str) else set()
        return own.union(*map(_expected_codes, node.values()))
    return set()


def test_every_error_code_that_needs_no_fault_is_shown() -> None:
    assert (
        _expected_codes([[pair.get("reply"), pair.get("hears")] for _topic, pair in EVERY])
        == set(get_args(ErrorCode)) - _NEED_A_FAULT
    )


def test_every_subject_is_shown() -> None:
    shown = {pair["subject"] for _topic, pair in EVERY}
    heard = {heard["subject"] for _topic, pair in EVERY for heard in pair.get("hears", [])}
    kept = {subjects.learn("framework"), subjects.feedback("framework")}
    asked = {subject for subject in subjects.REQUESTS if "*" not in subject}
    assert shown >= {*subjects.QUERIES, *asked, *kept}
    assert heard >= {subjects.SYNC_PUBLISH, subjects.SYNC_HEARTBEAT}


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_names_compare_as_published(name: str, key: str) -> None:
    assert normalise(name) == key
    assert normalise(key) == key


def test_what_is_required_is_in_the_catalogue() -> None:
    shipped = {
        entry["slug"]
        for path in (replay.GOLDEN.parents[1] / "catalogue").glob("*.yaml")
        for entry in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    }
    required = {slug for _topic, pair in EVERY for slug in pair.get("requires", [])}
    assert required - shipped == set()


def test_files_are_played_in_order() -> None:
    files = replay.golden_files()
    assert [path.stem for path in files] == sorted(pairs())
    assert sum(len(json.loads(path.read_text("utf-8"))) for path in files) == len(EVERY)
