"""How asking ended, and what the ledger has of it."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from services.paid_calls import GaveUp, NotNow, PaidCalls
from tests.services.asking import question


def rows(database: Engine) -> list[Any]:
    with database.connect() as connection:
        return list(connection.execute(text("SELECT * FROM llm_calls ORDER BY reserved_at, attempt")))


def not_now(calls: PaidCalls, key: str = "nextjs", **more: Any) -> NotNow:
    with pytest.raises(NotNow) as caught:
        calls.ask(question(key, **more))
    return caught.value


def gave_up(calls: PaidCalls, key: str = "nextjs") -> GaveUp:
    with pytest.raises(GaveUp) as caught:
        calls.ask(question(key))
    return caught.value
