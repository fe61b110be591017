"""A scripted server and the real client that asks it."""

from collections.abc import Iterator

import pytest

from llm.model import Model
from tests.llm.asking import KEY
from tests.llm.scripted_server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def model(server: ScriptedServer) -> Iterator[Model]:
    made = Model("scripted", api_key=KEY, base_url=server.url, timeout=20)
    yield made
    made.close()
