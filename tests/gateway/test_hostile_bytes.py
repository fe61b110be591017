"""What instances can put on the wire beside the body: header blocks and subjects that no client library would write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack.servers import EmbeddedServers
from tests.gateway.conftest import Gateway, started
from tests.gateway.stand_in import StandIn, Task

QUERY = b"centralcloud.patterns.framework.query"
LEARN = b"centralcloud.patterns.framework.learn"
BODY = b'{"name":"Hono"}'
_CONNECT = (
    b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"lang":"none","version":"0"}\r\nSUB _INBOX.> 1\r\n'
)


@dataclass
class Wire:
    """A connection of an instance that writes the protocol itself."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def heard(self, sign: bytes, seconds: float = 5.0) -> bytes:
        """Return what came up to and with `sign`."""
        async with asyncio.timeout(seconds):
            return await self.reader.readuntil(sign)

    def publish(self, subject: bytes, reply: bytes, body: bytes, headers: bytes | None = None) -> None:
        if headers is None:
            self.writer.write(b"PUB %b %b %d\r\n%b\r\n" % (subject, reply, len(body), body))
        else:
            sizes = (len(headers), len(headers) + len(body))
            self.writer.write(b"HPUB %b %b %d %d\r\n%b%b\r\n" % (subject, reply, *sizes, headers, body))


@asynccontextmanager
async def wire_to(servers: EmbeddedServers) -> AsyncIterator[Wire]:
    address = urlsplit(servers.nats_url)
    wire = Wire(*await asyncio.open_connection(address.hostname, address.port))
    await wire.heard(b"\r\n")
    wire.writer.write(_CONNECT)
    try:
        yield wire
    finally:
        wire.writer.close()
        await wire.writer.wait_closed()


HEADERS = {
    "none": b"",
    "one byte": b"N",
    "the first line alone": b"NATS/1.0",
    "another protocol": b"HELLO/9\r\n\r\n",
    "a status": b"NATS/1.0 503\r\n\r\n",
    "a status of other bytes": b"NATS/1.0 \xff\xfe \xff\r\n\r\n",
    "no colon": b"NATS/1.0\r\nnothing\r\n\r\n",
    "no UTF-8": b"NATS/1.0\r\nCC-Instance: \xff\xfe\r\n\xff: x\r\n\r\n",
    "NUL": b"NATS/1.0\r\nCC-Inst\0ance: a\0b\r\n\r\n",
}


@pytest.mark.parametrize("block", HEADERS.values(), ids=HEADERS)
async def test_a_header_block_that_cannot_be_read_is_none(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn, block: bytes
) -> None:
    worker.knows("framework", "Hono")
    async with wire_to(servers) as wire:
        wire.publish(QUERY, b"_INBOX.a", BODY, block)
        assert b'"status":"found"' in await wire.heard(b"]}\r\n")
        wire.publish(LEARN, b"_INBOX.b", BODY, block)
        assert b'"stream":"LEARN"' in await wire.heard(b"}\r\n")
    # The learn comes out of the stream, and the gateway goes on.
    await _until_handed_on(worker, 1)
    assert (await gateway.ask("patterns.framework.query", {"name": "Hono"}))["status"] == "found"


SUBJECTS = {
    "no UTF-8": b"\xff\xfe",
    "vertical tab": b"a\x0bb",
    "form feed": b"a\x0cb",
    "NUL": b"a\0b",
    "long": b"a" * 3000,
}


@pytest.mark.parametrize("token", SUBJECTS.values(), ids=SUBJECTS)
async def test_a_subject_that_is_no_text_names_no_type(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn, token: bytes
) -> None:
    async with wire_to(servers) as wire:
        wire.publish(b"centralcloud.patterns.%b.query" % token, b"_INBOX.a", BODY)
        assert b'"code":"unknown_type"' in await wire.heard(b"}}\r\n")
        wire.publish(b"centralcloud.patterns.%b.learn" % token, b"_INBOX.b", BODY)
        await wire.heard(b"}\r\n")
    (learn,) = await _until_handed_on(worker, 1)
    assert "\0" not in learn.kwargs["messages"][0][1]


@pytest.mark.parametrize("reply", [b"_INBOX.a\x0bb", b"_INBOX.a\x0cb", b"_INBOX.\xff", b"_INBOX.a\0b", b"_INBOX."])
async def test_no_reply_subject_silences_the_gateway_for_others(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn, reply: bytes
) -> None:
    worker.knows("framework", "Hono")
    async with wire_to(servers) as wire:
        wire.publish(QUERY, reply, BODY)
        wire.publish(b"$SRV.PING", reply, b"")
        wire.publish(QUERY, b"_INBOX.next", BODY)
        await wire.heard(b"MSG _INBOX.next ")
    assert (await gateway.ask("patterns.framework.query", {"name": "Hono"}))["status"] == "found"


async def test_what_jetstream_tells_the_centre_is_not_for_instances(
    servers: EmbeddedServers, gateway: Gateway, worker: StandIn, tmp_path: Path
) -> None:
    async with wire_to(servers) as wire:
        async with started(servers, tmp_path):
            # Both gateways look at the stream and its consumer, one of them as it starts.
            wire.publish(LEARN, b"_INBOX.b", BODY)
            assert b'"stream":"LEARN"' in await wire.heard(b"}\r\n")
            await _until_handed_on(worker, 1)
        wire.writer.write(b"PING\r\n")
        assert await wire.heard(b"PONG\r\n") == b"PONG\r\n"


async def _until_handed_on(worker: StandIn, learns: int) -> list[Task]:
    async with asyncio.timeout(5):
        while True:
            tasks = worker.named("tasks.learning.apply_learns")
            if sum(len(task.kwargs["messages"]) for task in tasks) >= learns:
                return tasks
            await asyncio.sleep(0.02)
