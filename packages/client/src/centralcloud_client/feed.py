"""Keep the cache at the head of the feed: broadcasts in order, pages of `sync.request` for what is missing.

One task applies everything, so there is one order. Broadcasts and heartbeats are hints; whether an epoch has ended is
believed only when the centre itself says so.
"""

import asyncio
import contextlib
import inspect
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from nats.aio.msg import Msg

from centralcloud_client import cache as caching
from centralcloud_client import subjects, wire
from centralcloud_client.aside import aside
from centralcloud_client.cache import Cache
from centralcloud_client.ending import end
from centralcloud_client.errors import CentralCloudError, ClientClosedError, RefusedError, UnreachableError
from centralcloud_client.exchange import Exchange
from centralcloud_client.headers import DEFAULT_DEADLINE_MS
from centralcloud_client.messages.sync import Change, Heartbeat, SyncReply
from centralcloud_client.results import Changed

logger = logging.getLogger("centralcloud_client")

#: A heartbeat comes every ten seconds; without one for this long the cache may be behind.
LIVE_SECONDS: Final = 25.0
#: Broadcasts that may wait to be applied; what comes beyond is fetched as a page.
_BACKLOG: Final = 5_000
_PAGE: Final = 500
_RETRY_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)

OnChange = Callable[[Changed], object]


