"""Pull learns from the durable consumer, one short request at a time.

Owns the pull protocol. nats-py's own fetch makes a task for each message and may hang across a restart of the server;
here a message costs one callback, and a request that got no answer is given up when it must have expired.
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.nuid import NUID

from centralcloud_client.subjects import LEARN_CONSUMER, LEARN_STREAM

MAX_MESSAGES: Final = 200
MAX_BYTES: Final = 1024 * 1024
_EXPIRES: Final = 1.5
_GRACE: Final = 0.5
_NEXT: Final = f"$JS.API.CONSUMER.MSG.NEXT.{LEARN_STREAM}.{LEARN_CONSUMER}"
_ACK_PREFIX: Final = "$JS.ACK."
#: Descriptions of status 409 after which stream or consumer must be looked at.
_LOST: Final = ("Deleted", "Shutdown", "Leadership", "push based")
_STATUS: Final = "Status"
_DESCRIPTION: Final = "Description"


class PullLostError(Exception):
    """The server said that there is no such stream or consumer, or said nothing at all."""


class LearnPull:
    """Requests messages and hands each to `receive` as it comes."""

    def __init__(self, nats: Client, receive: Callable[[Msg], None]) -> None:
        self._nats = nats
        self._receive = receive
        self._inbox = f"_CENTRE.{NUID().next().decode()}."
        self._numbers = itertools.count(1)
        self._asked = ""
        self._ended = asyncio.Event()
        self._lost: str | None = None
        self._left = 0
        self._too_large = False

    async def start(self) -> None:
        """Subscribe where the messages will arrive."""
        await self._nats.subscribe(self._inbox + "*", cb=self._on_message)

    async def pull(self) -> None:
        """Ask for up to MAX_MESSAGES and MAX_BYTES; return when they came or the request ended.

        Raises PullLostError, and nats.errors.Error while disconnected.
        """
        self._ended.clear()
        self._lost = None
        request: dict[str, int] = {"batch": MAX_MESSAGES, "expires": int(_EXPIRES * 1e9)}
        if self._too_large:
            # The next message alone is larger than a batch may be.
            request["batch"] = 1
        else:
            request["max_bytes"] = MAX_BYTES
        self._too_large = False
        self._left = request["batch"]
        self._asked = f"{self._inbox}{next(self._numbers)}"
        await self._nats.publish(_NEXT, json.dumps(request).encode(), reply=self._asked)
        try:
            await asyncio.wait_for(self._ended.wait(), _EXPIRES + _GRACE)
        except TimeoutError:
            raise PullLostError("no answer to a pull request") from None
        if self._lost is not None:
            raise PullLostError(self._lost)

    async def _on_message(self, message: Msg) -> None:
        if message.reply.startswith(_ACK_PREFIX):
            self._receive(message)
            self._left -= 1
            if self._left <= 0:
                self._ended.set()
            return
        if message.subject != self._asked:
            # The end of an earlier request.
            return
        said = message.headers or {}
        status = said.get(_STATUS)
        description = said.get(_DESCRIPTION, "")
        if status == "409" and "MaxBytes" in description:
            self._too_large = self._left == MAX_MESSAGES
        elif status == "503" or any(sign in description for sign in _LOST):
            self._lost = f"{status} {description}"
        self._ended.set()
