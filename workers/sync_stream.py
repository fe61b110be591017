"""Stream SYNC over a NATS connection: what services.publishing needs of JetStream.

Owns the stream's configuration. Every message carries the sequence it expects before it, so that the server itself
keeps the order and refuses a second publisher.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
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
        """Append messages that must become first_seq, first_seq + 1, …; return the last sequence the stream took."""

        async def work(client: Client) -> int:
            loop = asyncio.get_running_loop()
            acks: list[asyncio.Future[bytes]] = [loop.create_future() for _ in messages]

            async def on_ack(message: Msg) -> None:
                done = acks[int(message.subject.rsplit(".", 1)[1])]
                if not done.done():
                    done.set_result(message.data)

            # Not the library's publish_async: a refusal makes its callback fail, and the caller wait in vain.
            inbox = client.new_inbox()
            subscription = await client.subscribe(f"{inbox}.*", cb=on_ack)
            try:
                for offset, data in enumerate(messages):
                    expected = {headers.EXPECTED_LAST_SEQUENCE: str(first_seq + offset - 1)}
                    await client.publish(subjects.SYNC_PUBLISH, data, reply=f"{inbox}.{offset}", headers=expected)
                return first_seq - 1 + await _taken(acks)
            finally:
                await subscription.unsubscribe()

        return self._call(work, seconds=4 * _SECONDS)

    def recreate(self, first_seq: int, epoch: str) -> None:
        """Delete the stream if it exists and make it anew, its first message to be numbered `first_seq`."""

        async def work(client: Client) -> None:
            manager = client.jetstream(timeout=_SECONDS)
            try:
                await manager.delete_stream(subjects.SYNC_STREAM)
            except NotFoundError:
                _log.info("stream is made for the first time, or was lost", stream=subjects.SYNC_STREAM)
            await manager.add_stream(
                StreamConfig(
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
            )

        self._call(work, seconds=4 * _SECONDS)
        _log.info("stream made anew", stream=subjects.SYNC_STREAM, epoch=epoch, first_seq=first_seq)

    def _call(self, work: Callable[[Client], Awaitable[T]], seconds: float = _SECONDS) -> T:
        try:
            return self._link.call(work, seconds)
        except (NatsError, APIError) as error:
            raise OSError(f"NATS: {error or type(error).__name__}") from error


async def _taken(acks: Sequence[asyncio.Future[bytes]]) -> int:
    """Count the messages that the stream took: all up to the first it refused or did not answer."""
    for index, done in enumerate(acks):
        try:
            ack = msgspec.json.decode(await asyncio.wait_for(done, _SECONDS), type=_Ack)
        except (TimeoutError, msgspec.MsgspecError) as error:
            _log.warning("no answer from the stream", after=index, error=repr(error))
            return index
        if ack.error is not None:
            _log.info("the stream refused a change", after=index, error=ack.error)
            return index
    return len(acks)


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
