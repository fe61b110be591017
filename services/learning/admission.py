"""Whose learns are taken at all: not those of revoked instances, and no more of anybody's in a day than the quota.

One small statement a batch sees to revocations, in the transaction that applies. Quotas are counted in each process and
told to the others every second or so, in a commit of its own: what is taken beyond one is little, and what counting
costs is nothing.
"""

import datetime
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from centralcloud_client.wire import WireError
from models import instances
from services.learning import reading
from services.learning.reading import Submission
from services.learning.rules import LearningRules

#: With what is refused here.
CODES: Final = frozenset({"revoked", "quota_exceeded"})
#: How long it is kept what instances taught.
_KEPT: Final = datetime.timedelta(days=30)
#: Between two looks at what the other processes counted.
_SYNC_EVERY: Final = datetime.timedelta(seconds=1)


class RevokingError(TimeoutError):
    """An instance is being revoked at this moment: whoever learns must come again."""


class Admission:
    """What one process knows of revocations and quotas in one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version: int | None = None
        self._revoked: dict[str, datetime.datetime | None] = {}
        self._day: datetime.date | None = None
        #: Learns of the day as last counted by all, and those not told yet.
        self._counted: dict[str, int] = {}
        self._untold: Counter[str] = Counter()
        self._synced: datetime.datetime | None = None

    def admit(
        self, connection: Connection, submissions: Sequence[Submission], now: datetime.datetime, rules: LearningRules
    ) -> Sequence[Submission]:
        """Return submissions, those refused that are not to be taken; no revocation begins until the transaction ends.

        Raises RevokingError while one goes on.
        """
        with self._lock:
            self._look_for_revocations(connection)
            self._look_for_usage(connection, submissions, now)
            left = {
                who: rules.learns_per_day - self._counted[who] - self._untold[who]
                for who in {it.instance_id for it in submissions}
            }
        refused = {it.learn_id: refusal for it in submissions if (refusal := self._refusal(it, left))}
        if not refused:
            return submissions
        return [
            reading.as_refused(it, refused[it.learn_id], keep=False) if it.learn_id in refused else it
            for it in submissions
        ]

    @property
    def revocations(self) -> int | None:
        """The version of what is revoked, as the latest transaction saw it."""
        return self._version

    def tell(self, database: Engine, now: datetime.datetime) -> None:
        """Tell the others what was counted here, and hear what they counted; before the transaction that admits.

        Apart from it: one that is rolled back must not take along what earlier ones decided.
        """
        with self._lock:
            is_due = self._synced is None or now - self._synced >= _SYNC_EVERY
            if not self._untold or now.date() != self._day or not is_due:
                return
            with database.begin() as connection:
                counted = instances.count_learns(connection, self._untold, now.date())
            self._counted.update(counted)
            self._untold.clear()
            self._synced = now

    def count(self, decided: Iterable[Submission]) -> None:
        """Count what was decided and committed, whatever came of it; refusals by `admit` cost no more."""
        with self._lock:
            self._untold.update(it.instance_id for it in decided if it.refusal is None or it.refusal.code not in CODES)

    def _refusal(self, submission: Submission, left: dict[str, int]) -> WireError | None:
        """Return why a submission is not taken, or None and one less is left to its instance."""
        who = submission.instance_id
        if who in self._revoked:
            since = self._revoked[who]
            if since is None or submission.delivery.received >= since:
                return WireError("revoked", "an operator revoked this instance")
        if left[who] <= 0:
            return WireError("quota_exceeded", "this instance has taught as much as it may in one day")
        left[who] -= 1
        return None

    def _look_for_revocations(self, connection: Connection) -> None:
        found = instances.check(connection)
        if not found.free:
            raise RevokingError
        if found.version != self._version:
            self._revoked = instances.revoked(connection)
            self._version = found.version

    def _look_for_usage(
        self, connection: Connection, submissions: Sequence[Submission], now: datetime.datetime
    ) -> None:
        """Read what all counted of instances that are new to this process, or to the day."""
        if now.date() != self._day:
            self._day, self._synced = now.date(), None
            self._counted.clear()
            self._untold.clear()
            instances.forget_usage(connection, now.date() - _KEPT)
        if unknown := {it.instance_id for it in submissions} - self._counted.keys():
            known = instances.usage(connection, unknown, now.date())
            self._counted.update({who: known.get(who, 0) for who in unknown})


_admissions: WeakKeyDictionary[Engine, Admission] = WeakKeyDictionary()


def of(database: Engine) -> Admission:
    """Return what this process knows of a database."""
    return _admissions.setdefault(database, Admission())
