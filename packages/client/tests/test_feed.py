"""The feed: whatever is lost, doubled or out of order, the cache becomes what the centre says."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg

from centralcloud_client import subjects
from centralcloud_client.cache import Cache
from centralcloud_client.connection import Connection
from centralcloud_client.exchange import Exchange
from centralcloud_client.feed import Feed
from centralcloud_client.messages.sync import Change
from centralcloud_client.options import Options
from centralcloud_client.results import Changed
from packages.client.tests.centre import Json, page, retire, upsert


class Line:
    """In NATS's place: carries `sync.request` to a history in memory."""

    connected = True

    def __init__(self) -> None:
        self.epoch = "e1"
        self.changes: list[Json] = []
        self.pages: list[int] = []
        self.lenient = False

    async def attempted(self) -> None:
        return

    async def request(self, subject: str, body: bytes, headers: dict[str, str] | None, seconds: float) -> Msg:
        assert subject == subjects.SYNC_REQUEST
        question = msgspec.json.decode(body)
        self.pages.append(question.get("since", 0))
        asked = question | {"limit": 3} | ({"epoch": self.epoch} if self.lenient else {})
        return message(page(self.changes, self.epoch, asked))

    @property
    def head(self) -> int:
        return int(self.changes[-1]["seq"]) if self.changes else 0

    def add(self, change: Json) -> Json:
        self.changes.append(change)
        return change

    def living(self) -> dict[str, int]:
        state: dict[str, int] = {}
        for change in self.changes:
            slug = change["pattern"]["slug"]
            if change["op"] == "upsert":
                state[slug] = change["seq"]
            else:
                state.pop(slug, None)
        return state


def message(content: Json, subject: str = "x") -> Msg:
    return Msg(_client=Client(), subject=subject, data=json.dumps(content).encode())


@asynccontextmanager
async def following(line: Line, folder: Path, told: list[Changed] | None = None) -> AsyncIterator[tuple[Feed, Cache]]:
    options = Options.of("nats://nowhere", state_dir=folder)
    cache = Cache(folder)
    feed = Feed(cache, Exchange(cast("Connection", line), options), None if told is None else told.append)
    feed.start()
    feed.connected()
    try:
        yield feed, cache
    finally:
        await feed.close()
        cache.close()


async def hear(feed: Feed, change: Json) -> None:
    await feed.handlers()[subjects.SYNC_PUBLISH](message(change))


async def beat(feed: Feed, line: Line) -> None:
    content = {"v": 1, "epoch": line.epoch, "head": line.head, "at": "t"}
    await feed.handlers()[subjects.SYNC_HEARTBEAT](message(content))


def kept(cache: Cache) -> dict[str, int]:
    return {one["slug"]: one["seq"] for one in map(msgspec.json.decode, cache.bodies())}


async def settle(feed: Feed, line: Line) -> None:
    """Two heartbeats, as the centre sends them for ever, and time to act on them."""
    for _ in range(2):
        await beat(feed, line)
        await feed.wait_for(line.head, 2)
        await asyncio.sleep(0.005)


async def test_a_broadcast_that_follows_is_applied_without_a_page(tmp_path: Path) -> None:
    line = Line()
    told: list[Changed] = []
    line.add(upsert(1, "rails"))
    async with following(line, tmp_path, told) as (feed, cache):
        assert await feed.wait_for(1, 2)
        asked = len(line.pages)
        await hear(feed, line.add(upsert(2, "django", aliases=["Django REST"])))
        assert await feed.wait_for(2, 2)
        assert len(line.pages) == asked
        assert feed.live
        assert [one.slug for one in cache.find("framework", "django-rest")] == ["django"]
    assert [(one.seq, one.slug) for one in told] == [(1, "rails"), (2, "django")]


async def test_a_gap_is_filled_from_the_last_seen(tmp_path: Path) -> None:
    line = Line()
    told: list[Changed] = []
    async with following(line, tmp_path, told) as (feed, cache):
        for seq in range(1, 9):
            change = line.add(upsert(seq, f"f{seq}"))
            if seq not in {4, 5, 6}:
                await hear(feed, change)
        assert await feed.wait_for(8, 2)
        assert kept(cache) == line.living()
    assert [one.seq for one in told] == list(range(1, 9))


