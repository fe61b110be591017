"""The circuit breaker of the model's server, shared by all workers: when calls end at once, and which one probes.

Pure: its state is a part of models.llm_control's row. Several failures in a row open it; after a pause one call may
try; each failed try makes the pause longer, any answer closes it.
"""

import datetime
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, Self

#: Failures of the server in a row that open it.
THRESHOLD: Final = 5
#: Seconds of the first pause; each following one is twice as long.
PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 600.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known about the server's health."""

    failures: int = 0
    trips: int = 0
    open_until: datetime.datetime | None = None
    #: Id of the call that tries whether the server is back.
    probe: str | None = None

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read it from the row that all share, which may not exist yet."""
        return cls() if row is None else cls(int(row.failures), int(row.trips), row.open_until, row.probe)

    def values(self) -> dict[str, Any]:
        """Return the columns it is kept in."""
        return asdict(self)

    def state(self, now: datetime.datetime) -> Literal["closed", "open", "half_open"]:
        """Tell whether calls may leave: all, none, or one that probes."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def probing(self, call_id: str, until: datetime.datetime) -> Self:
        """Let one call try; the others wait until it has ended, or must have."""
        return replace(self, probe=call_id, open_until=until)

    def failed(self, call_id: str, now: datetime.datetime, seconds: float | None) -> Self:
        """Count a failure of the server, which may have said for how many seconds it wants to be left alone."""
        failures = self.failures + 1
        if self.open_until is not None and call_id != self.probe:
            # Calls that were under way when it opened say nothing new.
            return replace(self, failures=failures)
        if failures < THRESHOLD and self.open_until is None:
            return replace(self, failures=failures)
        pause = min(PAUSE * 2**self.trips, LONGEST_PAUSE)
        until = now + datetime.timedelta(seconds=max(pause, seconds or 0.0))
        return replace(self, failures=failures, trips=self.trips + 1, open_until=until, probe=None)
