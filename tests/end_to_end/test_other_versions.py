"""While a release is rolled out gateway and workers are of two versions: nobody waits in silence for the other one."""

import json
import time
from typing import Any

import nats
import pytest
from celery import Celery

from stack.system import System
from tasks import names

SECONDS = 10


async def said_by_the_worker(system: System, task: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Send a task as a gateway would, and return what comes to its inbox."""
    secret = {"user": system.addresses.nats_user, "password": system.addresses.nats_password}
    client = await nats.connect(system.addresses.nats_url, inbox_prefix="_CENTRE", **secret)
    inbox = client.new_inbox()
    heard = await client.subscribe(inbox)
    await client.flush()
    with Celery("gateway", broker=system.addresses.redis_url, set_as_current=False) as sender:
        told = {**kwargs, "reply_to": inbox, "deadline": time.time() + SECONDS}
        sender.send_task(task, kwargs=told, queue=names.ROUTES[task], expires=SECONDS, ignore_result=True)
    said: dict[str, Any] = json.loads((await heard.next_msg(SECONDS)).data)
    await client.close()
    return said


@pytest.mark.parametrize(
    ("task", "known"),
    [
        (names.LOOKUP_MANY, {"names": [["framework", "react"]], "asked": ["react"]}),
        (names.DETECT, {"body": '{"evidence":{"files":{}}}'}),
        (names.STORE_TEMPLATE, {"body": "{}"}),
    ],
)
async def test_a_task_with_arguments_of_another_version_is_refused(
    system: System, task: str, known: dict[str, Any]
) -> None:
    said = await said_by_the_worker(system, task, {**known, "of_the_next_version": True})
    assert said["error"]["code"] == "unavailable"
    assert said["error"]["retryable"]


async def test_a_task_without_the_newest_arguments_is_answered(system: System) -> None:
    said = await said_by_the_worker(system, names.DETECT, {"body": '{"evidence":{"files":{}}}'})
    assert said["ok"]
