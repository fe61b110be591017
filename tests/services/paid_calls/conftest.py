"""An account with a scripted model, for the tests of paid calls."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from llm.model import Model
from services.paid_calls import PaidCalls, Prices
from tests.llm import replies
from tests.llm.scripted_server import ScriptedServer
from tests.services.asking import ENDLESS, KEY, VALID, Clock

PRICES = Prices(prompt=Decimal(2), completion=Decimal(10))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda _asked: replies.answer(VALID)) as running:
        yield running


@pytest.fixture
def model(server: ScriptedServer) -> Iterator[Model]:
    made = Model("scripted", api_key=KEY, base_url=server.url, timeout=20)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def calls(database: Engine, model: Model, clock: Clock) -> PaidCalls:
    return PaidCalls(database, model, ENDLESS, clock, prices=PRICES)
