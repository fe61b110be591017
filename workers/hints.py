"""Tasks that are hinted at: sent at once when they are rare, together when they are many.

A hinted task finds its work by itself, so one hint stands for all before it. A lost one costs time: beat repeats.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from tasks import names

#: Seconds in which one hint at a task is enough.
APART: Final = 0.1
_EXPIRES: Final = 60

_log = structlog.get_logger(__name__)


class Hints:
    """The hints that one process gives."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = threading.Lock()
        #: When the next hint at a task may go, by the process's clock.
        self._next: dict[str, float] = {}
        self._waiting: set[str] = set()

    def send(self, task: str, kwargs: Mapping[str, Any]) -> None:
        """Enqueue a task by name, best effort; those without arguments at most every APART seconds."""
        if kwargs or self._may_go(task):
            self._send(task, kwargs)

    def _may_go(self, task: str) -> bool:
        """Tell whether to send now; else see to it that one hint goes when it is time."""
        now = time.monotonic()
        with self._lock:
            if task in self._waiting:
                return False
            due = self._next.get(task, now)
            if now >= due:
                self._next[task] = now + APART
                return True
            self._waiting.add(task)
        timer = threading.Timer(due - now, self._send_late, (task,))
        timer.daemon = True
        timer.start()
        return False

    def _send_late(self, task: str) -> None:
        with self._lock:
            # Before it is sent: whoever commits from now on hints again.
            self._waiting.discard(task)
            self._next[task] = time.monotonic() + APART
        self._send(task, {})

    def _send(self, task: str, kwargs: Mapping[str, Any]) -> None:
        try:
            self._app.send_task(
                task,
                kwargs=dict(kwargs),
                queue=names.ROUTES[task],
                expires=_EXPIRES,
                argsrepr="",
                kwargsrepr="",
                retry=False,
            )
        except (OperationalError, OSError) as error:
            _log.warning("hint not sent: the broker is away", hint=task, error=str(error))
