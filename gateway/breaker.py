"""The circuit breaker before Redis: after repeated failures nobody waits for it until a trial has passed.

Owns the state only: closed (all pass), open (none pass), half-open (one trial passes). Who asks and what fails is
`task_sender`'s business. Used from one thread: the event loop's.
"""

import time
from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens after `failures` in a row; tries again after `seconds`."""

    def __init__(self, failures: int = 2, seconds: float = 0.5, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = State.CLOSED
        self._limit = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._opened_at = 0.0

    def may_pass(self) -> bool:
        """Say whether a call may be made now; a True in the open state is the one trial, whose outcome must be told."""
        if self.state is State.OPEN and self._clock() - self._opened_at >= self._seconds:
            self.state = State.HALF_OPEN
            return True
        return self.state is State.CLOSED

    def succeeded(self) -> None:
        """Tell that a call went well."""
        self._failures = 0
        self.state = State.CLOSED

    def failed(self) -> None:
        """Tell that a call failed."""
        self._failures += 1
        if self.state is State.HALF_OPEN or self._failures >= self._limit:
            self.state = State.OPEN
            self._opened_at = self._clock()
