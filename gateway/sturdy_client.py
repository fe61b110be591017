"""A NATS client that nothing an instance sends can stop.

The library's read loop ends, and its connection hangs, at a header block or a subject that it cannot read; the stream
LEARN would deliver such a message again for ever. Owns taking those; what a message means is its receiver's business.
"""

import re
from typing import Final

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.protocol import parser

#: Subject, subscription, and the subject for the reply where there is one. A subject ends at a space or a tab: to the
#: server every other byte is part of it.
_ADDRESS: Final = rb"[ \t]+([^ \t\r\n]+)[ \t]+(\d+)[ \t]+(([^ \t\r\n]+)[ \t]+)?"
# The library's own expressions end subjects at \v and \f too, and it takes the rest for another protocol.
parser.MSG_RE = re.compile(rb"\AMSG%b(\d+)\r\n" % _ADDRESS)
parser.HMSG_RE = re.compile(rb"\AHMSG%b(\d+)[ \t]+(\d+)\r\n" % _ADDRESS)

_log = structlog.get_logger(__name__)


class SturdyClient(Client):
    """The library's client, which takes every message that the server lets through."""

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        """Return the headers of a message; none where they cannot be read."""
        try:
            # The server hands on whatever block of bytes a message came with; an empty one too.
            found: dict[str, str] | None = await super()._process_headers(headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the connection must not end by it
            _log.warning("the headers of a message cannot be read", error=repr(error))
            return None
        return {_plain(name): _plain(value) for name, value in found.items()} if found and b"\0" in headers else found

    def _build_message(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None
    ) -> Msg:
        """Return the message; what of its subjects is no text is replaced, so that it fits no subject of ours."""
        return self.msg_class(
            subject=_plain(subject.decode(errors="replace")),
            reply=reply.decode(errors="replace"),
            data=data,
            headers=headers,
            _client=self,
            _sid=sid,
        )


def _plain(text: str) -> str:
    """Replace NUL, which no database keeps."""
    return text.replace("\0", "\ufffd")
