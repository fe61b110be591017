"""One request to a model's server: the real client on real sockets, and every way in which a server can fail it."""

import datetime
import gzip
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from llm.errors import Misconfigured, ModelError, Postponed, Refused
from llm.model import Model
from llm.prompt import Prompt
from tests.llm import replies
from tests.llm.asking import KEY, PROMPT, VALID, Named, failure
from tests.llm.replies import Reply
from tests.llm.scripted_server import ScriptedServer


def test_an_answer_is_validated_and_counted(model: Model, server: ScriptedServer) -> None:
    server.then(replies.answer(VALID))
    completion = model.complete(PROMPT, Named)
    assert completion.value == Named(name="Next.js", kind="framework")
    assert (completion.model, completion.prompt_tokens, completion.completion_tokens) == ("scripted-1", 120, 40)


def test_the_request_says_what_strict_servers_want(model: Model, server: ScriptedServer) -> None:
    model.complete(PROMPT, Named)
    (asked,) = server.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert (asked.body["model"], asked.system, asked.user) == ("scripted", PROMPT.system, PROMPT.user)
    assert asked.body["max_completion_tokens"] > 0
    assert asked.body["response_format"]["json_schema"]["strict"] is True
    assert asked.schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "at most 20 characters"},
            "kind": {"type": "string", "enum": ["framework", "library"]},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["name", "kind", "note"],
        "additionalProperties": False,
    }


def test_an_objection_continues_the_conversation(model: Model, server: ScriptedServer) -> None:
    model.complete(PROMPT.objecting('{"nam": 1}', "name: Field required"), Named)
    said = server.asked[0].body["messages"]
    assert [one["role"] for one in said] == ["system", "user", "assistant", "user"]
    assert said[2]["content"] == '{"nam": 1}'
    assert "name: Field required" in said[3]["content"]


def test_text_that_cannot_be_encoded_is_sent_all_the_same(model: Model, server: ScriptedServer) -> None:
    model.complete(Prompt("s", "half \ud83d of a pair, \x00, \u202e"), Named)
    assert server.asked[0].user == "half ? of a pair, \x00, \u202e"


@pytest.mark.parametrize("seconds", [0.0, 7.0, 120.5])
def test_429_says_when_in_seconds(model: Model, server: ScriptedServer, seconds: float) -> None:
    error = failure(model, server, replies.too_many(seconds))
    assert isinstance(error, Postponed)
    assert (error.seconds, error.paid) == (seconds, False)


def test_429_says_when_as_a_date(model: Model, server: ScriptedServer) -> None:
    due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90)
    error = failure(model, server, replies.too_many(date=due))
    assert isinstance(error, Postponed)
    assert error.seconds is not None
    assert 30 < error.seconds <= 90
    # By the server's own clock, where it tells.
    told = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT", "Date": "Wed, 21 Oct 2015 07:27:15 GMT"}
    error = failure(model, server, replace(replies.too_many(), headers=told))
    assert isinstance(error, Postponed)
    assert error.seconds == 45


@pytest.mark.parametrize("said", ["", "soon", "-5", "nan", "Wed, 99 Oct"])
def test_a_retry_after_that_cannot_be_read_says_nothing(model: Model, server: ScriptedServer, said: str) -> None:
    error = failure(model, server, replace(replies.too_many(), headers={"Retry-After": said}))
    assert isinstance(error, Postponed)
    assert error.seconds is None


def test_no_pause_is_longer_than_a_day(model: Model, server: ScriptedServer) -> None:
    for said in ("inf", "1e300", "Wed, 21 Oct 2915 07:28:00 GMT"):
        error = failure(model, server, replace(replies.too_many(), headers={"Retry-After": said}))
        assert isinstance(error, Postponed)
        assert error.seconds == 86_400


def test_an_empty_account_is_asked_again_in_an_hour(model: Model, server: ScriptedServer) -> None:
    error = failure(model, server, replies.failure(429, "no money left", code="insufficient_quota"))
    assert isinstance(error, Postponed)
    assert error.seconds == 3_600


@pytest.mark.parametrize(
    "reply",
    [
        replies.failure(500),
        replies.failure(503),
        replies.truncated(VALID),
        replies.truncated(VALID, after=0),
        replace(replies.failure(502, "bad gateway"), cut=10),
        replies.bad_json(),
        replies.closed(),
        Reply(b""),
        Reply(b'{"choices": []}'),
        Reply(b'{"choices": [{"message": {"content": 7}}]}'),
        Reply(b"[" * 100_000),
        replace(replies.answer(VALID), body=replies.answer(VALID).body + b" " * 3_000_000),
    ],
    ids=[
        "500",
        "503",
        "cut",
        "cut at once",
        "cut 502",
        "html",
        "closed",
        "empty",
        "no choice",
        "number",
        "deep",
        "long",
    ],
)
def test_a_server_that_is_not_well_is_asked_later_and_may_have_charged(
    model: Model, server: ScriptedServer, reply: Reply
) -> None:
    error = failure(model, server, reply)
    assert isinstance(error, Postponed), error
    assert (error.seconds, error.paid) == (None, True)