class Feed:
    """Follows the feed for one cache; `position` is what this process has seen, the cache may be further."""

    def __init__(self, cache: Cache, exchange: Exchange, on_change: OnChange | None) -> None:
        self._cache = cache
        self._exchange = exchange
        self._on_change = on_change
        at = cache.position()
        self.epoch = at.epoch
        self.position = at.last_seq
        self.head = at.last_seq
        self.ignored = 0
        #: Monotonic time of the last word from the centre; None while not complete since connecting.
        self._heard: float | None = None
        self._linked = False
        self._complete = False
        self._waiting: asyncio.Queue[Change] = asyncio.Queue(_BACKLOG)
        self._wake = asyncio.Event()
        self._behind = False
        self._catching_up = asyncio.Lock()
        self._moved = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def handlers(self) -> dict[str, Callable[[Msg], Any]]:
        """Return what each broadcast subject calls."""
        return {subjects.SYNC_PUBLISH: self._broadcast, subjects.SYNC_HEARTBEAT: self._heartbeat}

    def start(self) -> None:
        """Begin to apply, in the background."""
        self._task = asyncio.get_running_loop().create_task(self._follow(), name="centralcloud-feed")

    def connected(self) -> None:
        """Take note of a new connection: whatever happened without it must be fetched."""
        self._linked = True
        self._complete = False
        self._need_pages()

    def disconnected(self) -> None:
        """Take note that nothing is heard any more."""
        self._linked = False

    @property
    def complete(self) -> bool:
        """Whether everything known to exist is here, since the last connecting."""
        return self._linked and self._complete and self.lag == 0

    @property
    def live(self) -> bool:
        """Whether the cache is complete by a word not older than LIVE_SECONDS."""
        return self.complete and self._heard is not None and time.monotonic() - self._heard <= LIVE_SECONDS

    @property
    def lag(self) -> int:
        """How many sequence numbers the head is ahead."""
        return max(0, self.head - self.position)

    async def close(self) -> None:
        """Stop following; whoever waits hears of it."""
        self._closed = True
        if self._task is not None:
            await end(self._task)
        await self._announce_move()

    async def catch_up(self) -> int:
        """Fetch pages until complete, and return the position; raises like Exchange.ask."""
        async with self._catching_up:
            while True:
                reply = await self._page()
                if reply is not None and reply.complete and self.position >= reply.next:
                    self._complete = True
                    self._heard = time.monotonic()
                    await self._announce_move()
                    return self.position

    async def wait_for(self, seq: int | None, seconds: float) -> bool:
        """Wait until the cache is complete, and at least at `seq` if given; False when the time runs out."""

        def there() -> bool:
            return self.complete if seq is None else self.position >= seq

        async with self._moved:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait_for(lambda: self._closed or there()), seconds)
            if self._closed:
                raise ClientClosedError("this client was closed")
            return there()

    async def _broadcast(self, message: Msg) -> None:
        try:
            change = wire.decode(message.data, Change)
        except wire.WireError as error:
            logger.warning("a broadcast cannot be read: %s", error)
            self._need_pages()
            return
        try:
            self._waiting.put_nowait(change)
        except asyncio.QueueFull:
            self._behind = True
        self._wake.set()

    async def _heartbeat(self, message: Msg) -> None:
        try:
            beat = wire.decode(message.data, Heartbeat)
        except wire.WireError as error:
            logger.warning("a heartbeat cannot be read: %s", error)
            return
        if beat.epoch != self.epoch or beat.head > self.position or not self._complete:
            if beat.epoch == self.epoch:
                self.head = max(self.head, beat.head)
            self._need_pages()
            return
        self._heard = time.monotonic()
        await aside(self._cache.complete_now)

    def _need_pages(self) -> None:
        self._behind = True
        self._wake.set()

    async def _follow(self) -> None:
        failures = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._apply_waiting()
                if self._behind:
                    self._behind = False
                    await self.catch_up()
                    # What was broadcast meanwhile.
                    self._wake.set()
                failures = 0
            except CentralCloudError as error:
                logger.info("the feed cannot be followed now: %s", error)
                failures = self._try_later(failures)
            except Exception:  # nothing may end the feed for good
                logger.exception("the feed met a fault of its own")
                failures = self._try_later(failures)

    def _try_later(self, failures: int) -> int:
        self._behind = True
        wait = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
        asyncio.get_running_loop().call_later(wait, self._wake.set)
        return failures + 1

    async def _apply_waiting(self) -> None:
        async with self._catching_up:
            run = self._next_run()
            if run:
                since = run[0].seq - 1
                await self._apply(run, epoch=run[0].epoch, since=since, upto=run[-1].seq)
                if self.position < run[-1].seq:
                    self._behind = True
                self._heard = time.monotonic()
                await self._announce_move()

    def _next_run(self) -> list[Change]:
        """Take what waits: changes that follow the position without a gap; the rest means that pages are needed."""
        run: list[Change] = []
        last = self.position
        while not self._waiting.empty():
            change = self._waiting.get_nowait()
            if change.epoch != self.epoch:
                self._behind = True
            elif change.seq == last + 1:
                run.append(change)
                last = change.seq
            elif change.seq > last:
                self.head = max(self.head, change.seq)
                self._behind = True
        return run

    async def _page(self) -> SyncReply | None:
        """Ask for one page and apply it; None when the epoch ended and all starts at 0."""
        # A cache that another process has filled further is not filled again from a snapshot.
        since = self.position or self._cache_position()
        question = {"since": since, "limit": _PAGE} | ({"epoch": self.epoch} if since and self.epoch else {})
        try:
            reply, _ = await self._exchange.ask(
                subjects.SYNC_REQUEST, question, SyncReply, deadline_ms=DEFAULT_DEADLINE_MS
            )
        except RefusedError as error:
            if error.code == "resync_required" and since:
                self._start_over()
                return None
            raise
        if since and reply.epoch != self.epoch:
            self._start_over()
            return None
        changes = self._readable(reply.changes)
        if not reply.complete and reply.next <= since:
            raise UnreachableError("a page of sync.request goes nowhere")
        self.epoch = reply.epoch
        await self._apply(changes, epoch=reply.epoch, since=since, upto=reply.next, complete=reply.complete)
        self.head = self.position if reply.complete else max(reply.head, self.position)
        return reply

    def _readable(self, raws: Iterable[msgspec.Raw]) -> list[Change]:
        changes = []
        for raw in raws:
            try:
                changes.append(wire.decode(bytes(raw), Change))
            except wire.WireError as error:
                logger.warning("a change cannot be read: %s", error)
                self.ignored += 1
        return changes

    def _cache_position(self) -> int:
        at = self._cache.position()
        if at.epoch is not None and at.epoch == self.epoch:
            self.position = at.last_seq
        return self.position

    def _start_over(self) -> None:
        """Forget the position; the cache's content goes together with the first page of the new epoch."""
        self.epoch = None
        self.position = 0
        self.head = 0
        self._complete = False

    async def _apply(self, changes: list[Change], *, epoch: str, since: int, upto: int, complete: bool = False) -> None:
        before = self.position
        complete = complete or (self._complete and upto >= self.head)
        applied = await aside(self._cache.apply, changes, epoch=epoch, since=since, upto=upto, complete=complete)
        if applied.epoch != epoch:
            # Another process that uses the same cache has heard of a new epoch first.
            self._start_over()
            self._need_pages()
            return
        # Where the cache did not take it all, go on from where the cache is.
        self.position = max(before, upto) if applied.last_seq >= upto else applied.last_seq
        self.head = max(self.head, self.position)
        self.ignored += applied.ignored
        await self._tell(change for change in changes if before < change.seq <= self.position)

    async def _tell(self, changes: Iterable[Change]) -> None:
        if self._on_change is None:
            return
        for change in changes:
            content = caching.read(change)
            if content is None:
                continue
            try:
                done = self._on_change(content)
                if inspect.isawaitable(done):
                    await done
            except Exception:  # the user's own code: its faults do not stop the feed
                logger.exception("on_change failed at seq %d", change.seq)

    async def _announce_move(self) -> None:
        async with self._moved:
            self._moved.notify_all()
