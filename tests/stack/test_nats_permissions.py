"""NATS itself refuses what an instance must not say, and lets through what it may."""

import asyncio
from collections.abc import Iterator

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StreamConfig

from centralcloud_client import subjects
from stack.servers import EmbeddedServers


@pytest.fixture(scope="module")
def servers() -> Iterator[EmbeddedServers]:
    with EmbeddedServers(only=("nats",)) as running:
        yield running


async def _refusals(url: str, publish: list[str], subscribe: list[str]) -> set[str]:
    """Do these as whoever connects at `url`; return the subjects that the server refused."""
    errors: list[str] = []

    async def note(error: Exception) -> None:
        errors.append(str(error))

    client = await nats.connect(url, error_cb=note)
    for subject in publish:
        await client.publish(subject, b"forged")
    for subject in subscribe:
        await client.subscribe(subject)
    await client.flush()
    await asyncio.sleep(0.1)
    await client.close()
    return {subject for subject in [*publish, *subscribe] if any(f'"{subject.lower()}"' in e.lower() for e in errors)}


async def _listener(servers: EmbeddedServers, heard: list[str]) -> Client:
    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    client = await nats.connect(servers.centre_url)
    await client.subscribe(">", cb=hear)
    await client.flush()
    return client


async def test_forged_messages_are_refused_and_reach_nobody(servers: EmbeddedServers) -> None:
    forged = [
        subjects.SYNC_PUBLISH,
        subjects.SYNC_HEARTBEAT,
        subjects.TEMPLATES_STORE,
        subjects.DISCOVERIES,
        "$JS.API.STREAM.DELETE.LEARN",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.ACK.LEARN.gateway.1.1.1.0.0",
        "_INBOX.somebody.else",
        "$SYS.REQ.SERVER.PING",
        "anything.else",
    ]
    heard: list[str] = []
    listener = await _listener(servers, heard)
    assert await _refusals(servers.nats_url, forged, []) == set(forged)
    assert heard == []
    await listener.close()


async def test_an_instance_cannot_delete_the_stream_of_learns(servers: EmbeddedServers) -> None:
    centre = await nats.connect(servers.centre_url)
    await centre.jetstream().add_stream(StreamConfig(name="LEARN", subjects=list(subjects.LEARN_STREAM_SUBJECTS)))
    instance = await nats.connect(servers.nats_url, error_cb=_ignore)
    acknowledgement = await instance.request(subjects.learn("framework"), b'{"name":"x"}', timeout=2)
    assert b'"stream":"LEARN"' in acknowledgement.data
    with pytest.raises((nats.errors.TimeoutError, nats.js.errors.APIError)):
        await instance.jetstream(timeout=0.3).delete_stream("LEARN")
    assert (await centre.jetstream().stream_info("LEARN")).state.messages == 1
    await instance.close()
    await centre.close()


async def test_what_an_instance_may_say_arrives(servers: EmbeddedServers) -> None:
    allowed = [
        *(subject for kind in subjects.TYPES for subject in (subjects.query(kind), subjects.feedback(kind))),
        *(subjects.learn(kind) for kind in subjects.TYPES),
        subjects.DETECT,
        subjects.LEARN_STATUS,
        subjects.SYNC_REQUEST,
        subjects.TEMPLATES_GET,
        subjects.TEMPLATES_SEARCH,
        "$SRV.PING",
    ]
    heard: list[str] = []
    listener = await _listener(servers, heard)
    assert await _refusals(servers.nats_url, allowed, []) == set()
    await asyncio.sleep(0.1)
    assert set(heard) >= set(allowed)
    await listener.close()


async def test_an_instance_hears_the_broadcast_and_its_inbox_only(servers: EmbeddedServers) -> None:
    allowed = [subjects.SYNC_PUBLISH, subjects.SYNC_HEARTBEAT, "_INBOX.mine.*"]
    refused = [
        ">",
        "centralcloud.>",
        "_CENTRE.>",
        subjects.DISCOVERIES,
        subjects.FIGURES,
        subjects.learn("framework"),
        "$JS.ACK.>",
    ]
    assert await _refusals(servers.nats_url, [], [*allowed, *refused]) == set(refused)


async def test_the_centre_needs_its_secret(servers: EmbeddedServers) -> None:
    client = Client()
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await client.connect(servers.nats_url, user="centre", password="wrong", allow_reconnect=False, error_cb=_ignore)
    await client.close()


async def _ignore(_error: Exception) -> None:
    pass
