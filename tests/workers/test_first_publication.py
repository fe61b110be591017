"""The sync worker is ready once stream SYNC stands: no change that comes after is missing from it."""

import asyncio
import threading
from pathlib import Path

import nats
import pytest

import migrations
from stack.child import Child
from stack.processes import Addresses, Application
from stack.servers import EmbeddedServers
from workers import first_publication


async def streams(servers: EmbeddedServers) -> list[str | None]:
    client = await nats.connect(servers.nats_url, user=servers.nats_user, password=servers.nats_password)
    try:
        return [info.config.name for info in await client.jetstream().streams_info()]
    finally:
        await client.close()


@pytest.mark.timeout(120)
def test_a_sync_worker_that_is_ready_has_made_the_stream(tmp_path: Path) -> None:
    with EmbeddedServers() as servers:
        migrations.upgrade(servers.database_url)
        addresses = Addresses(
            nats_url=servers.nats_url,
            nats_user=servers.nats_user,
            nats_password=servers.nats_password,
            redis_url=servers.redis_url,
            database_url=servers.database_url,
            flower_url="",
        )
        application = Application(
            state=tmp_path,
            addresses=addresses,
            ports=servers.ports,
            flower_port=1,
            scale={},
            codebase_root=tmp_path,
        )
        process = next(process for process in application.processes() if process.name == "sync")
        worker = Child(process, tmp_path / "sync.log")
        try:
            worker.start_ready(90)
            assert asyncio.run(streams(servers)) == ["SYNC"]
        finally:
            worker.kill()


def test_servers_that_are_away_are_waited_for() -> None:
    attempts = iter((ConnectionError("NATS has not answered yet"), TimeoutError(), None))
    done = threading.Event()

    def publish() -> None:
        assert not done.is_set()
        if (error := next(attempts)) is not None:
            raise error

    first_publication.start(publish, done.set).join(20)
    assert done.is_set()
    assert list(attempts) == []
