"""Carry the spool to NATS, oldest first, until each message is acknowledged.

Only one process carries a spool at a time. Several messages of one subject are under way at once; what follows on
another subject waits for them, so that feedback is never taken before the learn it speaks of. What NATS will never take
is kept aside with its error; everything else is tried again for as long as it takes.
"""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
import nats.errors

from centralcloud_client import wire
from centralcloud_client.aside import aside
from centralcloud_client.connection import Connection
from centralcloud_client.ending import end
from centralcloud_client.errors import CentralCloudError, ClientClosedError, UnreachableError
from centralcloud_client.exchange import packed
from centralcloud_client.spool import Spool, Spooled

logger = logging.getLogger("centralcloud_client")

#: Seconds to wait for a PubAck.
_ACK_SECONDS: Final = 5.0
#: Messages under way at once, and their bytes.
_BATCH: Final = 64
_BATCH_BYTES: Final = 1024 * 1024
_RETRY_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 15.0)
#: Another process carries the spool: look again.
_BUSY_SECONDS: Final = 0.2
#: JetStream's errors 4xx mean "never"; except those that a wait or an operator cures.
_NEVER: Final = range(400, 500)
_CURABLE: Final = frozenset({404, 408, 429})


class _JetStreamError(msgspec.Struct):
    code: int = 500
    description: str = ""


class _PubAck(msgspec.Struct):
    stream: str = ""
    seq: int = 0
    error: _JetStreamError | None = None


class _NeverError(Exception):
    """NATS will not take this message, ever."""


class Sender:
    """The task that empties the spool whenever there is a connection."""

    def __init__(self, spool: Spool, connection: Connection) -> None:
        self._spool = spool
        self._connection = connection
        self._wake = asyncio.Event()
        self._emptied = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.last_error: str | None = None

    def start(self) -> None:
        """Begin to send, in the background; what an earlier process left goes first."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="centralcloud-sender")
        self.wake()

    def wake(self) -> None:
        """Look into the spool now."""
        self._wake.set()

    async def emptied(self, seconds: float) -> bool:
        """Wait until nothing waits in the spool; False when the time runs out first."""

        def empty() -> bool:
            return self._spool.counts()[0] == 0

        self.wake()
        async with self._emptied:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait_for(lambda: self._closed or empty()), seconds)
            if self._closed:
                raise ClientClosedError("this client was closed")
            return empty()

    async def close(self) -> None:
        """Stop sending; what is left stays on disk, and whoever waits hears of it."""
        self._closed = True
        if self._task is not None:
            await end(self._task)
        async with self._emptied:
            self._emptied.notify_all()

    async def _run(self) -> None:
        failures = 0
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not self._connection.connected:
                continue
            try:
                if await self._carry_all():
                    failures = 0
                else:
                    self._later(_BUSY_SECONDS)
            except CentralCloudError as error:
                self.last_error = str(error)
                self._later(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1
            except Exception:  # nothing may end the sending for good
                logger.exception("the spool met a fault")
                self._later(_RETRY_SECONDS[-1])
            async with self._emptied:
                self._emptied.notify_all()

    def _later(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._wake.set)

    async def _carry_all(self) -> bool:
        """Send everything; False when another process is at it."""
        with _alone(self._spool.lock_path) as alone:
            while alone:
                batch = self._spool.head(_BATCH, _BATCH_BYTES)
                if not batch:
                    self.last_error = None
                    return True
                for _, run in groupby(batch, key=lambda one: one.subject):
                    await self._carry(tuple(run))
        return self._spool.counts()[0] == 0

    async def _carry(self, run: tuple[Spooled, ...]) -> None:
        """Send messages, all at once in this order; raises the first error that a later attempt may cure."""
        sending = [asyncio.ensure_future(self._send(one)) for one in run]
        try:
            await asyncio.wait(sending)
        finally:
            # Also when closing: what NATS has need not be sent again.
            await end(*sending)
            self._forget(run, sending)
        errors = [task.exception() for task in sending]
        for one, error in zip(run, errors, strict=True):
            if isinstance(error, _NeverError):
                logger.error("learn %s is kept aside: %s", one.learn_id, error)
                await aside(self._spool.keep_aside, one.id, str(error))
        for error in errors:
            if error is not None and not isinstance(error, _NeverError):
                raise error

    def _forget(self, run: Sequence[Spooled], sending: Sequence["asyncio.Task[None]"]) -> None:
        """Take what NATS acknowledged out of the spool."""
        ended = zip(run, sending, strict=True)
        if sent := [one.id for one, task in ended if not task.cancelled() and task.exception() is None]:
            self._spool.remove(sent)

    async def _send(self, one: Spooled) -> None:
        data, extra = packed(one.body)
        try:
            # Without who this client is: what another one of the same spool says anonymously stays so.
            reply = await self._connection.request(one.subject, data, extra, _ACK_SECONDS)
        except nats.errors.MaxPayloadError:
            raise _NeverError(f"{len(data)} bytes, NATS takes {self._connection.max_payload}") from None
        try:
            ack = wire.decode(reply.data, _PubAck)
        except wire.WireError as error:
            raise UnreachableError(f"the acknowledgement cannot be read: {error}") from error
        if ack.error is not None:
            text = f"{ack.error.code} {ack.error.description}"
            if ack.error.code in _NEVER and ack.error.code not in _CURABLE:
                raise _NeverError(text)
            raise UnreachableError(f"NATS does not keep learns now: {text}")
        if not ack.stream:
            raise UnreachableError("the acknowledgement names no stream")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Hold the spool's lock, or say that another has it; a killed process holds nothing."""
    if sys.platform == "win32":
        # Processes that share a spool may send a learn twice here, which is safe.
        yield True
        return
    import fcntl

    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb+", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
