"""A small centre for tests: speaks the protocol on a real NATS, from lists in memory."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import DiscardPolicy, RawStreamMsg, RetentionPolicy, StreamConfig

from centralcloud_client import headers, subjects, wire

Json = dict[str, Any]


def pattern(slug: str, seq: int, **more: Any) -> Json:
    """Return a pattern as it stands on the wire."""
    return {
        "type": "framework",
        "slug": slug,
        "name": slug.title(),
        "state": "active",
        "confidence": 0.9,
        "support": {"codebases": 1, "instances": 1},
        "revision": 1,
        "seq": seq,
    } | more


def upsert(seq: int, slug: str, epoch: str = "e1", **more: Any) -> Json:
    """Return the change that makes or changes a pattern."""
    return _change(seq, epoch, "upsert", pattern(slug, seq, **more))


def retire(seq: int, slug: str, merged_into: str | None = None, epoch: str = "e1") -> Json:
    """Return the change that retires a pattern."""
    content = {"type": "framework", "slug": slug} | ({"merged_into": merged_into} if merged_into else {})
    return _change(seq, epoch, "retire", content)


def _change(seq: int, epoch: str, op: str, content: Json) -> Json:
    return {
        "v": 1,
        "kind": "pattern",
        "epoch": epoch,
        "seq": seq,
        "op": op,
        "at": "2030-01-01T00:00:00Z",
        "hash": "00",
        "pattern": content,
    }


def page(changes: list[Json], epoch: str, question: Json) -> Json:
    """Answer `sync.request` from the whole history, as the protocol says."""
    since, limit = question.get("since", 0), question.get("limit", 500)
    if since and question.get("epoch", epoch) != epoch:
        return {"v": 1, "ok": False, "error": {"code": "resync_required", "message": "epoch", "retryable": False}}
    head = changes[-1]["seq"] if changes else 0
    latest: dict[str, Json] = {}
    for change in changes:
        name = change.get("pattern", {}).get("slug", change["seq"])
        latest[name] = change
    wanted = sorted((c for c in latest.values() if c["seq"] > since), key=lambda c: int(c["seq"]))
    if not since:
        wanted = [change for change in wanted if change["op"] == "upsert"]
    cut = wanted[:limit]
    complete = len(cut) == len(wanted)
    reached = head if complete else cut[-1]["seq"]
    return {
        "v": 1,
        "ok": True,
        "epoch": epoch,
        "changes": cut,
        "next": max(reached, since),
        "head": head,
        "complete": complete,
    }


class Centre:
    """Answers every subject from a thread of its own, and remembers what it was asked."""

    def __init__(self, url: str, url_of_instances: str) -> None:
        self.url = url
        self.url_of_instances = url_of_instances
        self.epoch = "e1"
        self.changes: list[Json] = []
        self.asked: list[tuple[str, Json, dict[str, str]]] = []
        #: Replies by subject, used instead of the usual ones: a value, or what returns one; None means silence.
        self.replies: dict[str, Json | Callable[[Json], Json | None] | None] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client: Client
        self._do(self._connect())

    def _do(self, work: Awaitable[Any]) -> Any:
        async def done() -> Any:
            return await work

        future: Future[Any] = asyncio.run_coroutine_threadsafe(done(), self._loop)
        return future.result(20)

    async def _connect(self) -> None:
        async def quiet(_error: Exception) -> None:
            return None

        self._client = await nats.connect(
            self.url,
            reconnect_time_wait=0.1,
            max_reconnect_attempts=-1,
            error_cb=quiet,
        )
        for subject in subjects.REQUESTS:
            await self._client.subscribe(subject, cb=self._answer)

    async def _answer(self, message: Msg) -> None:
        sent = dict(message.headers or {})
        question = json.loads(wire.unpack(message.data, sent.get(headers.ENCODING)))
        self.asked.append((message.subject, question, sent))
        reply = self.replies.get(message.subject, self._usual(message.subject, question))
        if callable(reply):
            reply = reply(question)
        if reply is not None:
            await message.respond(json.dumps(reply).encode())

    def _usual(self, subject: str, question: Json) -> Json:
        if subject == subjects.SYNC_REQUEST:
            return page(self.changes, self.epoch, question)
        return self.answer(status="not_found", reason="discovery_disabled", suggestions=["vue"])

    def answer(self, **more: Any) -> Json:
        """Return a reply to a query."""
        head = self.changes[-1]["seq"] if self.changes else 0
        base: Json = {"v": 1, "ok": True, "source": "store", "epoch": self.epoch, "as_of": head, "patterns": []}
        return base | more

    def publish(self, *changes: Json, broadcast: bool = True) -> None:
        """Add changes to the feed, and tell them to all unless `broadcast` is False."""
        for change in changes:
            self.changes.append(change)
            if broadcast:
                self.tell(change)
        self.flush()

    def tell(self, message: Json, subject: str = subjects.SYNC_PUBLISH) -> None:
        """Broadcast one message."""
        self._do(self._client.publish(subject, json.dumps(message).encode()))

    def heartbeat(self) -> None:
        """Tell the head of the feed."""
        head = self.changes[-1]["seq"] if self.changes else 0
        beat = {"v": 1, "epoch": self.epoch, "head": head, "at": "2030-01-01T00:00:00Z"}
        self.tell(beat, subjects.SYNC_HEARTBEAT)
        self.flush()

    def flush(self) -> None:
        """Wait until NATS has everything."""
        self._do(self._client.flush())

    def make_learn_stream(self, **more: Any) -> None:
        """Make stream LEARN, empty."""
        jetstream = self._client.jetstream()
        config = StreamConfig(
            name=subjects.LEARN_STREAM,
            subjects=list(subjects.LEARN_STREAM_SUBJECTS),
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.NEW,
            **more,
        )
        self._do(jetstream.add_stream(config))

    def drop_learn_stream(self) -> None:
        """Remove stream LEARN."""
        self._do(self._client.jetstream().delete_stream(subjects.LEARN_STREAM))

    def learns(self) -> list[Json]:
        """Return what stream LEARN holds, unpacked, in order."""
        return list(self._do(self._learns()))

    def kept(self) -> list[RawStreamMsg]:
        """Return what stream LEARN holds as it came, in order."""
        return list(self._do(self._kept()))

    async def _learns(self) -> list[Json]:
        found = []
        for message in await self._kept():
            encoding = (message.headers or {}).get(headers.ENCODING)
            found.append(json.loads(wire.unpack(message.data or b"", encoding)))
        return found

    async def _kept(self) -> list[RawStreamMsg]:
        jetstream = self._client.jetstream()
        state = (await jetstream.stream_info(subjects.LEARN_STREAM)).state
        return [
            await jetstream.get_msg(subjects.LEARN_STREAM, seq) for seq in range(state.first_seq, state.last_seq + 1)
        ]

    def wait_connected(self) -> None:
        """Wait until this centre is back after NATS was away."""
        deadline = time.monotonic() + 15
        while not self._client.is_connected:
            assert time.monotonic() < deadline, "the centre did not come back"
            time.sleep(0.02)
        self.flush()

    def close(self) -> None:
        """Leave."""
        self._do(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
