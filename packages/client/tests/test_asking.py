"""Questions over a real NATS: who answers, what is sent, what is retried, what is raised."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from centralcloud_client import (
    AsyncCentralPatternsClient,
    NoAnswerError,
    RefusedError,
    UnreachableError,
    headers,
    subjects,
)
from centralcloud_client.messages.requests import Evidence
from packages.client.tests.centre import Centre, Json, pattern, retire, upsert

FRAMEWORKS = subjects.query("framework")


@asynccontextmanager
async def client(centre: Centre, state: Path, **more: Any) -> AsyncIterator[AsyncCentralPatternsClient]:
    async with AsyncCentralPatternsClient(centre.url_of_instances, state_dir=state, **more) as running:
        assert await running.wait_synced(5)
        yield running


def asked(centre: Centre, subject: str) -> list[tuple[Json, dict[str, str]]]:
    return [(question, sent) for where, question, sent in centre.asked if where == subject]


async def test_a_synced_name_is_answered_from_the_cache_without_asking(centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "nextjs", name="Next.js", aliases=["next"]), broadcast=False)
    async with client(centre, state) as one:
        result = await one.query_framework_pattern("NEXT.JS")
    assert result.source == "local"
    assert not result.stale
    assert result.best is not None
    assert result.best.slug == "nextjs"
    assert (result.as_of, result.epoch) == (1, "e1")
    assert asked(centre, FRAMEWORKS) == []


async def test_the_centre_is_asked_for_what_the_cache_lacks(centre: Centre, state: Path) -> None:
    async with client(centre, state, instance_id="alpha") as one:
        result = await one.query_technology_pattern("reddis", wait_ms=100)
    assert (result.status, result.reason, result.suggestions) == ("not_found", "discovery_disabled", ("vue",))
    [(question, sent)] = asked(centre, subjects.query("technology"))
    assert question == {"name": "reddis", "wait_ms": 100}
    assert sent[headers.DEADLINE] == "600"
    assert sent[headers.INSTANCE] == "alpha"


async def test_the_cache_can_be_passed_by(centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "rails"), broadcast=False)
    centre.replies[FRAMEWORKS] = centre.answer(status="found", source="cache", patterns=[pattern("rails", 1)])
    async with client(centre, state) as one:
        assert (await one.query_framework_pattern("rails", prefer_cache=False)).source == "cache"
        assert (await one.query_framework_pattern("rails", version="7")).source == "cache"
        assert (await one.query_framework_pattern("rails", min_confidence=0.2)).source == "local"


async def test_a_change_is_in_the_cache_a_moment_after_its_broadcast(centre: Centre, state: Path) -> None:
    told: list[str] = []
    async with client(centre, state, on_change=lambda change: told.append(change.slug)) as one:
        started = time.perf_counter()
        centre.publish(upsert(1, "custom-framework"))
        assert await one.wait_synced(5, seq=1)
        assert (await one.query_framework_pattern("Custom Framework")).found
        assert time.perf_counter() - started < 1
        centre.publish(retire(2, "custom-framework"))
        assert await one.wait_synced(5, seq=2)
        assert not (await one.query_framework_pattern("custom-framework", wait_ms=0)).found
    assert told == ["custom-framework", "custom-framework"]


async def test_a_callback_that_fails_does_not_stop_the_feed(centre: Centre, state: Path) -> None:
    async def fail(_change: object) -> None:
        raise ValueError("not mine")

    async with client(centre, state, on_change=fail) as one:
        centre.publish(upsert(1, "a"), upsert(2, "b"))
        assert await one.wait_synced(5, seq=2)
        assert (await one.status()).patterns == 2


async def test_a_feed_is_paged_from_nothing_and_gaps_are_filled(centre: Centre, state: Path) -> None:
    centre.publish(*(upsert(seq, f"f{seq}") for seq in range(1, 1_201)), broadcast=False)
    async with client(centre, state) as one:
        assert (await one.status()).patterns == 1_200
        assert [question.get("since") for question, _ in asked(centre, subjects.SYNC_REQUEST)] == [0, 500, 1_000]
        centre.publish(upsert(1_201, "lost"), broadcast=False)
        centre.publish(upsert(1_202, "heard"))
        assert await one.wait_synced(5, seq=1_202)
        assert asked(centre, subjects.SYNC_REQUEST)[-1][0] == {"since": 1_200, "limit": 500, "epoch": "e1"}
        centre.publish(upsert(1_203, "unheard"), broadcast=False)
        centre.heartbeat()
        assert await one.wait_synced(5, seq=1_203)
        centre.publish(upsert(1_204, "asked for"), broadcast=False)
        assert await one.sync() == 1_204


async def test_a_second_start_goes_on_where_the_first_ended(centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "a"), broadcast=False)
    async with client(centre, state):
        pass
    centre.publish(upsert(2, "b"), broadcast=False)
    centre.asked.clear()
    async with client(centre, state) as one:
        assert (await one.status()).patterns == 2
    assert asked(centre, subjects.SYNC_REQUEST)[0][0]["since"] == 1


async def test_a_refusal_is_raised_with_its_code_and_path(centre: Centre, state: Path) -> None:
    error = {"code": "bad_schema", "message": "expected str", "path": "$.name", "retryable": False}
    centre.replies[FRAMEWORKS] = {"v": 1, "ok": False, "error": error}
    async with client(centre, state) as one:
        with pytest.raises(RefusedError) as refused:
            await one.query_framework_pattern("x")
        assert (refused.value.code, refused.value.path, refused.value.retryable) == ("bad_schema", "$.name", False)
        with pytest.raises(RefusedError, match="unknown_type"):
            await one.query("gadget", name="x")


async def test_a_passing_fault_of_the_centre_is_bridged_by_the_cache(centre: Centre, state: Path) -> None:
    centre.publish(upsert(1, "rails"), broadcast=False)
    error = {"code": "unavailable", "message": "no database", "retryable": True}
    centre.replies[FRAMEWORKS] = {"v": 1, "ok": False, "error": error}
    async with client(centre, state) as one:
        result = await one.query_framework_pattern("rails", prefer_cache=False)
        assert (result.stale, result.source) == (True, "local")
        with pytest.raises(RefusedError, match="unavailable"):
            await one.query_framework_pattern("unheard-of")


async def test_silence_is_asked_twice_and_then_told(centre: Centre, state: Path) -> None:
    centre.replies[FRAMEWORKS] = None
    async with client(centre, state) as one:
        started = time.perf_counter()
        with pytest.raises(NoAnswerError):
            await one.query_framework_pattern("x", deadline_ms=100)
        assert time.perf_counter() - started < 2
    assert len(asked(centre, FRAMEWORKS)) == 2


async def test_the_retry_brings_the_answer(centre: Centre, state: Path) -> None:
    replies = iter([None, centre.answer(status="found", patterns=[pattern("x", 1)])])
    centre.replies[FRAMEWORKS] = lambda _question: next(replies)
    async with client(centre, state) as one:
        assert (await one.query_framework_pattern("x", deadline_ms=200)).source == "store"


async def test_a_reply_that_is_none_is_not_taken(centre: Centre, state: Path) -> None:
    centre.replies[FRAMEWORKS] = {"hello": "world"}
    async with client(centre, state) as one:
        with pytest.raises(UnreachableError):
            await one.query_framework_pattern("x")


async def test_a_directory_is_collected_compressed_and_sent(centre: Centre, state: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "package.json").write_text('{"name":"shop"}' + " " * 100_000)
    (shop / "main.ts").write_text("secret code")
    hit = {"type": "framework", "slug": "nextjs", "name": "Next.js", "path": "", "confidence": 0.9, "level": "file"}
    centre.replies[subjects.DETECT] = centre.answer(
        status="found", matches=[hit | {"revision": 1, "evidence": []}], components=[], unknown=[], architecture=None
    )
    async with client(centre, state) as one:
        result = await one.detect(shop)
        await one.query_microservice_patterns(str(shop))
        await one.query_microservice_patterns("/only/on/the/server")
        await one.query_microservice_patterns("saga")
        await one.detect("/only/on/the/server", on_server=True)
        with pytest.raises(NotADirectoryError):
            await one.detect("/only/on/the/server")
    assert [match.slug for match in result.matches] == ["nextjs"]
    assert result.architecture is None
    (question, sent), (by_path, _) = asked(centre, subjects.DETECT)
    assert set(question["evidence"]["files"]) == {"package.json", "main.ts"}
    assert question["evidence"]["files"]["main.ts"] is None
    assert (sent[headers.ENCODING], sent[headers.DEADLINE]) == ("gzip", "30000")
    assert by_path == {"path": "/only/on/the/server"}
    kinds = [set(question) - {"wait_ms"} for question, _ in asked(centre, subjects.query("microservice"))]
    assert kinds == [{"evidence"}, {"path"}, {"name"}]


async def test_a_search_goes_through_its_pages(centre: Centre, state: Path) -> None:
    everything = [pattern(f"f{number}", number + 1) for number in range(450)]

    def found(question: Json) -> Json:
        start = int(question.get("cursor", 0))
        end = start + min(question["limit"], 150)
        more = {"next": str(end)} if end < len(everything) else {}
        return centre.answer(status="found", patterns=everything[start:end], **more)

    centre.replies[FRAMEWORKS] = found
    async with client(centre, state) as one:
        result = await one.search("framework", "circuit breaker", limit=400)
        assert [hit.slug for hit in result.patterns] == [f"f{number}" for number in range(400)]
        rest = await one.search("framework", "circuit breaker", limit=400, cursor=result.next)
        assert len(rest.patterns) == 50
        assert rest.next is None


async def test_code_and_evidence_are_sent_as_they_are_said(centre: Centre, state: Path) -> None:
    async with client(centre, state) as one:
        await one.query_code_patterns(code="def a, do: 1", language="elixir")
        await one.query_microservice_patterns(Evidence(files={"a": None}, codebase_id="c"))
    assert asked(centre, subjects.query("code"))[0][0] == {"code": "def a, do: 1", "language": "elixir"}
    evidence = asked(centre, subjects.query("microservice"))[0][0]
    assert evidence == {"evidence": {"files": {"a": None}, "codebase_id": "c"}}


async def test_many_questions_at_once_each_get_their_own_answer(centre: Centre, state: Path) -> None:
    centre.replies[FRAMEWORKS] = lambda question: centre.answer(status="found", patterns=[pattern(question["name"], 1)])
    async with client(centre, state) as one:
        names = [f"name{number}" for number in range(200)]
        results = await asyncio.gather(*(one.query_framework_pattern(name) for name in names))
    assert [result.patterns[0].slug for result in results] == names


async def test_a_client_that_never_met_the_centre_says_so_at_once(state: Path) -> None:
    started = time.perf_counter()
    one = AsyncCentralPatternsClient("nats://127.0.0.1:1", state_dir=state)
    await one.connect()
    assert time.perf_counter() - started < 0.05
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1"):
        await one.query_framework_pattern("x")
    with pytest.raises(UnreachableError):
        await one.sync()
    assert time.perf_counter() - started < 1
    status = await one.status()
    assert (status.connected, status.live, status.last_seq) == (False, False, 0)
    await one.close()
    await one.close()


def test_reading_a_subject_loads_no_nats_library() -> None:
    code = (
        "import sys, centralcloud_client.subjects as subjects;assert 'nats' not in sys.modules; print(subjects.DETECT)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert run.stdout.strip() == "centralcloud.patterns.detect"


def test_every_public_name_is_there() -> None:
    import centralcloud_client

    for name in centralcloud_client._HOMES:
        assert getattr(centralcloud_client, name).__name__ == name
        assert name in dir(centralcloud_client)
