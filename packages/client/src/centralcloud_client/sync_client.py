"""The client for code without an event loop: the asynchronous one, on a thread of its own.

Safe to use from any thread, and across `fork`: the child starts afresh with its own connection, thread and files.
"""

import os
import threading
import weakref
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from centralcloud_client.asking import Showable
from centralcloud_client.async_client import AsyncCentralPatternsClient
from centralcloud_client.errors import ClientClosedError
from centralcloud_client.feed import OnChange
from centralcloud_client.loop_thread import LoopThread
from centralcloud_client.messages.pattern import Pattern
from centralcloud_client.options import Options
from centralcloud_client.results import ClientStatus, LearnOutcome, QueryResult
from centralcloud_client.spool import KeptAside

T = TypeVar("T")
#: What a child inherited and must neither use nor end: its sockets and event queue are the parent's too.
_inherited: Final[list[object]] = []
_clients: Final["weakref.WeakSet[CentralPatternsClient]"] = weakref.WeakSet()


class _Running:
    """The asynchronous client and the thread it lives on."""

    def __init__(self, options: Options, on_change: OnChange | None) -> None:
        self.client = AsyncCentralPatternsClient(options=options, on_change=on_change)
        self.thread = LoopThread()

    def stop(self) -> None:
        self.thread.stop(self.client.close())


class CentralPatternsClient:
    """Ask, teach and follow from synchronous code; every method as in AsyncCentralPatternsClient, which documents them.

    Making one starts nothing: no thread, no file, no connection. `connect()`, `with` or the first call does; the feed
    is followed from then on. `on_change` runs on the client's own thread and must not call the client.
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
        self.options = options or Options.of(server, instance_id=instance_id, state_dir=state_dir)
        self._on_change = on_change
        self._closed = False
        self._start_afresh()
        _clients.add(self)

    def _start_afresh(self) -> None:
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._stop: weakref.finalize[Any, Any] | None = None

    def _abandon(self) -> None:
        """In a forked child: leave everything inherited alone."""
        if self._stop is not None:
            self._stop.detach()
        _inherited.append((self._running, self._lock))
        self._start_afresh()

    def _run(self, method: str, *args: Any, **kwargs: Any) -> Any:
        running = self._started()
        work: Coroutine[Any, Any, Any] = getattr(running.client, method)(*args, **kwargs)
        return running.thread.call(work)

    def _started(self) -> _Running:
        with self._lock:
            if self._closed:
                raise ClientClosedError("this client was closed")
            if self._running is None:
                self._running = _Running(self.options, self._on_change)
                self._stop = weakref.finalize(self, self._running.stop)
            return self._running

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Start, in the background; does not wait for the server."""
        self._run("connect")

    def close(self) -> None:
        """Stop everything; what is spooled stays on disk."""
        with self._lock:
            if self._running is not None:
                self._running.thread.require_other_thread()
            self._closed = True
            stop, self._stop, self._running = self._stop, None, None
        if stop is not None:
            stop()

    def query_framework_pattern(self, name: str, **ask: Any) -> QueryResult:
        """Ask for a framework by name."""
        return self._result("query_framework_pattern", name, **ask)

    def query_technology_pattern(self, name: str, **ask: Any) -> QueryResult:
        """Ask for a technology by name."""
        return self._result("query_technology_pattern", name, **ask)

    def query_microservice_patterns(self, name_or_path: Showable, **ask: Any) -> QueryResult:
        """Ask for an architecture pattern by name, or which of them a codebase shows."""
        return self._result("query_microservice_patterns", name_or_path, **ask)

    def query_code_patterns(
        self, name: str | None = None, *, code: str | None = None, language: str | None = None, **ask: Any
    ) -> QueryResult:
        """Ask for a code pattern by name, or which known ones are in a snippet."""
        return self._result("query_code_patterns", name, code=code, language=language, **ask)

    def query(self, pattern_type: str, **ask: Any) -> QueryResult:
        """Ask in any of the protocol's ways."""
        return self._result("query", pattern_type, **ask)

    def detect(self, shown: Showable, *, on_server: bool = False, **ask: Any) -> QueryResult:
        """Ask for everything about a codebase."""
        return self._result("detect", shown, on_server=on_server, **ask)

    def search(self, pattern_type: str, text: str, **ask: Any) -> QueryResult:
        """Find patterns by words."""
        return self._result("search", pattern_type, text, **ask)

    def _result(self, method: str, *args: Any, **kwargs: Any) -> QueryResult:
        result: QueryResult = self._run(method, *args, **kwargs)
        return result

    def learn_new_pattern(self, pattern_type: str, data: Any) -> str:
        """Teach a pattern, and return its `learn_id`."""
        return str(self._run("learn_new_pattern", pattern_type, data))

    def learn_new_patterns(self, many: Iterable[tuple[str, Any]]) -> list[str]:
        """Teach many patterns in one write to disk, and return their `learn_id`s."""
        return list(self._run("learn_new_patterns", many))

    def feedback(self, pattern_type: str, slug: str, verdict: str, **said: Any) -> str:
        """Say that a pattern was `confirmed` or `rejected` in a codebase, and return the `learn_id`."""
        return str(self._run("feedback", pattern_type, slug, verdict, **said))

    def learn_status(self, learn_id: str) -> LearnOutcome:
        """Return what became of a learn or feedback."""
        outcome: LearnOutcome = self._run("learn_status", learn_id)
        return outcome

    def learn_statuses(self, learn_ids: Iterable[str]) -> list[LearnOutcome]:
        """Return what became of many learns, in their order."""
        outcomes: list[LearnOutcome] = self._run("learn_statuses", learn_ids)
        return outcomes

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until NATS has acknowledged everything spooled."""
        return bool(self._run("flush", timeout))

    def kept_aside(self) -> tuple[KeptAside, ...]:
        """Return the learns that NATS will never take, with the reasons."""
        kept: tuple[KeptAside, ...] = self._run("kept_aside")
        return kept

    def sync(self) -> int:
        """Bring the cache up to date now, and return its sequence number."""
        return int(self._run("sync"))

    def wait_synced(self, timeout: float = 30.0, *, seq: int | None = None) -> bool:
        """Wait until the cache is complete, or holds at least `seq`."""
        return bool(self._run("wait_synced", timeout, seq=seq))

    def cached_patterns(self, pattern_type: str | None = None) -> tuple[Pattern, ...]:
        """Return every pattern in the cache, or those of one type, ordered by type and slug."""
        cached: tuple[Pattern, ...] = self._run("cached_patterns", pattern_type)
        return cached

    def status(self) -> ClientStatus:
        """Return how the client stands, without asking anybody."""
        status: ClientStatus = self._run("status")
        return status


def _after_fork() -> None:
    for client in list(_clients):
        client._abandon()  # noqa: SLF001  # the same module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