async def test_duplicates_change_nothing(tmp_path: Path) -> None:
    line = Line()
    told: list[Changed] = []
    async with following(line, tmp_path, told) as (feed, cache):
        changes = [line.add(upsert(1, "a")), line.add(retire(2, "a")), line.add(upsert(3, "b"))]
        for change in changes * 3:
            await hear(feed, change)
        assert await feed.wait_for(3, 2)
        await settle(feed, line)
        assert kept(cache) == {"b": 3}
    assert [one.seq for one in told] == sorted({one.seq for one in told})


async def test_a_merge_leads_old_names_on(tmp_path: Path) -> None:
    line = Line()
    async with following(line, tmp_path) as (feed, cache):
        assert await feed.wait_for(None, 2)
        for change in (
            upsert(1, "next", name="Next", aliases=["zeit next"]),
            upsert(2, "nextjs", name="Next.js"),
            retire(3, "next", merged_into="nextjs"),
            upsert(4, "nextjs", name="Next.js"),
            upsert(5, "nextjs-final", name="Final"),
            retire(6, "nextjs", merged_into="nextjs-final"),
        ):
            await hear(feed, line.add(change))
        assert await feed.wait_for(6, 2)
        for name in ("next", "Zeit Next", "Next.js", "nextjs-final"):
            assert [one.slug for one in cache.find("framework", name)] == ["nextjs-final"]


async def test_unknown_kinds_are_counted_and_ignored(tmp_path: Path) -> None:
    line = Line()
    async with following(line, tmp_path) as (feed, cache):
        await feed.wait_for(None, 2)
        strange = upsert(1, "x") | {"kind": "weather"}
        await hear(feed, line.add(strange))
        await hear(feed, line.add(upsert(2, "bad", confidence="high")))
        await hear(feed, line.add(upsert(3, "good")))
        assert await feed.wait_for(3, 2)
        assert feed.ignored == 2
        assert kept(cache) == {"good": 3}


async def test_another_epoch_starts_from_nothing(tmp_path: Path) -> None:
    line = Line()
    async with following(line, tmp_path) as (feed, cache):
        for seq in range(1, 6):
            await hear(feed, line.add(upsert(seq, f"old{seq}")))
        assert await feed.wait_for(5, 2)
        line.epoch, line.changes = "e2", [upsert(9, "new", epoch="e2"), upsert(10, "newer", epoch="e2")]
        await beat(feed, line)
        assert await feed.wait_for(10, 2)
        assert kept(cache) == {"new": 9, "newer": 10}
        assert cache.position().epoch == "e2"


async def test_a_page_of_another_epoch_starts_from_nothing_too(tmp_path: Path) -> None:
    line = Line()
    for seq in range(1, 4):
        line.add(upsert(seq, f"old{seq}"))
    async with following(line, tmp_path) as (feed, cache):
        assert await feed.wait_for(3, 2)
        # A centre that answers where it should refuse: with its own epoch, and what follows in that.
        line.lenient, line.epoch = True, "e2"
        line.changes = [upsert(seq, f"new{seq}", epoch="e2") for seq in range(1, 6)]
        await settle(feed, line)
        assert kept(cache) == line.living()


async def test_a_broadcast_that_claims_another_epoch_is_not_believed(tmp_path: Path) -> None:
    line = Line()
    line.add(upsert(1, "kept"))
    async with following(line, tmp_path) as (feed, cache):
        assert await feed.wait_for(1, 2)
        await hear(feed, upsert(1, "forged", epoch="evil"))
        await settle(feed, line)
        assert kept(cache) == {"kept": 1}
        assert feed.live


async def test_two_processes_share_one_cache_and_neither_misses_a_change(tmp_path: Path) -> None:
    line = Line()
    told: tuple[list[Changed], list[Changed]] = ([], [])
    line.add(upsert(1, "a"))
    async with following(line, tmp_path, told[0]) as (first, cache), following(line, tmp_path, told[1]) as (second, _):
        assert await first.wait_for(1, 2)
        assert await second.wait_for(1, 2)
        for seq in range(2, 12):
            change = line.add(upsert(seq, f"s{seq}") if seq % 3 else retire(seq, f"s{seq - 1}"))
            await hear(first, change)
            if seq % 2:
                await hear(second, change)
        await settle(first, line)
        await settle(second, line)
        assert kept(cache) == line.living()
        # What was overtaken by a later change of the same pattern may be left out of a page.
        latest = {change["pattern"]["slug"]: change["seq"] for change in line.changes}
        for one in told:
            assert set(latest.values()) <= {change.seq for change in one}


