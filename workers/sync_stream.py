"""Stream SYNC over a NATS connection: what services.publishing needs of JetStream.

Owns the stream's configuration. Every message carries the sequence it expects before it, so that the server itself
keeps the order and refuses a second publisher.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from centralcloud_client import headers, subjects
from services.publishing import StreamEnd
from workers.nats_link import NatsLink

_log = structlog.get_logger(__name__)
#: Old changes leave the stream beyond this; instances that need them ask sync.request.
MAX_BYTES: Final = 1024**3
_SECONDS: Final = 5.0
_EPOCH: Final = "epoch"

T = TypeVar("T")


class _Ack(msgspec.Struct):
    seq: int = 0
    error: dict[str, Any] | None = None


class SyncStream:
    """The end of stream SYNC, thread-safe; NATS being away raises OSError or TimeoutError."""

    def __init__(self, link: NatsLink) -> None:
        self._link = link

    def end(self) -> StreamEnd | None:
        """Return the end of the stream, or None when there is no stream."""
        return self._call(_end)

    def publish(self, first_seq: int, messages: Sequence[bytes]) -> int:
        """Append messages that must become first_seq, first_seq + 1, …; return the last surely taken: all, or none."""
        last = first_seq + len(messages) - 1

        async def work(client: Client) -> int:
            inbox = client.new_inbox()
            # Not the library's publish_async: a refusal makes its callback fail, and the caller wait in vain.
            subscription = await client.subscribe(inbox, max_msgs=1)
            try:
                for seq, data in enumerate(messages, first_seq):
                    # Only the last asks for an answer: it is taken if, and only if, all before it were.
                    reply = inbox if seq == last else ""
                    expected = {headers.EXPECTED_LAST_SEQUENCE: str(seq - 1)}
                    await client.publish(subjects.SYNC_PUBLISH, data, reply=reply, headers=expected)
                return last if await _is_taken(subscription) else first_seq - 1
            finally:
                await subscription.unsubscribe()

        return self._call(work, seconds=4 * _SECONDS) if messages else last

    def recreate(self, first_seq: int, epoch: str) -> None:
        """Delete the stream if it exists and make it anew, its first message to be numbered `first_seq`."""

        async def work(client: Client) -> None:
            manager = client.jetstream(timeout=_SECONDS)
            try:
                await manager.delete_stream(subjects.SYNC_STREAM)
            except NotFoundError:
                _log.info("stream is made for the first time, or was lost", stream=subjects.SYNC_STREAM)
            config = StreamConfig(
                name=subjects.SYNC_STREAM,
                subjects=[subjects.SYNC_PUBLISH],
                retention=RetentionPolicy.LIMITS,
                storage=StorageType.FILE,
                discard=DiscardPolicy.OLD,
                max_bytes=MAX_BYTES,
                duplicate_window=0.1,
                first_seq=first_seq,
                metadata={_EPOCH: epoch},
            )
            await manager.add_stream(config)
            # Over what a kill left half made, only an update writes the checksum that the next restart asks for.
            await manager.update_stream(config)

        self._call(work, seconds=4 * _SECONDS)
        _log.info("stream made anew", stream=subjects.SYNC_STREAM, epoch=epoch, first_seq=first_seq)

    def _call(self, work: Callable[[Client], Awaitable[T]], seconds: float = _SECONDS) -> T:
        try:
            return self._link.call(work, seconds)
        except (NatsError, APIError) as error:
            raise OSError(f"NATS: {error or type(error).__name__}") from error


async def _is_taken(subscription: Subscription) -> bool:
    """Tell whether the stream took the message whose answer comes here."""
    try:
        ack = msgspec.json.decode((await subscription.next_msg(_SECONDS)).data, type=_Ack)
    except (TimeoutError, msgspec.MsgspecError) as error:
        _log.warning("no answer from the stream", error=repr(error))
        return False
    if ack.error is not None:
        _log.info("the stream refused a change", error=ack.error)
    return ack.error is None


async def _end(client: Client) -> StreamEnd | None:
    manager = client.jetstream(timeout=_SECONDS)
    try:
        info = await manager.stream_info(subjects.SYNC_STREAM)
    except NotFoundError:
        return None
    last = info.state.last_seq
    data: bytes | None = None
    if info.state.messages:
        try:
            data = (await manager.get_msg(subjects.SYNC_STREAM, seq=last)).data
        except NotFoundError:
            data = None
    return StreamEnd(last, (info.config.metadata or {}).get(_EPOCH, ""), data)
