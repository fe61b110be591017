"""The AsyncAPI document is structurally sound, and has every subject and every message."""

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema

from centralcloud_client import subjects
from centralcloud_client.messages.replies import ErrorCode
from protocol.asyncapi import ERROR_HEADERS, asyncapi
from protocol.generate import ROOT
from protocol.messages import MESSAGES

Json = Any
_META = Path(__file__).parent / "asyncapi_meta_schema.json"


def test_structure() -> None:
    meta = json.loads(_META.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(meta)
    jsonschema.Draft202012Validator(meta).validate(asyncapi())


def _references(node: Json) -> list[str]:
    if isinstance(node, list):
        return [reference for item in node for reference in _references(item)]
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for item in node.values() for reference in _references(item)]
    return []


def test_every_reference_resolves() -> None:
    document = asyncapi()
    references = _references(document)
    assert len(references) > 50
    for reference in references:
        file, _, pointer = reference.partition("#")
        target = json.loads((ROOT / file).read_text("utf-8")) if file else document
        for part in pointer.split("/")[1:]:
            target = target[part]


def test_messages_of_operations_belong_to_their_channels() -> None:
    document = asyncapi()
    for key, operation in document["operations"].items():
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"]), key
        if "reply" in operation:
            prefix = f"{operation['reply']['channel']['$ref']}/messages/"
            assert all(message["$ref"].startswith(prefix) for message in operation["reply"]["messages"]), key


def _addresses() -> dict[str, str]:
    """Return every address of the document, parameters filled in, with its operation's action."""
    document = asyncapi()
    actions = {operation["channel"]["$ref"]: operation["action"] for operation in document["operations"].values()}
    found = {}
    for key, channel in document["channels"].items():
        if channel["address"] is None:
            continue
        kinds = channel.get("parameters", {}).get("type", {}).get("enum", [""])
        for kind in kinds:
            found[channel["address"].replace("{type}", kind)] = actions[f"#/channels/{key}"]
    return found


def _of_all_types(subject: str) -> list[str]:
    return [subject.replace("*", kind) for kind in subjects.TYPES] if "*" in subject else [subject]


def test_every_subject_is_there_and_no_other() -> None:
    asked = {
        concrete
        for subject in (*subjects.REQUESTS, *subjects.LEARN_STREAM_SUBJECTS)
        for concrete in _of_all_types(subject)
    }
    service = {"$SRV.PING", "$SRV.INFO", "$SRV.STATS"}
    published = {subjects.SYNC_PUBLISH, subjects.SYNC_HEARTBEAT}
    assert _addresses() == dict.fromkeys(asked | service, "receive") | dict.fromkeys(published, "send")
    every = {value for value in vars(subjects).values() if isinstance(value, str) and value.startswith("centralcloud.")}
    every -= {subjects.PATTERNS, subjects.TEMPLATES}
    assert {concrete for subject in every for concrete in _of_all_types(subject)} <= _addresses().keys()


def test_every_message_is_used() -> None:
    used = {reference.rsplit("/", 1)[1] for reference in _references(asyncapi()["channels"])}
    assert used >= MESSAGES.keys()


def test_every_error_code_is_told() -> None:
    assert set(ERROR_HEADERS["properties"]["Nats-Service-Error-Code"]["enum"]) == set(get_args(ErrorCode))
