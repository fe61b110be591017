"""Plays the workers' part over real Redis and NATS: takes tasks off the queues and answers as the tasks do.

Knows patterns as a dictionary; has a feed head and an epoch, and broadcasts changes like the sync worker.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nats.aio.client import Client
from redis.asyncio import Redis
from redis.exceptions import RedisError

from centralcloud_client.naming import normalise
from centralcloud_client.subjects import DISCOVERIES, SYNC_HEARTBEAT, SYNC_PUBLISH


@dataclass
class Task:
    name: str
    kwargs: dict[str, Any]
    headers: dict[str, Any]
    properties: dict[str, Any]


Play = Callable[[Task], Awaitable[None]]


def decode_task(raw: bytes | str) -> Task:
    message = json.loads(raw)
    _, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    return Task(message["headers"]["task"], kwargs, message["headers"], message["properties"])


@dataclass
class StandIn:
    redis_url: str
    nats: Client
    queues: tuple[str, ...] = ("lookup", "detect", "learn")
    epoch: str = "e1"
    head: int = 10
    #: (type, comparison key) → pattern.
    known: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    #: (type, comparison key) → what is said about finding it out.
    words: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    #: Task name → what is done instead of the ordinary.
    plays: dict[str, Play] = field(default_factory=dict)
    #: Held while no answer may go out.
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def knows(self, type_: str, name: str, **more: Any) -> dict[str, Any]:
        slug = normalise(name)
        pattern = {"type": type_, "slug": slug, "name": name, "aliases": [], "confidence": 0.9, **more}
        for alias in (slug, *pattern["aliases"]):
            self.known[type_, normalise(alias)] = pattern
        return pattern

    def named(self, name: str) -> list[Task]:
        return [task for task in self.tasks if task.name == name]

    async def run(self) -> None:
        redis = Redis.from_url(self.redis_url)
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                with suppress(RedisError, OSError):
                    popped = await redis.brpop(list(self.queues), timeout=0.2)
                    if popped is not None:
                        task = decode_task(popped[1])
                        self.tasks.append(task)
                        job = asyncio.create_task(self._do(task))
                        running.add(job)
                        job.add_done_callback(running.discard)
                        continue
                await asyncio.sleep(0.01)
        finally:
            for job in running:
                job.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await redis.aclose()

    async def _do(self, task: Task) -> None:
        play = self.plays.get(task.name)
        if play is not None:
            await play(task)
        elif task.name == "tasks.lookup.lookup_many":
            answer = self.look_up(task)
            await self.gate.wait()
            await self.answer(task, answer)
        elif task.name == "tasks.learning.apply_learns":
            for ack, *_ in task.kwargs["messages"]:
                await self.nats.publish(ack, b"+ACK")
        else:
            shown = {key: value for key, value in task.kwargs.items() if key not in ("reply_to", "deadline")}
            await self.answer(task, {"v": 1, "ok": True, "task": task.name, "kwargs": shown})

    def look_up(self, task: Task) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        for type_, key in task.kwargs["names"]:
            pattern = self.known.get((type_, key))
            if pattern is None:
                unknown: dict[str, Any] = {"suggestions": sorted({item["slug"] for item in self.known.values()})[:3]}
                if (type_, key) in self.words:
                    unknown["discovery"] = self.words[type_, key]
                answers.append(unknown)
            else:
                answers.append({"patterns": [pattern], "slugs": [pattern["slug"]]})
        return {"epoch": self.epoch, "as_of": self.head, "answers": answers}

    async def answer(self, task: Task, reply: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        await self.nats.publish(task.kwargs["reply_to"], json.dumps(reply).encode(), headers=headers)
        await self.nats.flush()

    async def broadcast(self, pattern: dict[str, Any], op: str = "upsert", seq: int | None = None) -> None:
        self.head = self.head + 1 if seq is None else seq
        change = {"v": 1, "kind": "pattern", "epoch": self.epoch, "seq": self.head, "op": op, "at": "", "hash": ""}
        await self.nats.publish(SYNC_PUBLISH, json.dumps({**change, "pattern": pattern}).encode())
        await self.nats.flush()

    async def outcome(self, type_: str, key: str, state: str, **more: Any) -> None:
        told = {"type": type_, "key": key, "id": "d1", "state": state, **more}
        await self.nats.publish(DISCOVERIES, json.dumps(told).encode())
        await self.nats.flush()

    async def heartbeat(self, head: int) -> None:
        beat = {"v": 1, "epoch": self.epoch, "head": head, "at": ""}
        await self.nats.publish(SYNC_HEARTBEAT, json.dumps(beat).encode())
        await self.nats.flush()
