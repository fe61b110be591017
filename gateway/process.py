"""The gateway process: what it is made of, how it starts, and how it leaves.

Owns composition and order only. Everything works with Redis, the workers and Postgres down; NATS is waited for.
"""

import asyncio
import gc
import secrets
import signal
from contextlib import suppress

import structlog
from nats.errors import Error as NatsError

from gateway import metrics
from gateway.breaker import Breaker
from gateway.connection import connect, new_client
from gateway.feed_watch import FeedWatch
from gateway.handlers import Handlers
from gateway.health import Health
from gateway.inbox import Inbox
from gateway.knowledge_cache import KnowledgeCache
from gateway.lean_sender import LeanSender
from gateway.learn_intake import LearnIntake
from gateway.learn_stream import LearnStream
from gateway.lookups import Lookups
from gateway.queue_depths import QueueDepths
from gateway.relays import Relays
from gateway.responder import Responder
from gateway.service import Service
from gateway.task_sender import BrokerDownError, TaskSender, producer_app
from settings import Settings
from tasks.names import PUBLISH_CHANGES

_FINISH_SECONDS = 3.0
_LEAVE_SECONDS = 1.0
_OBSERVE_SECONDS = 3.0
#: Objects made before the collector looks at them: a batch makes thousands, none of them in cycles.
_COLLECT_AFTER = 50_000

_log = structlog.get_logger(__name__)


class GatewayProcess:
    """One gateway; several share the work through the queue group and the durable consumer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._nats = new_client()
        self._stop = asyncio.Event()
        self._stopping = False
        self.exit_code = 0
        app = producer_app()
        breaker = Breaker()
        self._requests_lane = TaskSender(app, breaker, "requests")
        self._learns_lane = TaskSender(app, breaker, "learns")
        self._lookups_lane = LeanSender(app, breaker, settings.redis_url)
        self._cache = KnowledgeCache(settings.cache_entries, settings.cache_bytes, asyncio.get_running_loop().time)
        self._depths = QueueDepths(settings.redis_url)
        self._stream = LearnStream(self._nats, settings.learn_stream_bytes)
        self._intake = LearnIntake(self._nats, self._stream, self._learns_lane, self._depths)
        self._responder = Responder(self._nats, lambda: self._requests_lane.available)
        self._inbox = Inbox(self._nats)
        self._service = Service(self._nats)
        self._lookups = Lookups(
            self._nats,
            self._cache,
            self._responder,
            self._lookups_lane,
            self._inbox,
            discovery=settings.discovery_enabled,
        )
        self._watch = FeedWatch(self._nats, self._cache, self._lookups.discoveries.changed)
        relays = Relays(self._requests_lane, self._inbox, self._responder)
        self._handlers = Handlers(self._lookups, relays, self._responder)
        self._health = Health(self._readiness)
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        """Serve until a signal; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        await self._health.start(self._settings.health_host, self._settings.health_port)
        starting = loop.create_task(self._start())
        stopped = loop.create_task(self._stop.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            # What is here now stays: the collector need not look at it again, nor so often.
            gc.collect()
            gc.freeze()
            gc.set_threshold(_COLLECT_AFTER, 20, 100)
            _log.info("the gateway serves", nats=self._nats.connected_url.netloc if self._nats.connected_url else "")
            await stopped
        starting.cancel()
        await self._leave()
        return self.exit_code

    async def _start(self) -> None:
        await connect(
            self._settings,
            self._nats,
            disconnected=self._watch.disconnected,
            reconnected=self._watch.reconnected,
            closed=self._closed,
        )
        # Before anything can be cached, so that no change passes unseen.
        await self._watch.start()
        await self._inbox.start()
        await self._lookups.discoveries.start()
        loops = (
            self._responder.run(),
            self._lookups.batcher.run(),
            self._lookups.discoveries.run(),
            self._observe(),
        )
        self._tasks = [asyncio.get_running_loop().create_task(each) for each in loops]
        await self._intake.start()
        await self._handlers.serve(self._service)
        await self._service.announce()
        await self._nats.flush()
        await self._have_feed_published()

    async def _have_feed_published(self) -> None:
        """Ask for it once, so that stream SYNC exists before the first instance learns anything."""
        with suppress(BrokerDownError):
            await self._requests_lane.send(PUBLISH_CHANGES, {}, expires=60.0, trace=secrets.token_hex(16))

    async def _leave(self) -> None:
        """Leave the queue group, finish what is in flight, and disconnect."""
        self._stopping = True
        _log.info("the gateway leaves")
        if self._nats.is_connected:
            with suppress(NatsError, TimeoutError):
                await asyncio.wait_for(self._service.leave(), _LEAVE_SECONDS)
            await self._intake.stop()
            await self._responder.finish(_FINISH_SECONDS)
            with suppress(NatsError, TimeoutError):
                await self._nats.flush(1)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LEAVE_SECONDS)
        with suppress(NatsError, TimeoutError):
            await asyncio.wait_for(self._nats.close(), _LEAVE_SECONDS)
        await self._lookups_lane.close()
        self._requests_lane.close()
        self._learns_lane.close()
        await self._depths.close()
        self._health.close()

    def _closed(self) -> None:
        """Give up when the client did: whoever supervises starts a new process."""
        if not self._stopping:
            _log.error("the connection to nats was closed for good")
            self.exit_code = 1
            self._stop.set()

    def _readiness(self) -> dict[str, bool]:
        return {"nats": self._nats.is_connected, "serving": self._service.active and not self._stopping}

    async def _observe(self) -> None:
        """Set the gauges every few seconds."""
        while True:
            metrics.CACHE_ENTRIES.set(len(self._cache))
            metrics.CACHE_BYTES.set(self._cache.bytes)
            with suppress(NatsError, TimeoutError):
                state = await self._stream.state()
                metrics.LEARN_BACKLOG.set(state.num_pending or 0)
                metrics.LEARN_UNACKED.set(state.num_ack_pending or 0)
            with suppress(BrokerDownError):
                await self._depths.observe()
            await asyncio.sleep(_OBSERVE_SECONDS)
