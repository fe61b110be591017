"""The embedded servers: what they keep over a kill, and where they run."""

import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import nats
import psycopg2
import pytest
import redis
from nats.js.api import StreamConfig
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from stack.servers import EmbeddedServers


@pytest.fixture(scope="module")
def servers() -> Iterator[EmbeddedServers]:
    with EmbeddedServers() as running:
        yield running


def _rows(servers: EmbeddedServers, statement: str) -> list[int]:
    with create_engine(servers.database_url, poolclass=NullPool).begin() as connection:
        result = connection.execute(text(statement))
        return [row[0] for row in result] if result.returns_rows else []


def test_postgres_and_valkey_answer_at_their_urls(servers: EmbeddedServers) -> None:
    assert _rows(servers, "SELECT 1") == [1]
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()


async def test_nats_takes_messages_of_eight_megabytes(servers: EmbeddedServers) -> None:
    client = await nats.connect(servers.nats_url)
    assert client.max_payload == 8 * 1024 * 1024
    await client.close()


async def test_the_database_url_serves_asyncpg_too(servers: EmbeddedServers) -> None:
    connection = await asyncpg.connect(servers.database_url.replace("+psycopg2", ""))
    assert await connection.fetchval("SELECT current_user || '/' || current_database()") == "centralcloud/centralcloud"
    assert await connection.fetchval("SHOW fsync") == "on"
    await connection.close()


def test_postgres_survives_a_kill_with_its_data(servers: EmbeddedServers) -> None:
    _rows(servers, "CREATE TABLE kept (number int)")
    _rows(servers, "INSERT INTO kept VALUES (42)")
    before = servers.database_url
    servers.kill("postgres")
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(servers.database_url.replace("+psycopg2", ""))
    servers.start("postgres")
    assert servers.database_url == before
    assert _rows(servers, "SELECT number FROM kept") == [42]


async def test_nats_survives_a_kill_with_its_streams_on_its_port(servers: EmbeddedServers) -> None:
    client = await nats.connect(servers.centre_url)
    await client.jetstream().add_stream(StreamConfig(name="KEPT", subjects=["kept"]))
    await client.jetstream().publish("kept", b"42")
    await client.close()
    before = servers.nats_url
    servers.kill("nats")
    assert not servers.children["nats"].alive
    servers.start("nats")
    assert servers.nats_url == before
    client = await nats.connect(servers.centre_url)
    assert (await client.jetstream().get_last_msg("KEPT", "kept")).data == b"42"
    await client.close()


def test_valkey_restarts_empty_on_its_port(servers: EmbeddedServers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("gone", "1")
    servers.kill("valkey")
    servers.start("valkey")
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.get("gone") is None


def test_a_suspended_server_is_silent_until_resumed(servers: EmbeddedServers) -> None:
    servers.suspend("valkey")
    with redis.Redis.from_url(servers.redis_url, socket_timeout=0.2) as client:
        with pytest.raises(redis.TimeoutError):
            client.ping()
        servers.resume("valkey")
        assert client.ping()


def test_a_suspended_server_can_be_stopped(servers: EmbeddedServers) -> None:
    servers.suspend("nats")
    servers.restart("nats")
    with urllib.request.urlopen(f"{servers.monitoring_url}/healthz") as reply:
        assert reply.status == 200


def test_secrets_and_data_are_private(servers: EmbeddedServers) -> None:
    for name in ("centre.secret", "nats/nats.conf", "postgres/data", "postgres/socket"):
        assert stat.S_IMODE((servers.folder / name).stat().st_mode) & 0o077 == 0, name


def test_a_long_path_with_spaces_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / "a folder with spaces" / ("long" * 25)
    with EmbeddedServers(folder, only=("postgres",)) as first:
        _rows(first, "CREATE TABLE kept AS SELECT 7 AS number")
        sockets = Path((folder / "postgres" / "socket-folder").read_text())
        assert not sockets.is_relative_to(folder)
    assert not sockets.exists()
    with EmbeddedServers(folder, only=("postgres",)) as second:
        assert _rows(second, "SELECT number FROM kept") == [7]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path / 'José\'s "$HOME" 50%41 \\u0041 文件') as servers:
        assert _rows(servers, "SELECT 1") == [1]
        assert (servers.folder / "nats" / "jetstream").is_dir()


def test_a_lasting_folder_keeps_ports_and_secret(tmp_path: Path) -> None:
    with EmbeddedServers(tmp_path, only=("nats",)) as first:
        before = first.centre_url
    with EmbeddedServers(tmp_path, only=("nats",)) as second:
        assert second.centre_url == before
