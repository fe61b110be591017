"""Tasks of a queue that keeps no ledger of unacknowledged ones: nothing to acknowledge when they end.

For tasks whose sender sends again by itself. The queue says `no_ack` (celeryconfig), and its worker runs one task at a
time (pool `solo`), or it would take more than it can do; this spares the round trip to Redis that Celery would still
make for each.
"""

from celery import Task
from celery.worker.request import Request


class UnledgeredRequest(Request):
    """A request whose message left the broker for good when it was received."""

    def acknowledge(self) -> None:
        """Note that there is nothing to do."""
        self.acknowledged = True


class Unledgered(Task):  # type: ignore[type-arg]  # generic in the stubs only
    """A task of a queue that acknowledges nothing."""

    Request = "tasks.unledgered:UnledgeredRequest"
