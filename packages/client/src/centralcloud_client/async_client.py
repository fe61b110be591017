"""The client for asyncio: ask, teach, follow.

Composes connection, feed, cache, spool and collector; each does its own work elsewhere. Belongs to one event loop, and
not to a forked child: make a new one there (the synchronous client does so by itself).
"""

import asyncio
import os
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from centralcloud_client import teaching
from centralcloud_client.aside import aside
from centralcloud_client.asking import Asking, Showable
from centralcloud_client.cache import Cache
from centralcloud_client.connection import Connection
from centralcloud_client.errors import ClientClosedError
from centralcloud_client.exchange import Exchange
from centralcloud_client.feed import Feed, OnChange
from centralcloud_client.following_up import FollowingUp
from centralcloud_client.messages.pattern import Pattern
from centralcloud_client.options import Options
from centralcloud_client.results import ClientStatus, LearnOutcome, QueryResult
from centralcloud_client.sender import Sender
from centralcloud_client.spool import KeptAside, Spool


class AsyncCentralPatternsClient:
    """Ask the centre, or the local cache where that knows as much; teach it; hear of every change.

    Making one opens nothing and never fails because the server is down. Everything starts with `connect()`, `async
    with` or the first call, and then connects in the background for ever.
    """

    def __init__(
        self,
        server: str | tuple[str, ...] | list[str] | None = None,
        *,
        instance_id: str | None = None,
        state_dir: str | os.PathLike[str] | None = None,
        on_change: OnChange | None = None,
        options: Options | None = None,
    ) -> None:
        """Take a server's URL (default: `CENTRALCLOUD_NATS_URL`), or `options` for everything that can be said.

        `on_change` is called with each `Changed` in order, at least once, on the event loop; it may be a coroutine
        function.
        """
        self.options = options or Options.of(server, instance_id=instance_id, state_dir=state_dir)
        self._on_change = on_change
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Open the state, begin to connect and to follow the feed; does not wait for the server.

        Raises StateError when the state folder cannot be used.
        """
        if self._closed:
            raise ClientClosedError("this client was closed")
        loop = asyncio.get_running_loop()
        if self._loop is not None:
            if self._loop is not loop:
                raise RuntimeError("this client belongs to another event loop: make one for each")
            return
        self._cache = Cache(self.options.state_dir)
        self._spool = Spool(self.options.state_dir)
        self._connection = Connection(self.options, on_connected=self._on_connected, on_lost=self._on_lost)
        self._exchange = Exchange(self._connection, self.options)
        self._feed = Feed(self._cache, self._exchange, self._on_change)
        self._sender = Sender(self._spool, self._connection)
        self._following_up = FollowingUp(self._spool, self._exchange)
        self._asking = Asking(self.options, self._cache, self._feed, self._exchange)
        if self.options.follow:
            self._connection.follow(self._feed.handlers())
            self._feed.start()
        self._sender.start()
        self._connection.start()
        self._loop = loop

    def _on_connected(self) -> None:
        self._feed.connected()
        self._sender.wake()

    def _on_lost(self) -> None:
        self._feed.disconnected()

    async def close(self) -> None:
        """Stop everything; what is spooled stays on disk for the next client. Repeating it does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._loop is None:
            return
        try:
            if self._loop is asyncio.get_running_loop():
                await self._sender.close()
                await self._feed.close()
                await self._connection.close()
        finally:
            self._cache.close()
            self._spool.close()

    # Asking

    async def query_framework_pattern(self, name: str, **ask: Any) -> QueryResult:
        """Ask for a framework by name; see `query`."""
        return await self.query("framework", name=name, **ask)

    async def query_technology_pattern(self, name: str, **ask: Any) -> QueryResult:
        """Ask for a technology by name; see `query`."""
        return await self.query("technology", name=name, **ask)

    async def query_microservice_patterns(self, name_or_path: Showable, **ask: Any) -> QueryResult:
        """Ask for an architecture pattern by name, or which of them a codebase shows.

        A directory of this machine is collected and sent as evidence; an absolute path that is none here is sent as
        a path, for the server to read.
        """
        await self.connect()
        return await self._asking.microservices(name_or_path, ask)

    async def query_code_patterns(
        self, name: str | None = None, *, code: str | None = None, language: str | None = None, **ask: Any
    ) -> QueryResult:
        """Ask for a code pattern by name, or which known ones are in a snippet of `code`."""
        said: dict[str, Any] = {"name": name, "code": code, "language": language}
        return await self.query("code", **{key: value for key, value in said.items() if value is not None}, **ask)

    async def query(
        self, pattern_type: str, *, prefer_cache: bool | None = None, deadline_ms: int | None = None, **ask: Any
    ) -> QueryResult:
        """Ask in any of the protocol's ways: `name=`, `path=`, `evidence=`, `code=` or `search=`, and their options.

        A name that is in the cache is answered from there (`source` is `local`) while the feed is live, unless
        `prefer_cache` is False or an option needs the centre. Otherwise the centre is asked, twice if it is silent;
        when it cannot answer, the cache does, marked stale. Raises RefusedError, and UnreachableError when neither
        can.
        """
        await self.connect()
        return await self._asking.query(pattern_type, ask, prefer_cache=prefer_cache, deadline_ms=deadline_ms)

    async def detect(self, shown: Showable, *, on_server: bool = False, **ask: Any) -> QueryResult:
        """Ask for everything about a codebase: a directory, evidence, or with `on_server` a path that the server reads.

        When the centre cannot be asked, the cache's patterns are matched here if the extra `offline` is installed;
        the result is marked stale. Raises NotADirectoryError for a directory that is none.
        """
        await self.connect()
        return await self._asking.detect(shown, ask, on_server=on_server)

    async def search(self, pattern_type: str, text: str, *, limit: int = 20, **ask: Any) -> QueryResult:
        """Find patterns by words; pages are put together up to `limit`, and `next` as `cursor=` goes on from there."""
        await self.connect()
        return await self._asking.search(pattern_type, text, limit=limit, ask=ask)

    # Teaching

    async def learn_new_pattern(self, pattern_type: str, data: Any) -> str:
        """Teach a pattern, and return its `learn_id`; on disk when this returns, sent as soon as there is a way.

        `data` is a mapping with `name`, and `indicators` or `examples`, as the protocol has them, or a `Learn`. The
        same `learn_id` again is the same learn. Raises RefusedError for what the centre would refuse.
        """
        [learn_id] = await self.learn_new_patterns([(pattern_type, data)])
        return learn_id

    async def learn_new_patterns(self, many: Iterable[tuple[str, Any]]) -> list[str]:
        """Teach many patterns, each its type and data, in one write to disk: all, or RefusedError."""
        messages = [teaching.learn(pattern_type, data, self.options.instance_id) for pattern_type, data in many]
        return await self._teach(messages)

    async def feedback(
        self,
        pattern_type: str,
        slug: str,
        verdict: str,
        *,
        codebase_id: str | None = None,
        why: str | None = None,
        learn_id: str | None = None,
    ) -> str:
        """Say that a pattern was `confirmed` or `rejected` in a codebase, and return the `learn_id`."""
        said = {"slug": slug, "verdict": verdict, "codebase_id": codebase_id, "why": why, "learn_id": learn_id}
        [name] = await self._teach([teaching.feedback(pattern_type, said, self.options.instance_id)])
        return name

    async def _teach(self, messages: list[teaching.Message]) -> list[str]:
        await self.connect()
        writing = asyncio.ensure_future(aside(self._spool.add_all, messages))
        # Also where the caller is cancelled meanwhile: what is on disk is sent.
        writing.add_done_callback(self._written)
        await asyncio.shield(writing)
        return [learn_id for learn_id, _, _ in messages]

    def _written(self, writing: "asyncio.Future[None]") -> None:
        if not writing.cancelled() and writing.exception() is None:
            self._sender.wake()

    async def learn_status(self, learn_id: str) -> LearnOutcome:
        """Return what became of a learn or feedback; while it is on this disk, the centre is not asked."""
        await self.connect()
        return await self._following_up.one(learn_id)

    async def learn_statuses(self, learn_ids: Iterable[str]) -> list[LearnOutcome]:
        """Return what became of many learns, in their order, with one question for hundreds of them."""
        await self.connect()
        return await self._following_up.many(list(learn_ids))

    async def flush(self, timeout: float = 10.0) -> bool:  # noqa: ASYNC109  # the same words as the synchronous client's
        """Wait until NATS has acknowledged everything spooled; False when the time runs out."""
        await self.connect()
        return await self._sender.emptied(timeout)

    async def kept_aside(self) -> tuple[KeptAside, ...]:
        """Return the learns that NATS will never take, with the reasons."""
        await self.connect()
        return self._spool.kept_aside()

    # Following

    async def sync(self) -> int:
        """Bring the cache up to date now, and return its sequence number; raises UnreachableError."""
        await self.connect()
        await self._connection.attempted()
        return await self._feed.catch_up()

    async def wait_synced(self, timeout: float = 30.0, *, seq: int | None = None) -> bool:  # noqa: ASYNC109  # as above
        """Wait until the cache is complete, or holds at least `seq`; False when the time runs out."""
        await self.connect()
        return await self._feed.wait_for(seq, timeout)

    async def cached_patterns(self, pattern_type: str | None = None) -> tuple[Pattern, ...]:
        """Return every pattern in the cache, or those of one type, ordered by type and slug."""
        await self.connect()
        return await aside(self._cache.every, pattern_type)

    async def status(self) -> ClientStatus:
        """Return how the client stands, without asking anybody."""
        await self.connect()
        at = self._cache.position()
        waiting, aside = self._spool.counts()
        return ClientStatus(
            connected=self._connection.connected,
            server=self._connection.server,
            live=self._feed.live,
            epoch=at.epoch,
            last_seq=at.last_seq,
            head=self._feed.head,
            lag=self._feed.lag,
            age_seconds=None if at.last_contact is None else max(0.0, time.time() - at.last_contact),
            patterns=self._cache.count(),
            spooled=waiting,
            kept_aside=aside,
            ignored_changes=self._feed.ignored,
            last_error=self._connection.last_error or self._sender.last_error,
        )
