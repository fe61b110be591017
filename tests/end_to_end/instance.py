"""An instance that speaks the bare protocol, as one in any language would: requests, deadlines, the clock in hand."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import nats
from nats.aio.client import Client

from centralcloud_client import subjects

_ROUND_TRIP = 0.1


@dataclass(frozen=True)
class Answer:
    """One reply and how long it took."""

    said: dict[str, Any]
    seconds: float

    @property
    def code(self) -> str | None:
        error = self.said.get("error")
        return error["code"] if error else None

    @property
    def found(self) -> bool:
        return bool(self.said.get("status") == "found")


class Instance:
    """Asks and teaches over one connection."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, subject: str, body: Any, *, deadline_ms: int = 2_000) -> Answer:
        """Ask once; fails when there is silence until the deadline."""
        began = time.monotonic()
        try:
            reply = await self._client.request(
                subject,
                msgspec.json.encode(body),
                timeout=deadline_ms / 1000 + _ROUND_TRIP,
                headers={"CC-Deadline": str(deadline_ms)},
            )
        except TimeoutError:
            raise AssertionError(f"silence from {subject} beyond its deadline of {deadline_ms} ms") from None
        return Answer(msgspec.json.decode(reply.data), time.monotonic() - began)

    async def named(self, name: str, *, deadline_ms: int = 2_000, pattern_type: str = "framework") -> Answer:
        """Ask for a pattern by name, without waiting for a discovery."""
        return await self.ask(subjects.query(pattern_type), {"name": name, "wait_ms": 0}, deadline_ms=deadline_ms)

    async def learn(self, name: str, learn_id: str, instance_id: str = "bare") -> None:
        """Teach a framework until NATS acknowledges it."""
        body = {
            "learn_id": learn_id,
            "instance_id": instance_id,
            "name": name,
            "indicators": [f"package.json has {name}"],
        }
        reply = await self._client.request(subjects.learn("framework"), msgspec.json.encode(body), timeout=5)
        assert msgspec.json.decode(reply.data)["stream"] == "LEARN"

    async def state_of(self, learn_id: str) -> str:
        """Return what became of a learn."""
        answer = await self.ask(subjects.LEARN_STATUS, {"learn_id": learn_id})
        return str(answer.said.get("state", answer.code))

    async def decided(self, learn_ids: list[str], seconds: float) -> None:
        """Wait until all are applied."""
        open_ones = list(learn_ids)
        deadline = time.monotonic() + seconds
        while open_ones:
            open_ones = [one for one in open_ones if await self.state_of(one) != "applied"]
            assert not open_ones or time.monotonic() < deadline, f"{len(open_ones)} of {len(learn_ids)} not applied"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Instance]:
    """Connect as an instance."""
    client = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    try:
        yield Instance(client)
    finally:
        await client.close()
