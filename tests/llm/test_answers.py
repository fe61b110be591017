"""What a server answers: what is read of it, what is told of the rest, and how servers that know less are asked."""

import json
from dataclasses import replace
from typing import Any

import pytest

from llm.errors import NotUnderstood, Unreadable
from llm.model import Model
from tests.llm import replies
from tests.llm.asking import PROMPT, VALID, Named, failure
from tests.llm.replies import Reply
from tests.llm.scripted_server import Asked, ScriptedServer


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{", "Invalid JSON"),
        ("I think it is Next.js.", "Invalid JSON"),
        ('{"name": "x"}', "kind: Field required"),
        ('{"name": "x", "kind": "framework", "trust": 1}', "trust: Extra inputs are not permitted"),
        ('{"name": "' + "x" * 21 + '", "kind": "framework"}', "name: String should have at most 20 characters"),
        ('{"name": "x", "kind": "database"}', "kind: Input should be 'framework' or 'library'"),
        ("[]", "the whole: Input should be an object"),
        ("", "Invalid JSON"),
    ],
)
def test_an_output_that_does_not_validate_says_where(
    model: Model, server: ScriptedServer, said: str, wrong: str
) -> None:
    error = failure(model, server, replies.said(said))
    assert isinstance(error, Unreadable)
    assert wrong in error.errors
    assert (error.raw, error.prompt_tokens, error.completion_tokens) == (said, 120, 40)


def test_an_answer_that_was_cut_off_is_asked_to_be_briefer(model: Model, server: ScriptedServer) -> None:
    error = failure(model, server, replies.said('{"name": "Nex', finish="length"))
    assert isinstance(error, Unreadable)
    assert "briefer" in error.errors


@pytest.mark.parametrize(
    "said",
    [
        "```json\nJSON\n```",
        "Here it is:\n\n```json\nJSON\n```\nI hope that helps.",
        '<think>\nA {"name": "thought"}?\n</think>\n\nJSON',
        "<think></think>```\nJSON```",
    ],
)
def test_words_around_json_are_no_fault(model: Model, server: ScriptedServer, said: str) -> None:
    server.then(replies.said(said.replace("JSON", json.dumps(VALID))))
    assert model.complete(PROMPT, Named).value.name == "Next.js"


@pytest.mark.parametrize(
    ("changed", "tokens"),
    [
        ({"usage": {"prompt_tokens": None, "completion_tokens": 7}}, (0, 7)),
        ({"usage": {"prompt_tokens": -3, "completion_tokens": 10**12}}, (0, 0)),
        ({"usage": "many"}, (0, 0)),
        ({"usage": None}, (0, 0)),
        ({"model": None}, (120, 40)),
        ({"model": {"name": "x"}, "id": 4, "created": "now"}, (120, 40)),
    ],
)
def test_what_is_only_told_beside_an_answer_does_not_spoil_it(
    model: Model, server: ScriptedServer, changed: dict[str, Any], tokens: tuple[int, int]
) -> None:
    plain = replies.answer(VALID)
    server.then(replace(plain, body=json.dumps(json.loads(plain.body) | changed).encode()))
    done = model.complete(PROMPT, Named)
    assert (done.value.name, done.prompt_tokens, done.completion_tokens) == ("Next.js", *tokens)


def test_an_answer_in_parts_is_one(model: Model, server: ScriptedServer) -> None:
    plain = replies.answer(VALID)
    body = json.loads(plain.body)
    text = body["choices"][0]["message"]["content"]
    body["choices"][0]["message"]["content"] = [{"type": "text", "text": text[:9]}, {"type": "text", "text": text[9:]}]
    server.then(replace(plain, body=json.dumps(body).encode()))
    assert model.complete(PROMPT, Named).value.name == "Next.js"


def _json_mode_only(asked: Asked) -> Reply:
    """Answer as servers do that know JSON mode and the older limit only."""
    if asked.format == "json_schema":
        return replies.failure(400, "This response_format type is unavailable now", type="invalid_request_error")
    if "max_completion_tokens" in asked.body:
        return replies.unknown_parameter("max_completion_tokens")
    return replies.answer(VALID)


def test_a_server_that_knows_json_mode_only_is_asked_so_from_then_on(model: Model, server: ScriptedServer) -> None:
    server.script = _json_mode_only
    for _ in range(2):
        with pytest.raises(NotUnderstood) as caught:
            model.complete(PROMPT, Named)
        assert not caught.value.paid
    assert model.complete(PROMPT, Named).value.name == "Next.js"
    assert model.complete(PROMPT, Named).value.name == "Next.js"
    assert [asked.format for asked in server.asked] == ["json_schema", *["json_object"] * 3]
    assert "max_tokens" in server.asked[-1].body
    # The shape is told in words; JSON mode also wants to hear of JSON.
    assert '"enum": ["framework", "library"]' in server.asked[-1].system


def test_a_server_that_knows_no_format_is_asked_in_words(model: Model, server: ScriptedServer) -> None:
    def words_only(asked: Asked) -> Reply:
        known = "response_format" not in asked.body
        return replies.answer(VALID) if known else replies.unknown_parameter("response_format")

    server.script = words_only
    for _ in range(2):
        with pytest.raises(NotUnderstood):
            model.complete(PROMPT, Named)
    assert model.complete(PROMPT, Named).value.name == "Next.js"
    assert [asked.format for asked in server.asked] == ["json_schema", "json_object", "text"]
    assert '"enum": ["framework", "library"]' in server.asked[-1].system
