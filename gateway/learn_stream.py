"""The stream LEARN and its durable consumer: made when missing, brought up to date when their settings changed.

Owns their configuration. Reading from them is `learn_intake`'s work.
"""

from typing import Final

import structlog
from nats.aio.client import Client
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BadRequestError, NotFoundError

from centralcloud_client.subjects import LEARN_CONSUMER, LEARN_STREAM, LEARN_STREAM_SUBJECTS
from centralcloud_client.wire import MAX_BYTES

#: Seconds until an unapplied learn is delivered again; also how long a task with learns is worth running.
ACK_WAIT: Final = 30.0
#: About one ACK_WAIT of throughput of a small machine: more would only be delivered again behind a slow queue.
_MAX_ACK_PENDING: Final = 20_000
#: The least the server takes. Ids are compared in Postgres; here a repeated one must not swallow other content.
_DUPLICATE_WINDOW: Final = 0.1
_FOR_EVER: Final = -1

_log = structlog.get_logger(__name__)


class LearnStream:
    """Administers the stream of one server."""

    def __init__(self, nats: Client, max_bytes: int) -> None:
        self._js = nats.jetstream(timeout=5)
        self._stream = StreamConfig(
            name=LEARN_STREAM,
            subjects=list(LEARN_STREAM_SUBJECTS),
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=max_bytes,
            max_msg_size=MAX_BYTES,
            duplicate_window=_DUPLICATE_WINDOW,
        )
        self._consumer = ConsumerConfig(
            durable_name=LEARN_CONSUMER,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT,
            max_deliver=_FOR_EVER,
            max_ack_pending=_MAX_ACK_PENDING,
        )

    async def ensure(self) -> None:
        """Make or update stream and consumer; raises nats.errors.Error while the server cannot."""
        try:
            held = (await self._js.stream_info(LEARN_STREAM)).config
        except NotFoundError:
            await self._js.add_stream(self._stream)
            # What a kill left half made is taken up with its messages, but its checksum is written by an update only:
            # without one the next restart could not recover the stream either.
            await self._js.update_stream(self._stream)
            _log.info("stream made", stream=LEARN_STREAM)
        else:
            if held.max_bytes != self._stream.max_bytes or held.subjects != self._stream.subjects:
                await self._update()
        # Creating with the same name updates it, and is nothing when it is the same.
        await self._js.add_consumer(LEARN_STREAM, self._consumer)

    async def state(self) -> ConsumerInfo:
        """Return the consumer's figures; raises NotFoundError when stream or consumer are gone."""
        info: ConsumerInfo = await self._js.consumer_info(LEARN_STREAM, LEARN_CONSUMER)
        return info

    async def _update(self) -> None:
        try:
            await self._js.update_stream(self._stream)
        except BadRequestError as error:
            # Work as it stands: an operator may have made it so.
            _log.warning("the stream keeps its settings", stream=LEARN_STREAM, error=str(error))
