"""Send lookup tasks straight into Redis, as bytes that Celery would have written.

Celery's own sending costs ten times the push it ends in, and a thread; a lookup is worth less than that. The envelope
is Celery's message protocol 2 in kombu's Redis form, taken from Celery itself once; a test compares the two. Everything
that is sent less often goes through `task_sender`.
"""

import asyncio
import base64
import datetime
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import redis.asyncio
import structlog
from celery import Celery
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.breaker import Breaker, State
from gateway.task_sender import BrokerDownError
from tasks.names import ROUTES

#: Seconds for a broker that accepts and does not answer. Short: askers are waiting.
_SECONDS: Final = 1.0
#: What Celery puts beside the arguments of a task that is no part of a workflow.
_EMBED: Final = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}

_log = structlog.get_logger(__name__)


class LeanSender:
    """Pushes tasks from the event loop; the same words and errors as TaskSender's."""

    def __init__(self, app: Celery, breaker: Breaker, url: str) -> None:
        self._app = app
        self._breaker = breaker
        self._redis = redis.asyncio.Redis.from_url(
            url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._templates: dict[str, dict[str, Any]] = {}

    async def send(self, name: str, kwargs: Mapping[str, Any], *, expires: float, trace: str) -> None:
        """Enqueue one task that is worthless after `expires` seconds; raises BrokerDownError."""
        if not self._breaker.may_pass():
            raise BrokerDownError("the task broker is not reachable")
        try:
            await self._redis.lpush(ROUTES[name], self.message(name, kwargs, expires=expires, trace=trace))
        except (RedisError, OSError, TimeoutError) as error:
            self._note_failure(error)
            raise BrokerDownError(str(error)) from None
        except asyncio.CancelledError:
            # Unknown outcome: a trial must not leave the breaker half-open for ever.
            self._breaker.failed()
            raise
        if self._breaker.state is not State.CLOSED:
            _log.info("the task broker takes tasks again")
        self._breaker.succeeded()

    def message(self, name: str, kwargs: Mapping[str, Any], *, expires: float, trace: str) -> bytes:
        """Return the task as it lies in Redis."""
        template = self._templates.get(name)
        if template is None:
            template = self._templates[name] = self._template(name)
        identity = str(uuid.uuid4())
        now = time.time()
        until = datetime.datetime.fromtimestamp(now + max(0.1, expires), datetime.UTC).isoformat()
        told = {"id": identity, "root_id": identity, "expires": until, "trace": trace, "sent_at": now}
        body = msgspec.json.encode(((), kwargs, _EMBED))
        return msgspec.json.encode(
            {
                "body": base64.b64encode(body).decode(),
                **template,
                "headers": template["headers"] | told,
                "properties": template["properties"] | {"correlation_id": identity, "delivery_tag": str(uuid.uuid4())},
            }
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    def _template(self, name: str) -> dict[str, Any]:
        """Let Celery make the message once, and keep what does not change from one to the next."""
        task = self._app.amqp.as_task_v2(
            str(uuid.uuid4()), name, (), {}, argsrepr="", kwargsrepr="", ignore_result=True, time_limit=None
        )
        headers = dict(task.headers) | {"root_id": None}
        properties = {
            **task.properties,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": ROUTES[name]},
            "priority": 0,
            "body_encoding": "base64",
        }
        return {
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": properties,
        }

    def _note_failure(self, error: Exception) -> None:
        was = self._breaker.state
        self._breaker.failed()
        if was is State.CLOSED and self._breaker.state is State.OPEN:
            _log.warning("the task broker is not reachable", error=str(error))
