"""Hints: the first goes at once, many become few, and the last is never swallowed."""

import time
from typing import Any

from celery import Celery

from tasks.names import PUBLISH_CHANGES, RECORD_MISSES
from workers.hints import APART, Hints


class Recorder(Celery):
    """A Celery app that notes what it is asked to send, and when."""

    def __init__(self) -> None:
        super().__init__("recorder", set_as_current=False)
        self.sent: list[tuple[str, float]] = []

    def send_task(self, name: str, *_: Any, **__: Any) -> Any:
        self.sent.append((name, time.monotonic()))


def test_a_burst_of_hints_becomes_two() -> None:
    app = Recorder()
    hints = Hints(app)
    for _ in range(50):
        hints.send(PUBLISH_CHANGES, {})
    ended = time.monotonic()
    assert len(app.sent) == 1
    time.sleep(2 * APART)
    assert [name for name, _at in app.sent] == [PUBLISH_CHANGES] * 2
    assert app.sent[-1][1] >= ended


def test_rare_hints_go_at_once() -> None:
    app = Recorder()
    hints = Hints(app)
    for number in range(1, 3):
        hints.send(PUBLISH_CHANGES, {})
        assert len(app.sent) == number
        time.sleep(1.5 * APART)


def test_hints_with_arguments_all_go() -> None:
    app = Recorder()
    hints = Hints(app)
    for _ in range(3):
        hints.send(RECORD_MISSES, {"names": []})
    assert len(app.sent) == 3
