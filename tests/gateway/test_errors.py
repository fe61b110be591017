"""Every error code that arises at the gateway, over the wire, and what else must not be silence."""

import asyncio
import base64
import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from nats.errors import TimeoutError as NatsTimeoutError

from stack.servers import EmbeddedServers
from tests.gateway.conftest import Gateway
from tests.gateway.stand_in import StandIn, Task

QUERY = "patterns.framework.query"
EVIDENCE = {"evidence": {"files": {"package.json": "{}"}}}


UNREADABLE: list[tuple[str, Any, str]] = [
    (QUERY, b"{", "bad_json"),
    (QUERY, b"", "bad_json"),
    (QUERY, b"\xff\xfe", "bad_encoding"),
    (QUERY, b'{"name":"a\\u0000b"}', "bad_text"),
    (QUERY, b'{"name":"\\ud800"}', "bad_text"),
    (QUERY, b'{"name":"a","min_confidence":NaN}', "bad_number"),
    (QUERY, b'{"name":"a","min_confidence":1e999}', "bad_number"),
    (QUERY, b'{"name":' + b"[" * 100 + b"]" * 100 + b"}", "too_complex"),
    (QUERY, b"[]", "bad_schema"),
    (QUERY, {}, "bad_schema"),
    (QUERY, {"framework": 7}, "bad_schema"),
    (QUERY, {"name": "a", "framework": "b"}, "bad_schema"),
    (QUERY, {"name": "a", "search": "b"}, "bad_schema"),
    (QUERY, {"name": ""}, "bad_schema"),
    (QUERY, {"search": ""}, "bad_schema"),
    ("patterns.recipe.query", {"name": "a"}, "unknown_type"),
    ("patterns.detect", {}, "bad_schema"),
    ("patterns.detect", {**EVIDENCE, "path": "/srv"}, "bad_schema"),
    ("patterns.learn.status", {}, "bad_schema"),
    ("patterns.learn.status", {"learn_id": "a", "learn_ids": ["b"]}, "bad_schema"),
    ("patterns.learn.status", {"learn_ids": ["a"] * 257}, "bad_schema"),
    ("patterns.sync.request", {"since": -1}, "bad_schema"),
    ("patterns.sync.request", {"types": ["framework", "recipe"]}, "unknown_type"),
    ("templates.get", {}, "bad_schema"),
    ("templates.search", {"limit": 0}, "bad_schema"),
]


async def test_what_cannot_be_read_is_named(gateway: Gateway) -> None:
    errors = [await gateway.error(subject, body) for subject, body, _ in UNREADABLE]
    assert [error["code"] for error in errors] == [code for _, _, code in UNREADABLE]
    assert not any(error["retryable"] for error in errors)
    assert all(error["message"] for error in errors)


async def test_packed_bodies(gateway: Gateway, worker: StandIn) -> None:
    packed = {"Content-Encoding": "gzip"}
    body = gzip.compress(json.dumps(EVIDENCE).encode())
    answer = await gateway.ask("patterns.detect", body, packed)
    # It travels on as it came; only one that came as text goes on as text.
    assert base64.b64decode(answer["kwargs"]["packed"]) == body
    assert "body" not in answer["kwargs"]
    plain = await gateway.ask("patterns.detect", EVIDENCE)
    assert json.loads(plain["kwargs"]["body"]) == EVIDENCE
    by_type = await gateway.ask("patterns.framework.query", body, packed)
    assert base64.b64decode(by_type["kwargs"]["packed"]) == body
    unchanged = await gateway.ask("patterns.detect", EVIDENCE, {"Content-Encoding": "identity"})
    assert json.loads(unchanged["kwargs"]["body"]) == EVIDENCE
    assert (await gateway.error("patterns.detect", body[:-4], packed))["code"] == "bad_encoding"
    assert (await gateway.error("patterns.detect", body, {"Content-Encoding": "br"}))["code"] == "bad_encoding"
    bomb = gzip.compress(b" " * (9 * 1024 * 1024))
    assert (await gateway.error("patterns.detect", bomb, packed))["code"] == "too_large"


