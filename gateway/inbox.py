"""Where workers answer: one subscription on a prefix that no instance may listen to or name as its reply subject.

Owns the prefix and who waits for which id. What an answer means is its receiver's business.
"""

import itertools
from collections.abc import Awaitable, Callable

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.nuid import NUID

Receiver = Callable[[Msg], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Inbox:
    """Hands each worker's answer to the one who waits for it; answers nobody waits for are dropped."""

    def __init__(self, nats: Client) -> None:
        self._nats = nats
        # Instances may subscribe to `_INBOX.>`; what workers say is nobody else's before it is relayed.
        self._prefix = f"_CENTRE.{NUID().next().decode()}."
        self._receivers: dict[str, Receiver] = {}
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Subscribe."""
        await self._nats.subscribe(self._prefix + "*", cb=self._on_answer)

    def expect(self, receiver: Receiver) -> str:
        """Return a subject on which `receiver` gets every answer until it is forgotten."""
        subject = f"{self._prefix}{next(self._numbers)}"
        self._receivers[subject] = receiver
        return subject

    def forget(self, subject: str) -> None:
        """Stop waiting for answers there."""
        self._receivers.pop(subject, None)

    async def _on_answer(self, message: Msg) -> None:
        receiver = self._receivers.get(message.subject)
        if receiver is None:
            return
        try:
            await receiver(message)
        except Exception:  # noqa: BLE001 - nats-py would report it without its traceback
            _log.exception("an answer of a worker could not be handled")
