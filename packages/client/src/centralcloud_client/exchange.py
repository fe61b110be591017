"""One question, one answer: packing, the deadline, one retry, and error replies as exceptions.

Knows the protocol's manners, not its subjects. A question may be asked twice without harm.
"""

import asyncio
import zlib
from typing import Any, Final, TypeVar

import msgspec
import nats.errors

from centralcloud_client import answers, headers, wire
from centralcloud_client.connection import Connection
from centralcloud_client.errors import NoAnswerError, RefusedError, UnreachableError
from centralcloud_client.messages.replies import Error
from centralcloud_client.options import Options

T = TypeVar("T")
#: Bodies above this many bytes are compressed.
GZIP_ABOVE: Final = 64 * 1024
#: Seconds that a reply given at the deadline may need to arrive.
_TRANSIT: Final = 0.25
_GZIP: Final = b"\x1f\x8b"
#: Seconds before the retry when nobody served the subject: a gateway may be starting.
_PAUSE: Final = 0.2


class _Envelope(msgspec.Struct):
    ok: bool
    error: Error | None = None


def packed(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the body as it is sent, and the headers that say so."""
    if len(body) <= GZIP_ABOVE:
        return body, {}
    # The fastest level: the usual one saves a quarter of the bytes for three times the time.
    packer = zlib.compressobj(level=1, wbits=31)
    return packer.compress(body) + packer.flush(), {headers.ENCODING: "gzip"}


class Exchange:
    """Asks the centre."""

    def __init__(self, connection: Connection, options: Options) -> None:
        self._connection = connection
        self._instance = {} if options.instance_id is None else {headers.INSTANCE: options.instance_id}

    async def ask(self, subject: str, question: Any, reply_type: type[T], *, deadline_ms: int) -> tuple[T, bytes]:
        """Return the reply and its bytes; raises RefusedError, UnreachableError or NoAnswerError.

        What got no answer is asked once more, on whatever connection there is then.
        """
        body = answers.encoded(question)
        if len(body) > wire.MAX_BYTES:
            raise RefusedError("too_large", f"{len(body)} bytes, at most {wire.MAX_BYTES} are taken")
        data, extra = packed(body)
        sent = {**self._instance, **extra, headers.DEADLINE: str(deadline_ms)}
        await self._connection.attempted()
        try:
            answer = await self._once(subject, data, sent, deadline_ms)
        except NoAnswerError:
            answer = await self._once(subject, data, sent, deadline_ms)
        except UnreachableError:
            if not self._connection.connected:
                raise
            await asyncio.sleep(_PAUSE)
            answer = await self._once(subject, data, sent, deadline_ms)
        return understood(answer, reply_type), answer

    async def _once(self, subject: str, data: bytes, sent: dict[str, str], deadline_ms: int) -> bytes:
        try:
            message = await self._connection.request(subject, data, sent, deadline_ms / 1000 + _TRANSIT)
        except nats.errors.MaxPayloadError:
            limit = self._connection.max_payload
            raise RefusedError("too_large", f"{len(data)} bytes, NATS takes {limit}") from None
        try:
            # Some NATS libraries echo the request's headers with the reply: believe the bytes.
            return wire.unpack(message.data, "gzip" if message.data.startswith(_GZIP) else None)
        except wire.WireError as error:
            raise UnreachableError(f"the reply from {subject} cannot be read: {error}") from error


def understood(answer: bytes, reply_type: type[T]) -> T:
    """Return the reply, or raise the error that it carries."""
    try:
        envelope = wire.decode(answer, _Envelope)
        if envelope.ok:
            return wire.decode(answer, reply_type)
    except wire.WireError as defect:
        raise UnreachableError(f"the reply cannot be read: {defect}") from defect
    if envelope.error is None:
        raise UnreachableError("the reply is an error without an error")
    error = envelope.error
    path = error.path if isinstance(error.path, str) else None
    raise RefusedError(error.code, error.message, path, retryable=error.retryable)
