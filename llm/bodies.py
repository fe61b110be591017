"""How much of a reply is read at all: whatever a server sends, memory stays bounded.

Hooked into the transport, because the library reads the whole body of an error before anybody else sees it. An error's
body is cut, and what is left of it still says which error it is; an answer's is refused by whoever reads it.
"""

from collections.abc import AsyncIterator
from typing import Final

from httpx2 import AsyncByteStream, Response

from llm import reading

#: Bytes of an error that are read: more than its sentence takes.
MOST_OF_AN_ERROR: Final = 16 * 1024
#: Bytes that are unpacked at one time, where a server packs unasked; they grow a thousandfold at most.
_PIECE: Final = 4 * 1024


async def bound(response: Response) -> None:
    """Let no more of a reply's body be read than it may be long, and one byte by which the excess is seen."""
    assert isinstance(response.stream, AsyncByteStream)
    most = reading.MOST_BYTES + 1 if response.is_success else MOST_OF_AN_ERROR
    response.stream = _Bounded(response.stream, most)


class _Bounded(AsyncByteStream):
    """A body that ends early."""

    def __init__(self, whole: AsyncByteStream, most: int) -> None:
        self._whole = whole
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for chunk in self._whole:
            for start in range(0, min(len(chunk), left), _PIECE):
                yield chunk[start : min(start + _PIECE, left)]
            left -= len(chunk)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._whole.aclose()
