"""Instances are noticed when they ask: once a minute each, where they are in the feed whenever they tell."""

import datetime

from sqlalchemy import Engine

from models import presence as rows
from services import presence
from services.presence import Attention
from tests.services.learning_messages import NOW, handle, learn, message

MINUTE = datetime.timedelta(minutes=1)


def test_each_is_told_of_once_a_minute_and_whenever_it_must() -> None:
    attention = Attention()
    assert attention.news(["a", "", "b", "a"], NOW) == ["a", "b"]
    assert attention.news(["a", "c"], NOW + MINUTE / 2) == ["c"]
    assert attention.news(["a"], NOW + MINUTE / 2, anyway=True) == ["a"]
    assert attention.news(["a"], NOW + MINUTE) == []
    assert attention.news(["a", "b"], NOW + 2 * MINUTE) == ["a", "b"]


def test_whoever_invents_many_ids_is_not_followed() -> None:
    attention = Attention()
    told = [who for number in range(1_000) for who in attention.news([f"id{number}"], NOW)]
    assert len(told) == 20
    assert attention.news(["honest"], NOW) == []
    assert attention.news(["honest"], NOW + MINUTE / 60) == ["honest"]


def test_what_is_known_of_instances_comes_together(database: Engine) -> None:
    handle(database, message(learn(learn_id="L1", instance_id="teacher")))
    presence.note(database, ["asker", "teacher"], None, NOW)
    presence.note(database, ["asker"], 7, NOW + MINUTE)
    presence.note(database, ["asker"], None, NOW - MINUTE)
    presence.note(database, ["", "x" * 300, "nul\0"], 9, NOW)
    with database.connect() as connection:
        known = {row.instance_id: row for row in rows.known(connection, 10)}
    assert known.keys() == {"asker", "teacher"}
    assert (known["asker"].last_seen, known["asker"].position) == (NOW + MINUTE, 7)
    assert known["asker"].synced_at == NOW + MINUTE
    assert (known["teacher"].learns, known["teacher"].position) == (1, None)


def test_those_not_heard_of_for_long_are_forgotten(database: Engine) -> None:
    presence.note(database, ["old"], 1, NOW - 10 * MINUTE)
    presence.note(database, ["new"], 1, NOW)
    with database.begin() as connection:
        assert rows.forget_old(connection, NOW - MINUTE, 10) == 1
        assert [row.instance_id for row in rows.known(connection, 10)] == ["new"]
        rows.note(connection, dict.fromkeys("abc"), NOW + MINUTE)
        assert rows.forget_old(connection, NOW - MINUTE, 2) == 2
        assert [row.instance_id for row in rows.known(connection, 10)] == ["a", "b"]
