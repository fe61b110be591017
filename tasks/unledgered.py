"""Requests of a queue that keeps no ledger of unacknowledged tasks: nothing to acknowledge when they end.

For tasks whose asker asks again by itself. The queue says `no_ack` (celeryconfig); this spares the round trip to Redis
that Celery would still make for each.
"""

from celery.worker.request import Request


class UnledgeredRequest(Request):
    """A request whose message left the broker for good when it was received."""

    def acknowledge(self) -> None:
        """Note that there is nothing to do."""
        self.acknowledged = True
