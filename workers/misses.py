"""Names that nobody knew, on their way to discovery: told at once when they are few, together when they are many.

A thread of its own sends them, so that no lookup waits for the broker. Bounded, and best effort: whoever asks again
tells again.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import structlog

from services.discovery.opening import Missed
from tasks.names import RECORD_MISSES

#: Seconds in which one task takes all names.
APART: Final = 0.1
#: Names in one task, and names that may wait to be told.
MOST_TOGETHER: Final = 500
MOST_WAITING: Final = 5_000

_log = structlog.get_logger(__name__)


class Misses:
    """The names that one process could not answer."""

    def __init__(self, hint: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._hint = hint
        self._lock = threading.Lock()
        self._told = threading.Event()
        self._waiting: dict[tuple[str, str], Missed] = {}
        self._thread: threading.Thread | None = None

    def tell(self, missed: Iterable[Missed]) -> None:
        """Take names to be told; returns at once."""
        with self._lock:
            for it in missed:
                known = self._waiting.get((it.type, it.key))
                if known is not None:
                    self._waiting[it.type, it.key] = known._replace(asked=known.asked + it.asked)
                elif len(self._waiting) < MOST_WAITING:
                    self._waiting[it.type, it.key] = it
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="misses", daemon=True)
                self._thread.start()
        self._told.set()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._told.wait()
            batch = self._take()
            if batch:
                self._send(batch)
            pause.wait(APART)

    def _send(self, batch: list[Missed]) -> None:
        try:
            self._hint(RECORD_MISSES, {"misses": [list(it) for it in batch]})
        except Exception as error:  # noqa: BLE001  a broker has many ways to refuse, and this thread must outlive all
            _log.warning("unknown names could not be told", names=len(batch), error=repr(error))

    def _take(self) -> list[Missed]:
        with self._lock:
            keys = list(self._waiting)[:MOST_TOGETHER]
            batch = [self._waiting.pop(key) for key in keys]
            if not self._waiting:
                self._told.clear()
        return batch
