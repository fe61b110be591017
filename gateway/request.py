"""One request as it came over NATS: its body, its deadline, its correlation id.

Owns the reading of the optional headers. Answering is `responder`'s work.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from nats.aio.msg import Msg

from centralcloud_client import headers
from centralcloud_client.wire import unpack

if TYPE_CHECKING:
    from gateway.service import Endpoint

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_GZIP: Final = b"\x1f\x8b"
#: Header names compare case-insensitively: these are looked for where all are in lower case.
_ENCODING: Final = headers.ENCODING.lower()
_DEADLINE: Final = headers.DEADLINE.lower()
_INSTANCE: Final = headers.INSTANCE.lower()
_TRACE: Final = headers.TRACE.lower()
#: Characters of an instance's id that are heard.
_LONGEST_INSTANCE: Final = 128
_MARGIN_SECONDS: Final = headers.DEADLINE_MARGIN_MS / 1000


@dataclass(slots=True, eq=False)
class Request:
    """A question that waits for exactly one answer."""

    endpoint: "Endpoint"
    subject: str
    reply: str
    #: By name in lower case.
    headers: Mapping[str, str]
    packed: bytes
    #: Monotonic seconds.
    received: float
    #: Monotonic seconds when it is answered at the latest.
    due: float = 0.0
    answered: bool = False
    #: Bytes that count as in flight while it waits for a worker; -1 when it does not wait.
    waiting: int = -1
    #: What to forget once it is answered.
    forget: Callable[[], None] | None = None
    #: What answers it when its time is up, where that is no error.
    late: Callable[[], Awaitable[None]] | None = None
    _trace: str = field(default="")

    @classmethod
    def read(cls, endpoint: "Endpoint", message: Msg) -> "Request":
        """Return the request behind a message."""
        return cls(
            endpoint=endpoint,
            subject=message.subject,
            reply=message.reply,
            headers=headers_of(message),
            packed=message.data,
            received=time.monotonic(),
        )

    @property
    def is_packed(self) -> bool:
        """Whether the body has an encoding of its own."""
        return bool(self.headers) and _ENCODING in self.headers

    @property
    def gzipped(self) -> bytes | None:
        """The body as it came, where it came in gzip."""
        return self.packed if self.is_packed and self.packed.startswith(_GZIP) else None

    def take_body(self) -> bytes:
        """Return the unpacked body, which is not held any longer; raises WireError."""
        packed, self.packed = self.packed, b""
        return unpack(packed, self.headers[_ENCODING]) if self.is_packed else packed

    def set_deadline(self, default_ms: int) -> None:
        """Set when it must be answered: as the asker says, else after `default_ms`."""
        asked = self.headers.get(_DEADLINE, "") if self.headers else ""
        milliseconds = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else default_ms
        self.due = self.received + min(milliseconds, headers.MAX_DEADLINE_MS) / 1000 - _MARGIN_SECONDS

    @property
    def trace(self) -> str:
        """The correlation id: the asker's trace id, else one of our own."""
        if not self._trace:
            self._trace = trace_id(self.headers.get(_TRACE))
        return self._trace

    @property
    def instance(self) -> str:
        """Who asks, where the asker says so."""
        said = self.headers.get(_INSTANCE, "") if self.headers else ""
        return said[:_LONGEST_INSTANCE] if said.isprintable() else ""

    def left(self) -> float:
        """Return the seconds until it must be answered."""
        return self.due - time.monotonic()

    def due_at(self) -> float:
        """Return the deadline in unix seconds, as workers read it."""
        return time.time() + self.left()


def headers_of(message: Msg) -> Mapping[str, str]:
    """Return the headers of a message by name in lower case."""
    return {name.lower(): value for name, value in message.headers.items()} if message.headers else _NO_HEADERS


def trace_of(message: Msg) -> str:
    """Return the correlation id of a message: the sender's trace id, else a new one."""
    return trace_id(headers_of(message).get(_TRACE))


def trace_id(traceparent: str | None) -> str:
    """Return the trace id of a W3C `traceparent`, or a new one when there is none."""
    if traceparent:
        parts = traceparent.split("-")
        if len(parts) >= 4 and len(parts[1]) == 32 and parts[1].isascii() and parts[1].isalnum():
            return parts[1]
    return secrets.token_hex(16)
