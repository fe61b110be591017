"""Fixtures that share real servers: each started once a session, on free ports, emptied before each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

import migrations
from models.base import Base
from stack.servers import EmbeddedServers
from stack.system import Options, System


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """A migrated PostgreSQL of the session's own."""
    with EmbeddedServers(only=("postgres",)) as servers:
        migrations.upgrade(servers.database_url)
        yield servers.database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on the session's database, its tables as freshly migrated."""
    engine = create_engine(database_url)
    tables = ", ".join(table.name for table in Base.metadata.sorted_tables if table.name != "feed_head")
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        connection.execute(text("UPDATE feed_head SET seq = 0, epoch = replace(gen_random_uuid()::text, '-', '')"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole system as `up` runs it, its `path` queries confined to the repository's root."""
    state = tmp_path_factory.mktemp("system")
    with System(Options(state=state, codebase_root=Path(__file__).resolve().parent.parent)) as running:
        yield running
