"""Quotas: nobody teaches more in a day than may be, in however many processes, and others are not in the way."""

import datetime
from collections import Counter

from sqlalchemy import Engine, create_engine

from services.learning import intake
from services.learning.intake import Handled
from services.learning.rules import LearningRules
from tests.services.learning_messages import NOW, Told, learn, message, rows

RULES = LearningRules(learns_per_day=20)


def teach(database: Engine, count: int, who: str = "busy", *, at: datetime.datetime = NOW, name: str = "a") -> Handled:
    batch = [message(learn(name, instance_id=who, learn_id=f"{who}-{name}-{at:%j%H%M%S}-{n}")) for n in range(count)]
    return intake.handle(database, Told(), lambda: at, batch, RULES)


def after(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def test_what_is_beyond_the_quota_is_refused_and_leaves_nothing_behind(database: Engine) -> None:
    assert teach(database, 30).counted() == Counter({("applied", ""): 20, ("rejected", "quota_exceeded"): 10})
    assert teach(database, 5, at=after(1)).counted() == Counter({("rejected", "quota_exceeded"): 5})
    assert teach(database, 5, "other", at=after(1)).counted() == Counter({("applied", ""): 5})
    refused = "SELECT count(*), count(body) FROM learns WHERE code = 'quota_exceeded'"
    assert rows(database, refused) == [(15, 0)]
    assert teach(database, 5, at=NOW + datetime.timedelta(days=1)).counted() == Counter({("applied", ""): 5})
    assert rows(database, "SELECT count(*) > 0 FROM instance_usage") == [(True,)]
    teach(database, 1, at=NOW + datetime.timedelta(days=60))
    assert rows(database, "SELECT * FROM instance_usage") == []


def test_processes_tell_each_other_what_they_counted(database: Engine, database_url: str) -> None:
    other = create_engine(database_url)
    try:
        teach(database, 12)
        # The first process tells at its next batch, the second asks when it first hears of the instance.
        teach(database, 1, "somebody", at=after(2))
        assert teach(other, 12, at=after(3), name="b").counted()["applied", ""] == 8
        teach(other, 1, "somebody", at=after(5))
        assert rows(database, "SELECT learns FROM instance_usage WHERE instance_id = 'busy'") == [(20,)]
    finally:
        other.dispose()


def test_a_refused_learn_that_comes_again_is_told_the_same(database: Engine) -> None:
    teach(database, 20)
    late = message(learn("a", instance_id="busy", learn_id="late"))
    outcomes = [
        intake.handle(database, Told(), lambda: after(1), [late], rules).outcomes[0]
        for rules in (RULES, LearningRules())
    ]
    assert {(outcome.state, outcome.code) for outcome in outcomes} == {("rejected", "quota_exceeded")}
