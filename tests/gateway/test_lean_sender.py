"""Lookup tasks are the bytes that Celery would have written, to the letter."""

import base64
import json
from typing import Any

import pytest
from redis import Redis

from gateway.breaker import Breaker
from gateway.lean_sender import LeanSender
from gateway.task_sender import BrokerDownError, TaskSender, producer_app
from stack.servers import EmbeddedServers
from tasks.names import LOOKUP_MANY

KWARGS = {"names": [["framework", "nextjs"]], "asked": ["Next.js"], "reply_to": "_CENTRE.a.b", "deadline": 12.5}
#: Different in each message, or read by nobody: what Celery keeps for result backends and events.
IGNORED = {"id", "root_id", "expires", "sent_at", "correlation_id", "delivery_tag"}
UNREAD = {"reply_to", "argsrepr", "kwargsrepr", "expiration"}


def taken(connection: Redis) -> dict[str, Any]:
    found: Any = connection.rpop("lookup")
    message: dict[str, Any] = json.loads(found)
    message["body"] = json.loads(base64.b64decode(message["body"]))
    for part, unread in (("headers", set()), ("properties", UNREAD)):
        assert IGNORED & message[part].keys()
        message[part] = {key: value for key, value in message[part].items() if key not in IGNORED | unread}
    return message


async def test_the_message_equals_celerys_own() -> None:
    with EmbeddedServers(only=("valkey",)) as servers:
        app = producer_app()
        app.conf.update(broker_url=servers.redis_url)
        stock, lean = TaskSender(app, Breaker(), "test"), LeanSender(app, Breaker(), servers.redis_url)
        with Redis.from_url(servers.redis_url) as connection:
            await stock.send(LOOKUP_MANY, KWARGS, expires=2.0, trace="abc")
            celerys = taken(connection)
            await lean.send(LOOKUP_MANY, KWARGS, expires=2.0, trace="abc")
            ours = taken(connection)
        assert ours == celerys
        assert ours["body"][1] == KWARGS
        stock.close()
        app.close()
        servers.kill("valkey")
        with pytest.raises(BrokerDownError):
            await lean.send(LOOKUP_MANY, KWARGS, expires=2.0, trace="abc")
        await lean.close()
