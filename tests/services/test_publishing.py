"""The feed into stream SYNC: in order, once, and mended when stream and table disagree."""

import datetime
import json
import time
from collections.abc import Callable, Iterator

import pytest
from nats.aio.client import Client
from sqlalchemy import Engine, text

from models import feed
from models.feed import FeedChange
from services.publishing import StreamEnd, publish_changes
from stack.servers import EmbeddedServers
from workers.nats_link import NatsLink
from workers.sync_stream import SyncStream

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def link() -> Iterator[NatsLink]:
    with EmbeddedServers(only=("nats",)) as servers:
        made = NatsLink(servers.nats_url, user=servers.nats_user, password=servers.nats_password, name="test")
        deadline = time.monotonic() + 10
        while not made.connected and time.monotonic() < deadline:
            time.sleep(0.01)
        yield made
        made.close()


@pytest.fixture
def stream(link: NatsLink) -> SyncStream:
    async def delete(client: Client) -> None:
        manager = client.jetstream()
        for info in await manager.streams_info():
            await manager.delete_stream(str(info.config.name))

    link.call(delete, 5)
    return SyncStream(link)


def write(database: Engine, *slugs: str) -> None:
    with database.begin() as connection:
        first = feed.reserve(connection, len(slugs)).seq - len(slugs) + 1
        feed.append(
            connection,
            [
                FeedChange(first + offset, "pattern", "upsert", "framework", slug, NOW, f"hash-{slug}", "{}")
                for offset, slug in enumerate(slugs)
            ],
        )


def messages(link: NatsLink) -> list[dict[str, object]]:
    async def read(client: Client) -> list[dict[str, object]]:
        manager = client.jetstream()
        state = (await manager.stream_info("SYNC")).state
        found = []
        for seq in range(state.first_seq, state.last_seq + 1):
            message = await manager.get_msg("SYNC", seq=seq)
            found.append({**json.loads(message.data or b""), "stream_seq": message.seq})
        return found

    return link.call(read, 10)


def test_every_change_is_published_once_under_its_own_number(
    database: Engine, link: NatsLink, stream: SyncStream
) -> None:
    publish_changes(database, stream)
    write(database, "a", "b", "c")
    assert publish_changes(database, stream).changes == 3
    assert publish_changes(database, stream).changes == 0
    write(database, "d")
    assert publish_changes(database, stream).changes == 1
    assert [(m["seq"], m["stream_seq"], m["hash"]) for m in messages(link)] == [
        (number, number, f"hash-{slug}") for number, slug in enumerate("abcd", 1)
    ]


def test_a_publisher_that_lags_behind_another_adds_nothing(
    database: Engine, link: NatsLink, stream: SyncStream
) -> None:
    publish_changes(database, stream)
    write(database, "a", "b")
    publish_changes(database, stream)
    assert stream.publish(1, [b"{}"]) == 0
    assert len(messages(link)) == 2


def test_a_lost_stream_starts_a_new_epoch_numbered_on_from_the_head(
    database: Engine, link: NatsLink, stream: SyncStream
) -> None:
    publish_changes(database, stream)
    write(database, "a", "b")
    publish_changes(database, stream)
    with database.connect() as connection:
        before = feed.head(connection)
    link.call(lambda client: client.jetstream().delete_stream("SYNC"), 5)
    publish_changes(database, stream)
    write(database, "c")
    publish_changes(database, stream)
    with database.connect() as connection:
        after = feed.head(connection)
    assert after.epoch != before.epoch
    assert [(m["seq"], m["epoch"]) for m in messages(link)] == [(3, after.epoch)]


class Overtaken:
    """A stream whose end is seen long before anything is done about it: another publisher was there meanwhile."""

    def __init__(self, stream: SyncStream, meanwhile: Callable[[], None]) -> None:
        self._stream = stream
        self._meanwhile: Callable[[], None] | None = meanwhile
        self.publish = stream.publish
        self.recreate = stream.recreate

    def end(self) -> StreamEnd | None:
        seen = self._stream.end()
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return seen


@pytest.mark.parametrize("made_before", [False, True])
def test_of_two_that_would_make_the_stream_anew_one_does(
    database: Engine, link: NatsLink, stream: SyncStream, made_before: bool
) -> None:
    def other() -> None:
        publish_changes(database, stream)
        write(database, "a")
        publish_changes(database, stream)

    if made_before:
        publish_changes(database, stream)
        with database.begin() as connection:
            feed.renew_epoch(connection, 0)
    assert publish_changes(database, Overtaken(stream, other)).upto == 1
    assert [m["hash"] for m in messages(link)] == ["hash-a"]
    write(database, "b")
    publish_changes(database, stream)
    with database.connect() as connection:
        epoch = feed.head(connection).epoch
    assert [(m["hash"], m["epoch"]) for m in messages(link)] == [("hash-a", epoch), ("hash-b", epoch)]


def test_a_restored_database_is_noticed_when_it_is_behind(database: Engine, link: NatsLink, stream: SyncStream) -> None:
    publish_changes(database, stream)
    write(database, "a", "b", "c")
    publish_changes(database, stream)
    with database.begin() as connection:
        epoch = feed.head(connection).epoch
        connection.execute(text("DELETE FROM feed WHERE seq > 1"))
        connection.execute(text("UPDATE feed_head SET seq = 1"))
    publish_changes(database, stream)
    with database.connect() as connection:
        head = feed.head(connection)
    assert head.epoch != epoch
    assert head.seq >= 3


def test_a_restored_database_is_noticed_when_it_tells_another_story(
    database: Engine, link: NatsLink, stream: SyncStream
) -> None:
    publish_changes(database, stream)
    write(database, "a", "b")
    publish_changes(database, stream)
    with database.begin() as connection:
        epoch = feed.head(connection).epoch
        connection.execute(text("UPDATE feed SET hash = 'another' WHERE seq = 2"))
    publish_changes(database, stream)
    with database.connect() as connection:
        assert feed.head(connection).epoch != epoch


def test_compaction_keeps_the_latest_change_of_each_thing(database: Engine) -> None:
    write(database, "a", "b", "a", "c", "a")
    with database.begin() as connection:
        assert feed.compact(connection, 4) == 2
        assert [change.seq for change in feed.after(connection, 0, 10)] == [2, 4, 5]


def _cut_short(servers: EmbeddedServers, stream: str) -> None:
    """Leave a stream as a kill does that falls between its settings and their checksum."""
    servers.kill("nats")
    next((servers.folder / "nats").rglob(f"{stream}/meta.sum")).unlink()
    servers.start("nats")


def test_a_stream_whose_making_was_cut_short_is_made_anew_for_good(database: Engine) -> None:
    with EmbeddedServers(only=("nats",)) as servers:
        link = NatsLink(servers.nats_url, user=servers.nats_user, password=servers.nats_password, name="test")
        stream = SyncStream(link)
        publish_when_connected(database, stream)
        write(database, "one")
        publish_when_connected(database, stream)
        _cut_short(servers, "SYNC")
        write(database, "two")
        publish_when_connected(database, stream)
        end = stream.end()
        servers.restart("nats")
        publish_when_connected(database, stream)
        assert end is not None
        assert stream.end() == end
        link.close()


def publish_when_connected(database: Engine, stream: SyncStream) -> None:
    deadline = time.monotonic() + 15
    while True:
        try:
            publish_changes(database, stream)
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
