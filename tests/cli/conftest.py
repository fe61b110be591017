"""The command, led to the session's system by its state folder."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from stack.system import System
from tests.cli.command import Command


@pytest.fixture
def run(system: System, tmp_path: Path) -> Command:
    return Command(tmp_path, ("--state", str(system.options.state)))


@pytest.fixture
def nowhere(tmp_path: Path) -> Command:
    """The command in a folder where nothing runs."""
    return Command(tmp_path, ())


@pytest.fixture(scope="session")
def rows(system: System) -> Engine:
    return create_engine(system.addresses.database_url, pool_size=1, pool_pre_ping=True)
