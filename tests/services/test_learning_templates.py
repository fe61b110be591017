"""Templates: every version is kept, and each is a change of the feed."""

import json
import threading
from typing import Any

import pytest
from sqlalchemy import Engine

from centralcloud_client.messages.requests import TemplatesStore
from centralcloud_client.wire import WireError
from services import template_storing
from tests.services.learning_messages import clock, feed_is_gapless, one, rows


def request(body: str = "Say {{ what }}", name: str = "prompts/say", **fields: Any) -> TemplatesStore:
    return TemplatesStore(name=name, kind="prompt", body=body, **({"variables": ("what",)} | fields))


def test_a_stored_template_is_served_and_in_the_feed(database: Engine) -> None:
    reply = template_storing.store(database, clock, request())
    [template] = reply.templates
    assert (reply.status, template.version, template.seq, reply.as_of) == ("stored", 1, 1, 1)
    change = one(database, "SELECT * FROM feed")
    assert (change.kind, change.type, change.slug) == ("template", "", "prompts/say")
    assert json.loads(change.body)["body"] == "Say {{ what }}"


def test_versions_count_up_and_the_newest_is_served(database: Engine) -> None:
    for body in ("one {{ what }}", "two {{ what }}"):
        template_storing.store(database, clock, request(body))
    again = template_storing.store(database, clock, request("three {{ what }}", name="Prompts/Say"))
    assert (again.templates[0].version, again.templates[0].name) == (3, "prompts/say")
    assert feed_is_gapless(database)


def test_writers_at_once_get_versions_of_their_own(database: Engine) -> None:
    threads = [threading.Thread(target=template_storing.store, args=(database, clock, request())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [version for (version,) in rows(database, "SELECT version FROM templates ORDER BY 1")] == [1, 2, 3, 4, 5, 6]
    assert feed_is_gapless(database)


@pytest.mark.parametrize(
    ("odd", "path"),
    [
        (request(name="  "), "$.name"),
        (request(name="../etc"), "$.name"),
        (request(body=" "), "$.body"),
        (request("{{ what }} and {{ other }}"), "$.body"),
        (request(variables=("what", "no good")), "$.variables[1]"),
    ],
)
def test_odd_templates_are_refused_with_the_reason(database: Engine, odd: TemplatesStore, path: str) -> None:
    with pytest.raises(WireError) as refusal:
        template_storing.store(database, clock, odd)
    assert (refusal.value.code, refusal.value.path) == ("bad_schema", path)
    assert rows(database, "SELECT * FROM templates") == []
