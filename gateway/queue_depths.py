"""How many tasks wait in each queue, asked of Redis directly.

Owns the names of kombu's lists: one a queue and priority. Used for metrics and to hold learns back behind a slow queue.
"""

import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway import metrics
from gateway.task_sender import BrokerDownError
from tasks.names import QUEUES

#: kombu's `sep` and `priority_steps`; priority 0 is the bare name.
_SEPARATOR = "\x06\x16"
_PRIORITIES = (3, 6, 9)
_SECONDS = 1.0


class QueueDepths:
    """Asks one Redis; connects when first asked."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry_on_error=[], health_check_interval=5
        )
        self._waiting_since: dict[str, float] = {}

    async def of(self, *queues: str) -> list[int]:
        """Return the depth of each queue, all priorities together; raises BrokerDownError."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for queue in queues:
                    pipe.llen(queue)
                    for priority in _PRIORITIES:
                        pipe.llen(f"{queue}{_SEPARATOR}{priority}")
                lengths = await pipe.execute()
        except (RedisError, OSError) as error:
            raise BrokerDownError(str(error)) from None
        width = 1 + len(_PRIORITIES)
        return [sum(lengths[at : at + width]) for at in range(0, len(lengths), width)]

    async def observe(self) -> None:
        """Set the gauges of all queues; raises BrokerDownError."""
        now = time.monotonic()
        for queue, depth in zip(QUEUES, await self.of(*QUEUES), strict=True):
            metrics.QUEUE_DEPTH.labels(queue).set(depth)
            since = self._waiting_since.setdefault(queue, now) if depth else self._waiting_since.pop(queue, now)
            metrics.QUEUE_AGE.labels(queue).set(now - since if depth else 0)

    async def close(self) -> None:
        """Disconnect."""
        await self._redis.aclose()
