"""Twenty instances that learn without pause, and remember exactly what NATS acknowledged.

Each publishes one learn at a time and repeats it with the same id until its PubAck comes, as the protocol asks. Now
and then one is repeated though it was acknowledged, as by an instance that was killed before it could note that.
"""

import asyncio
import threading
import time

import msgspec
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from centralcloud_client import subjects

INSTANCES = 20
PATTERNS = 300
#: Every so many learns the one before is sent once more.
REPEAT_EVERY = 25


class Load:
    """The instances, on an event loop in a thread of its own; `acknowledged` grows while it runs."""

    def __init__(self, nats_url: str, *, pause: float = 0.004) -> None:
        self._url = nats_url
        self._pause = pause
        #: learn_id → body, for everything that got its PubAck.
        self.acknowledged: dict[str, bytes] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="load", daemon=True)

    def start(self) -> None:
        """Begin to learn."""
        self._thread.start()

    def stop(self) -> None:
        """Let each instance finish the learn it is at, and return when all have."""
        self._stopping.set()
        self._thread.join(60)
        if self._thread.is_alive():
            raise RuntimeError("the instances did not come to an end: NATS does not acknowledge")

    async def _run(self) -> None:
        await asyncio.gather(*(self._instance(number) for number in range(INSTANCES)))

    async def _instance(self, number: int) -> None:
        client = await nats.connect(
            self._url,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
            ping_interval=2,
            pending_size=0,
            error_cb=_quiet,
        )
        turn = 0
        before = b""
        while not self._stopping.is_set():
            learn_id = f"chaos-{number}-{turn}-{time.time_ns()}"
            body = _learn(learn_id, number, turn)
            await self._until_acknowledged(client, body)
            self.acknowledged[learn_id] = body
            if turn % REPEAT_EVERY == REPEAT_EVERY - 1:
                await self._until_acknowledged(client, before)
            before = body
            turn += 1
            await asyncio.sleep(self._pause)
        await client.close()

    async def _until_acknowledged(self, client: Client, body: bytes) -> None:
        while True:
            try:
                reply = await client.request(subjects.learn("framework"), body, timeout=1)
            except (NatsError, TimeoutError, OSError):
                await asyncio.sleep(0.1)
                continue
            if b'"stream":"LEARN"' in reply.data and b'"error"' not in reply.data:
                return
            await asyncio.sleep(0.1)


def _learn(learn_id: str, instance: int, turn: int) -> bytes:
    pattern = (instance * 7 + turn) % PATTERNS
    return msgspec.json.encode(
        {
            "learn_id": learn_id,
            "instance_id": f"chaos-{instance}",
            "codebase_id": f"codebase-{turn % 50}",
            "name": f"chaos-framework-{pattern}",
            "indicators": [f"package.json has chaos-framework-{pattern}", f"file chaos-{instance}.json"],
        }
    )


async def _quiet(_error: Exception) -> None:
    """Say nothing: the connection is meant to break."""