async def test_a_cache_left_half_filled_by_another_process_is_completed(tmp_path: Path) -> None:
    line = Line()
    for seq in range(1, 5):
        line.add(upsert(seq, f"s{seq}"))
    other = Cache(tmp_path)
    line.epoch = "e2"
    line.changes = [change | {"epoch": "e2"} for change in line.changes]

    async with following(line, tmp_path) as (feed, cache):
        assert await feed.wait_for(4, 2)
        # The other process hears of a third epoch first, and dies after one page of it.
        line.epoch = "e3"
        line.changes = [upsert(seq, f"t{seq}", epoch="e3") for seq in range(11, 19)]
        first = page(line.changes, "e3", {"since": 0, "limit": 2})
        decoded = _read(first["changes"])
        other.apply(decoded, epoch="e3", since=0, upto=first["next"])
        await settle(feed, line)
        assert kept(cache) == line.living()
    other.close()


def _read(changes: list[Json]) -> list[Change]:
    return msgspec.json.decode(json.dumps(changes).encode(), type=list[Change])


def test_changes_that_do_not_continue_the_cache_are_not_applied(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.apply(_read([upsert(1, "gone"), upsert(2, "a")]), epoch="e1", since=0, upto=2)
    after_a_gap = cache.apply(_read([upsert(5, "b")]), epoch="e1", since=4, upto=5)
    # It knows nothing of retirements, so a cache that holds something must not take it.
    snapshot = cache.apply(_read([upsert(2, "a"), upsert(9, "c")]), epoch="e1", since=0, upto=9)
    foreign = cache.apply(_read([upsert(3, "d", epoch="e2")]), epoch="e2", since=2, upto=3)
    assert (after_a_gap.last_seq, snapshot.last_seq, foreign.last_seq, foreign.epoch) == (2, 2, 2, "e1")
    assert kept(cache) == {"gone": 1, "a": 2}
    overlapping = cache.apply(_read([upsert(2, "stale"), retire(3, "gone")]), epoch="e1", since=1, upto=3)
    assert overlapping.last_seq == 3
    assert kept(cache) == {"a": 2}
    cache.close()


def test_a_crash_inside_a_page_leaves_the_cache_as_it_was(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    good = _read([upsert(1, "a")])
    cache.apply(good, epoch="e1", since=0, upto=1)

    def breaking() -> Any:
        yield from _read([upsert(2, "b")])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.apply(breaking(), epoch="e1", since=1, upto=2)
    assert kept(cache) == {"a": 1}
    assert cache.position().last_seq == 1
    cache.close()
    again = Cache(tmp_path)
    assert kept(again) == {"a": 1}
    again.close()


_SLUGS = st.sampled_from(["a", "b", "c", "d"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), _SLUGS),
        st.tuples(st.just("retire"), _SLUGS),
        st.tuples(st.just("hear"), st.integers(0, 40)),
        st.tuples(st.just("hear newest"), st.just(0)),
        st.tuples(st.just("beat"), st.just(0)),
        st.tuples(st.just("epoch"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("pause"), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_STEPS)
def test_a_client_that_sees_losses_duplicates_reorders_and_new_epochs_converges(steps: list[tuple[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_converges(steps, Path(folder)))


async def _converges(steps: list[tuple[str, Any]], folder: Path) -> None:
    line = Line()
    said: list[Json] = []
    parts: list[list[tuple[str, Any]]] = [[]]
    for step in steps:
        if step[0] == "restart":
            parts.append([])
        else:
            parts[-1].append(step)
    for part in parts:
        async with following(line, folder) as (feed, cache):
            for what, which in part:
                await _step(line, feed, said, what, which)
            if part is parts[-1]:
                await settle(feed, line)
                assert kept(cache) == line.living()
                assert cache.position().last_seq == line.head == feed.position
                for slug in line.living():
                    assert cache.find("framework", slug)[0].slug == slug


async def _step(line: Line, feed: Feed, said: list[Json], what: str, which: Any) -> None:
    if what == "upsert":
        said.append(line.add(upsert(line.head + 1, which, epoch=line.epoch)))
    elif what == "retire" and which in line.living():
        said.append(line.add(retire(line.head + 1, which, epoch=line.epoch)))
    elif what == "hear" and said:
        await hear(feed, said[which % len(said)])
    elif what == "hear newest" and said:
        await hear(feed, said[-1])
    elif what == "beat":
        await beat(feed, line)
    elif what == "epoch":
        line.epoch += "+"
        start = line.head + 1
        line.changes = [upsert(start + n, slug, epoch=line.epoch) for n, slug in enumerate(line.living())]
        said.extend(line.changes)
    elif what == "pause":
        await asyncio.sleep(0.003)
