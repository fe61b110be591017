"""What the gateway hands the learn worker, made by hand: deliveries, and a NATS that remembers what it was told."""

import base64
import datetime
import itertools
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, text

from services.learning import intake
from services.learning.intake import Handled

NOW = datetime.datetime(2026, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)
_numbers = itertools.count(1)


def clock() -> datetime.datetime:
    return NOW


class Told:
    """Messages that were published, in order."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def __call__(self, messages: Sequence[tuple[str, bytes]]) -> None:
        self.messages.extend(messages)

    def to(self, subject: str) -> list[bytes]:
        return [data for target, data in self.messages if target == subject]


def message(
    body: Any, *, type_: str = "framework", kind: str = "learn", headers: dict[str, str] | None = None
) -> list[Any]:
    """Return one delivery; `body` is bytes as they are, or whatever JSON can hold."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        sent: Any = data.decode()
    except UnicodeDecodeError:
        sent = {"b64": base64.b64encode(data).decode()}
    number = next(_numbers)
    ack = f"$JS.ACK.LEARN.learn.1.{number}.{number}.{1_700_000_000_000_000_000 + number * 1_000_000}.0"
    return [ack, f"centralcloud.patterns.{type_}.{kind}", number, headers or {}, sent]


def learn(name: str = "Custom Framework", **fields: Any) -> dict[str, Any]:
    return {"name": name, "indicators": ["dependency npm:custom-framework"], **fields}


def handle(database: Engine, *messages: list[Any], told: Told | None = None) -> Handled:
    return intake.handle(database, told or Told(), clock, messages)


def one(database: Engine, query: str, **given: Any) -> Any:
    with database.connect() as connection:
        return connection.execute(text(query), given).one()


def rows(database: Engine, query: str, **given: Any) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), given)]


def document(database: Engine, slug: str, type_: str = "framework") -> dict[str, Any]:
    found = one(database, "SELECT document FROM patterns WHERE type = :type AND slug = :slug", type=type_, slug=slug)
    content: dict[str, Any] = json.loads(found.document)
    return content


def feed_is_gapless(database: Engine) -> bool:
    seqs = [seq for (seq,) in rows(database, "SELECT seq FROM feed ORDER BY seq")]
    head = one(database, "SELECT seq FROM feed_head").seq
    return seqs == list(range(1, head + 1))