@pytest.mark.parametrize("written", [str.lower, str.upper, str.title])
async def test_headers_are_known_however_they_are_written(
    gateway: Gateway, worker: StandIn, written: Callable[[str], str]
) -> None:
    body = gzip.compress(json.dumps(EVIDENCE).encode())
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    told = {"Content-Encoding": "GZip", "CC-Instance": "i1", "CC-Deadline": "60000", "traceparent": traceparent}
    answer = await gateway.ask("patterns.detect", body, {written(name): value for name, value in told.items()})
    assert answer["kwargs"]["instance"] == "i1"
    (task,) = worker.named("tasks.detection.detect")
    assert task.headers["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert 50 < task.kwargs["deadline"] - time.time() < 60


async def test_large_bodies_do_not_delay_hits(gateway: Gateway, worker: StandIn) -> None:
    worker.knows("framework", "rails")
    await gateway.ask(QUERY, {"name": "rails"})

    async def answer(task: Task) -> None:
        await worker.answer(task, {"v": 1, "ok": True, "bytes": len(task.kwargs["body"])})

    worker.plays["tasks.detection.detect"] = answer
    body = json.dumps({"evidence": {"files": {f"f{number}": "[{" * 20 for number in range(50_000)}}}).encode()
    large = asyncio.create_task(gateway.ask("patterns.detect", body))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    for _ in range(20):
        assert (await gateway.ask(QUERY, {"name": "rails"}))["source"] == "cache"
    assert time.monotonic() - began < 1.5
    assert (await large)["bytes"] == len(body)


async def test_workers_down_is_an_answer_before_the_deadline(gateway: Gateway) -> None:
    for subject, body in ((QUERY, {"name": "a"}), ("patterns.detect", EVIDENCE), ("templates.get", {"name": "t"})):
        began = time.monotonic()
        error = await gateway.error(subject, body, {"CC-Deadline": "600"})
        took = time.monotonic() - began
        assert (error["code"], error["retryable"]) == ("deadline_exceeded", True)
        assert 0.4 < took < 0.6


async def test_default_deadlines(gateway: Gateway) -> None:
    async def answered_after(body: Any, headers: dict[str, str] | None = None) -> float:
        began = time.monotonic()
        assert (await gateway.error(QUERY, body, headers))["code"] == "deadline_exceeded"
        return time.monotonic() - began

    by_wait, by_search, nonsense, past = await asyncio.gather(
        answered_after({"name": "a", "wait_ms": 300}),
        answered_after({"search": "a"}),
        answered_after({"search": "b"}, {"CC-Deadline": "soon"}),
        answered_after({"name": "c"}, {"CC-Deadline": "0"}),
    )
    assert 0.6 < by_wait < 0.8
    assert 1.8 < by_search < 2.0
    assert 1.8 < nonsense < 2.0
    assert past < 0.2


async def test_redis_killed_is_unavailable_before_the_deadline_and_heals(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn
) -> None:
    worker.knows("framework", "rails")
    await gateway.ask(QUERY, {"name": "rails"})
    servers.kill("valkey")
    try:
        for subject, body in ((QUERY, {"name": "x"}), ("patterns.detect", EVIDENCE), (QUERY, {"search": "y"})) * 2:
            began = time.monotonic()
            error = await gateway.error(subject, body)
            assert (error["code"], error["retryable"]) == ("unavailable", True)
            assert time.monotonic() - began < 1
        # What is known is still answered, and the gateway stays ready.
        assert (await gateway.ask(QUERY, {"name": "rails"}))["source"] == "cache"
        assert (await gateway.get("/ready"))[0] == 200
    finally:
        await asyncio.to_thread(servers.start, "valkey")
    await asyncio.sleep(0.6)
    assert (await gateway.ask(QUERY, {"name": "x"}))["status"] == "not_found"


async def test_a_hanging_redis_is_unavailable_before_the_deadline(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn
) -> None:
    servers.suspend("valkey")
    try:
        for name in ("a", "b", "c"):
            began = time.monotonic()
            error = await gateway.error(QUERY, {"name": name}, {"CC-Deadline": "1500"})
            assert error["code"] == "unavailable"
            assert time.monotonic() - began < 1.5
    finally:
        servers.resume("valkey")


async def test_workers_replies_are_relayed_unchanged(gateway: Gateway, worker: StandIn) -> None:
    async def refuse(task: Task) -> None:
        error = {"code": "forbidden_path", "message": "not below an allowed root", "retryable": False}
        mirrored = {"Nats-Service-Error-Code": "forbidden_path", "Nats-Service-Error": "no", "X-Inner": "1"}
        await worker.answer(task, {"v": 1, "ok": False, "error": error}, mirrored)

    worker.plays["tasks.detection.detect_path"] = refuse
    reply = await gateway.raw(QUERY, {"path": "/etc"})
    assert json.loads(reply.data)["error"]["code"] == "forbidden_path"
    assert reply.headers == {"Nats-Service-Error-Code": "forbidden_path", "Nats-Service-Error": "no"}


async def test_a_reply_too_large_is_named(gateway: Gateway, worker: StandIn) -> None:
    async def much(task: Task) -> None:
        await worker.answer(task, {"v": 1, "ok": True, "text": "x" * 600_000})

    worker.plays["tasks.detection.search"] = much
    assert (await gateway.error(QUERY, {"search": "a"}))["code"] == "too_large"


async def test_nobody_leads_the_centre_to_write_elsewhere(gateway: Gateway, worker: StandIn) -> None:
    for elsewhere in ("centralcloud.patterns.sync.publish", "$JS.ACK.LEARN.gateway.1.1.1.1.0", "elsewhere"):
        heard = await worker.nats.subscribe(elsewhere)
        await worker.nats.flush()
        for subject in ("centralcloud.patterns.framework.query", "$SRV.PING"):
            await gateway.client.publish(subject, b'{"name":"!"}', reply=elsewhere)
        with pytest.raises(NatsTimeoutError):
            await heard.next_msg(timeout=0.3)
    # NATS itself refuses to take acknowledgement subjects as reply subjects.
    assert await gateway.metric("centralcloud_gateway_refused_reply_subjects_total") == 4


RELAYED: list[tuple[str, Any, str, dict[str, Any]]] = [
    (
        "patterns.code.query",
        {"code": "def f", "language": "elixir"},
        "tasks.detection.match_code",
        {"code": "def f", "language": "elixir", "min_confidence": None},
    ),
    (
        "patterns.microservice.query",
        {"search": "circuit breaker", "limit": 5, "category": "c"},
        "tasks.detection.search",
        {
            "type": "microservice",
            "search": "circuit breaker",
            "category": "c",
            "language": None,
            "limit": 5,
            "cursor": None,
            "min_confidence": None,
        },
    ),
    (
        "patterns.technology.query",
        {"path": "/srv/shop", "languages": ["rust"]},
        "tasks.detection.detect_path",
        {"type": "technology", "path": "/srv/shop", "languages": ["rust"], "min_confidence": None, "instance": ""},
    ),
    (
        "patterns.detect",
        {"path": "/srv", "min_confidence": 0.7},
        "tasks.detection.detect_path",
        {"type": None, "path": "/srv", "languages": [], "min_confidence": 0.7, "instance": ""},
    ),
    ("patterns.learn.status", {"learn_id": "l1"}, "tasks.lookup.learn_status", {"learn_id": "l1"}),
    ("patterns.learn.status", {"learn_ids": ["b", "a"]}, "tasks.lookup.learn_status", {"learn_ids": ["b", "a"]}),
    (
        "patterns.sync.request",
        {"since": 7, "types": ["code"]},
        "tasks.lookup.sync_request",
        {"since": 7, "epoch": None, "types": ["code"], "limit": 500},
    ),
    ("templates.get", {"name": "t"}, "tasks.lookup.templates_get", {"name": "t", "version": None}),
    (
        "templates.search",
        {"kind": "prompt"},
        "tasks.lookup.templates_search",
        {"search": None, "kind": "prompt", "language": None, "limit": 20, "cursor": None},
    ),
]


async def test_each_request_reaches_its_task(gateway: Gateway, worker: StandIn) -> None:
    for subject, body, task, kwargs in RELAYED:
        answer = await gateway.ask(subject, body)
        assert (answer["task"], answer["kwargs"]) == (task, kwargs)


async def test_only_operators_store_templates(gateway: Gateway, worker: StandIn) -> None:
    body = json.dumps({"name": "t", "kind": "prompt", "body": "x"}).encode()
    reply = await worker.nats.request("centralcloud.templates.store", body, timeout=2)
    answer = json.loads(reply.data)
    assert (answer["task"], json.loads(answer["kwargs"]["body"])) == (
        "tasks.learning.store_template",
        {"name": "t", "kind": "prompt", "body": "x"},
    )