def test_a_server_that_is_not_there_has_charged_nothing() -> None:
    model = Model("scripted", api_key=KEY, base_url="http://127.0.0.1:1/v1", timeout=20)
    with pytest.raises(Postponed) as caught:
        model.complete(PROMPT, Named)
    assert caught.value.paid is False
    model.close()


@pytest.mark.parametrize(
    "reply",
    [
        replies.answer(VALID).after(30),
        replies.dripped(VALID, 0.2),
        replies.dripped(VALID, 0.2, headers=True),
        replace(replies.failure(500, "x" * 300), drip=0.2),
    ],
    ids=["silent", "drip", "dripped headers", "dripped failure"],
)
def test_a_call_ends_at_its_deadline_whatever_trickles_in(server: ScriptedServer, reply: Reply) -> None:
    model = Model("scripted", api_key=KEY, base_url=server.url, timeout=1)
    began = time.monotonic()
    error = failure(model, server, reply)
    assert isinstance(error, Postponed)
    assert error.paid
    assert time.monotonic() - began < 5
    model.close()


_HUGE = 200 * 1024 * 1024


@pytest.mark.parametrize(
    ("reply", "ends"),
    [
        (replace(replies.answer(VALID), endless=True), Postponed),
        (replace(replies.answer(VALID), length=_HUGE), Postponed),
        (replace(replies.failure(500), endless=True), Postponed),
        (replace(replies.failure(500), length=_HUGE), Postponed),
        (replace(replies.failure(429), endless=True), Postponed),
        (replace(replies.failure(401, "wrong key"), endless=True), Misconfigured),
        (replace(replies.failure(400, "too long"), length=_HUGE), Refused),
        (replace(replies.failure(302), endless=True), Misconfigured),
    ],
    ids=["answer", "200 MB", "500", "500 of 200 MB", "429", "401", "400 of 200 MB", "302"],
)
def test_a_body_without_end_is_left_after_a_few_bytes(
    model: Model, server: ScriptedServer, reply: Reply, ends: type[ModelError]
) -> None:
    error = failure(model, server, reply)
    assert isinstance(error, ends), error
    server.wait_idle()
    # What lay in the buffers of both ends' sockets included.
    assert server.filled < 32 * 1024 * 1024
    assert len(error.message) <= 500


@pytest.mark.parametrize("status", [200, 500])
def test_a_packed_body_that_unpacks_to_far_more_is_left_early(
    model: Model, server: ScriptedServer, status: int
) -> None:
    packed = gzip.compress(b" " * _HUGE)
    model.complete(PROMPT, Named)
    assert server.asked[0].headers["accept-encoding"] == "identity"
    tracemalloc.start()
    error = failure(model, server, Reply(packed, status, {"Content-Encoding": "gzip"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(error, Postponed)
    assert peak < 64 * 1024 * 1024


def test_the_sentence_of_a_long_error_is_still_told(model: Model, server: ScriptedServer) -> None:
    error = failure(model, server, replace(replies.failure(401, "no such key here"), length=1_000_000))
    assert "no such key here" in error.message


@pytest.mark.parametrize("status", [301, 307, 401, 402, 403, 404, 405])
def test_wrong_settings_are_told_apart(model: Model, server: ScriptedServer, status: int) -> None:
    elsewhere = {"Location": f"{server.url}/chat/completions"}
    error = failure(model, server, replace(replies.failure(status, f"no: {KEY}"), headers=elsewhere))
    assert isinstance(error, Misconfigured)
    assert not error.paid


@pytest.mark.parametrize("base_url", ["ftp://127.0.0.1/v1", "127.0.0.1:8001/v1"])
def test_an_address_that_is_none_is_told_apart(base_url: str) -> None:
    model = Model("scripted", api_key=KEY, base_url=base_url, timeout=20)
    with pytest.raises(Misconfigured):
        model.complete(PROMPT, Named)
    model.close()


@pytest.mark.parametrize(
    ("reply", "paid"),
    [
        (replies.refusal("I cannot help with that."), True),
        (replies.said("", finish="content_filter"), True),
        (replies.failure(400, "the prompt is too long", code="context_length_exceeded"), False),
        (replies.failure(413), False),
    ],
    ids=["refusal", "filter", "400", "413"],
)
def test_a_refusal_is_final(model: Model, server: ScriptedServer, reply: Reply, *, paid: bool) -> None:
    error = failure(model, server, reply)
    assert isinstance(error, Refused)
    assert error.paid is paid


def test_closing_ends_calls_in_flight(server: ScriptedServer) -> None:
    model = Model("scripted", api_key=KEY, base_url=server.url, timeout=60)
    server.then(replies.answer(VALID).after(30))
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(model.complete, PROMPT, Named)
        server.wait_asked(1)
        model.close()
        assert isinstance(call.exception(10), Postponed)
    model.close()
    with pytest.raises(Postponed) as caught:
        model.complete(PROMPT, Named)
    assert not caught.value.paid
