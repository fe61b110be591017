"""Keep children running: start many at once, restart those that die, stop all of them.

Knows nothing about what the children are (stack.processes does). All starting and stopping goes through one lock, so
that tests may command from another thread than the one that watches.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stack.child import Child, EarlyDeathError
from stack.spawn import StartError

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
_STABLE_SECONDS = 60.0
_LOOK_EVERY = 0.2
_POLL_SECONDS = 0.1
_SLICE = 0.05
_INTERRUPTED = "stopped before everything was ready"


class InterruptedStartError(StartError):
    """The start was given up because a stop was asked for."""


class StopFlag:
    """Says that a stop is wanted; without a lock, so that a signal handler may set it at any moment."""

    def __init__(self) -> None:
        self._wanted = False

    def set(self) -> None:
        """Ask for the stop."""
        self._wanted = True

    def is_set(self) -> bool:
        """Tell whether a stop is wanted."""
        return self._wanted

    def wait(self, seconds: float) -> bool:
        """Sleep until the stop is wanted, at most so long; tell whether it is."""
        deadline = time.monotonic() + seconds
        while not self._wanted and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_SLICE, left))
        return self._wanted


@dataclass
class _Watched:
    child: Child
    #: Deaths in a row without a stable minute between them.
    deaths: int = 0
    #: When to start again (monotonic); 0 while it runs.
    due: float = 0.0
    #: Stopped on purpose: not restarted.
    held: bool = False


class Supervisor:
    """A set of children, by name."""

    def __init__(self, say: Callable[[str], None], changed: Callable[[], None] = lambda: None) -> None:
        self._say = say
        #: Called after any child got a new pid.
        self._changed = changed
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.RLock()
        self._stopping = StopFlag()

    @property
    def children(self) -> dict[str, Child]:
        """The children by name, in the order of their start."""
        return {name: watched.child for name, watched in self._watched.items()}

    def adopt(self, children: Iterable[Child]) -> None:
        """Watch children that were started elsewhere."""
        with self._lock:
            self._watched.update({child.name: _Watched(child) for child in children})
        self._changed()

    def start_all(self, children: list[Child]) -> None:
        """Start children at once; `await_ready` waits for them."""
        for child in children:
            child.start()
        self.adopt(children)

    def await_end(self, child: Child, seconds: float) -> None:
        """Wait until a child that has work to finish has ended; raises StartError after `seconds`, or on a stop."""
        deadline = time.monotonic() + seconds
        while child.alive:
            if self._stopping.wait(_SLICE):
                raise InterruptedStartError(_INTERRUPTED)
            if time.monotonic() > deadline:
                raise StartError(child.overdue(seconds))

    def watch(self, also: Callable[[set[int]], None] | None = None) -> None:
        """Restart what dies, until `request_stop`; call `also` with the children's pids at every look."""
        while not self._stopping.wait(_LOOK_EVERY):
            self.look()
            if also is not None:
                also({child.pid for child in self.children.values()})

    def look(self) -> None:
        """Look at every child once."""
        with self._lock:
            for watched in self._watched.values():
                if not self._stopping.is_set() and not watched.held:
                    self._look_at(watched)

    def _look_at(self, watched: _Watched) -> None:
        child, now = watched.child, time.monotonic()
        if child.alive:
            return
        if not watched.due:
            watched.deaths = 1 if now - child.started_at > _STABLE_SECONDS else watched.deaths + 1
            delay = restart_delay(watched.deaths)
            watched.due = now + delay
            # What it left in its process group must not run beside its successor.
            child.kill()
            self._say(f"{child.summary()}; restarting in {delay:g} s (log: {child.log})")
        elif now >= watched.due:
            watched.due = 0.0
            try:
                child.start()
            except StartError as error:
                self._say(f"{child.name} cannot be started: {error}")
            self._changed()

    def request_stop(self) -> None:
        """End `watch`; may be called from a signal handler."""
        self._stopping.set()

    def await_ready(self, children: Iterable[Child], seconds: float = 60.0) -> None:
        """Wait until all are ready; raises StartError as soon as one dies, after `seconds`, or on a stop."""
        await_ready(list(children), seconds, self._stopping)

    def stop_all(self, names: Iterable[str] | None = None) -> None:
        """Stop these children, or all, at once; those that outlast their grace are killed."""
        with self._lock:
            chosen = list(self._watched) if names is None else [name for name in names if name in self._watched]
            watched = [self._watched[name] for name in chosen]
            for entry in watched:
                entry.held = True
                entry.child.ask_to_stop()
            asked = time.monotonic()
            for entry in watched:
                entry.child.await_end(asked + entry.child.process.grace)

    def kill(self, name: str) -> None:
        """SIGKILL one child; it is restarted as after any death."""
        self._watched[name].child.kill()

    def hold(self, name: str, *, by_force: bool = False) -> None:
        """Stop one child, or SIGKILL it, and keep it down until `start_again`."""
        with self._lock:
            watched = self._watched[name]
            watched.held = True
            if by_force:
                watched.child.kill()
            else:
                watched.child.stop()

    def start_again(self, name: str, seconds: float = 30.0) -> None:
        """Start one child that was held or died, and wait until it is ready."""
        with self._lock:
            watched = self._watched[name]
            if not watched.child.alive:
                watched.child.start_ready(seconds)
            watched.due, watched.held = 0.0, False
        self._changed()


def restart_delay(deaths: int) -> float:
    """Return the seconds to wait before the restart after so many deaths in a row."""
    return float(min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(deaths - 1, 10)))


def await_ready(children: list[Child], seconds: float, stopping: StopFlag) -> None:
    """Wait until all are ready, asking all at once; raises StartError as soon as one dies, or after `seconds`."""
    waiting = list(children)
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(max_workers=max(1, len(waiting)), thread_name_prefix="ready") as pool:
        while waiting:
            if stopping.is_set():
                raise InterruptedStartError(_INTERRUPTED)
            for child in waiting:
                if not child.alive:
                    raise EarlyDeathError(child.obituary())
            waiting = [child for child, ready in zip(waiting, pool.map(_ask, waiting), strict=True) if not ready]
            if waiting and time.monotonic() > deadline:
                raise StartError(waiting[0].overdue(seconds))
            stopping.wait(_POLL_SECONDS if waiting else 0)


def _ask(child: Child) -> bool:
    return child.process.ready(child)
