"""A real NATS for the tests that need one, started once, and a centre on it for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from packages.client.tests.centre import Centre
from stack.servers import EmbeddedServers


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """NATS alone, with the permissions of the real one."""
    with EmbeddedServers(only=("nats",)) as running:
        yield running


@pytest.fixture
def centre(servers: EmbeddedServers) -> Iterator[Centre]:
    """A centre with an empty feed and an empty stream LEARN."""
    running = Centre(servers.centre_url, servers.nats_url)
    running.make_learn_stream()
    yield running
    running.drop_learn_stream()
    running.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder for cache and spool."""
    return tmp_path / "state"
