"""Unknown names on their way to discovery: the first at once, many together, each once, and never without bound."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from services.discovery.opening import Missed
from tasks.names import RECORD_MISSES
from workers import misses
from workers.misses import Misses


class Sent:
    """What was sent, and a wait for more."""

    def __init__(self) -> None:
        self.tasks: list[list[list[Any]]] = []
        self._more = threading.Condition()

    def __call__(self, task: str, kwargs: Mapping[str, Any]) -> None:
        assert task == RECORD_MISSES
        with self._more:
            self.tasks.append(kwargs["misses"])
            self._more.notify_all()

    def wait(self, count: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: len(self.tasks) >= count, 10)


def missed(name: str) -> Missed:
    return Missed("framework", name, name, "", "", 1)


def test_the_first_goes_at_once_and_what_comes_meanwhile_goes_together() -> None:
    sent = Sent()
    names = Misses(sent)
    names.tell([missed("nova")])
    sent.wait(1)
    for number in range(50):
        names.tell([missed(f"n{number}"), missed("again")])
    sent.wait(2)
    time.sleep(2 * misses.APART)
    told = {name: asked for batch in sent.tasks[1:] for _type, _key, name, _instance, _trace, asked in batch}
    assert told.keys() == {"again", *(f"n{number}" for number in range(50))}
    assert len(sent.tasks) <= 4
    assert sum(asked for batch in sent.tasks[1:] for *_, name, _i, _t, asked in batch if name == "again") == 50


def test_batches_and_what_waits_are_bounded() -> None:
    sent = Sent()
    names = Misses(sent)
    names.tell([missed("nova")])
    sent.wait(1)
    names.tell(missed(f"n{number}") for number in range(misses.MOST_WAITING + 500))
    sent.wait(1 + misses.MOST_WAITING // misses.MOST_TOGETHER)
    time.sleep(2 * misses.APART)
    assert max(map(len, sent.tasks)) <= misses.MOST_TOGETHER
    assert sum(map(len, sent.tasks)) <= 1 + misses.MOST_WAITING


def test_a_broker_that_refuses_ends_nothing() -> None:
    sent, refusals = Sent(), [RuntimeError("OOM command not allowed"), OSError("gone")]

    def refusing(task: str, kwargs: Mapping[str, Any]) -> None:
        if refusals:
            raise refusals.pop()
        sent(task, kwargs)

    names = Misses(refusing)
    names.tell([missed("nova")])
    for _ in range(200):
        names.tell([missed("nebula")])
        if sent.tasks:
            break
        time.sleep(0.05)
    assert [name for batch in sent.tasks for _type, _key, name, *_ in batch] == ["nebula"]
