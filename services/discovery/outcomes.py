"""What became of a discovery: told to the gateways that wait, counted, and written into its row.

Owns the message on the internal subject; the gateway reads its own words of it.
"""

import datetime
from typing import Any, Final, NamedTuple

import msgspec

from centralcloud_client import wire
from models.base import AnyRow
from services.discovery.reasons import pause

_MESSAGE: Final = 500


class Claimed(NamedTuple):
    """One discovery that this process works on."""

    type: str
    key: str
    id: str
    name: str
    instance_id: str
    trace: str
    #: Which run it is: only the latest may settle it.
    runs: int
    failures: int
    #: When it was begun anew: an answer that was paid for since is this one's.
    opened_at: datetime.datetime

    @classmethod
    def of(cls, row: AnyRow) -> "Claimed":
        """Return a claimed row."""
        return cls(*(getattr(row, field) for field in cls._fields))


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is told: `running` when it is begun, then `found`, `failed` or `open` (put off)."""

    type: str
    key: str
    id: str
    state: str
    reason: str = ""
    due_ms: int = 0
    slug: str = ""
    found_by: str = ""

    def encode(self) -> bytes:
        """Return it as it is published."""
        return wire.encode(self)


def begun(claimed: Claimed) -> Outcome:
    """Tell that it runs."""
    return _outcome(claimed, "running")


def found(claimed: Claimed, slug: str, found_by: str, at: datetime.datetime) -> tuple[Outcome, dict[str, Any]]:
    """Return what is told and written when a pattern answers to the name."""
    row = _row("found", at) | {"slug": slug, "found_by": found_by, "failures": 0, "due_at": at}
    return _outcome(claimed, "found", slug=slug, found_by=found_by), row


def failed(claimed: Claimed, reason: str, message: str, at: datetime.datetime) -> tuple[Outcome, dict[str, Any]]:
    """Return what is told and written when nothing was found, for this time."""
    failures = claimed.failures + 1
    wait = pause(reason, failures)
    row = _row("failed", at) | {
        "reason": reason,
        "message": message[:_MESSAGE],
        "failures": failures,
        "due_at": at + wait,
    }
    return _outcome(claimed, "failed", reason=reason, due_ms=_milliseconds(wait)), row


def put_off(
    claimed: Claimed, reason: str, message: str, due: datetime.datetime, at: datetime.datetime
) -> tuple[Outcome, dict[str, Any]]:
    """Return what is told and written when it is tried again by itself, at `due`."""
    row = _row("open", at) | {"reason": reason, "message": message[:_MESSAGE], "due_at": due}
    return _outcome(claimed, "open", reason=reason, due_ms=_milliseconds(due - at)), row


def turned_away(row: AnyRow, at: datetime.datetime) -> Outcome:
    """Tell that a name is not found out because too much is (row: type, key, id, reason, due_at)."""
    due = _milliseconds(row.due_at - at)
    return Outcome(type=row.type, key=row.key, id=row.id, state="failed", reason=row.reason, due_ms=due)


def _outcome(claimed: Claimed, state: str, **said: Any) -> Outcome:
    return Outcome(type=claimed.type, key=claimed.key, id=claimed.id, state=state, **said)


def _row(state: str, at: datetime.datetime) -> dict[str, Any]:
    return {"state": state, "reason": None, "message": None, "slug": None, "found_by": None, "changed_at": at}


def _milliseconds(time: datetime.timedelta) -> int:
    return max(0, int(time.total_seconds() * 1000))
