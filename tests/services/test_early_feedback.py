"""Feedback that overtook the learn it speaks of waits for it; feedback on what does not exist is told so at once."""

from typing import Any

import pytest
from sqlalchemy import Engine

from services.learning import intake
from services.learning.intake import Handled
from services.learning.patience import WAITS, Progress
from services.learning.rules import LearningRules
from tests.services.learning_messages import Told, clock, learn, message, one, rows

NOBODY = {"slug": "custom-framework", "verdict": "confirmed", "codebase_id": "c", "instance_id": "a"}


def feedback(learn_id: str = "f", *, delivered: int = 1, **more: Any) -> list[Any]:
    made = message(NOBODY | {"learn_id": learn_id} | more, kind="feedback")
    made[0] = made[0].replace(".learn.1.", f".learn.{delivered}.")
    return made


def behind(message_: list[Any], on_their_way: int = 2) -> Progress:
    """Return a stream in which a learn that came just before a message is undecided."""
    return Progress(message_[2] - 1, on_their_way)


#: A stream in which all learns are decided.
NONE_OPEN = Progress(None, 1)


def decide(
    database: Engine,
    *messages: list[Any],
    progress: Progress | Exception,
    told: Told | None = None,
    rules: LearningRules | None = None,
) -> Handled:
    def ask() -> Progress:
        if isinstance(progress, Exception):
            raise progress
        return progress

    return intake.handle(database, told or Told(), clock, messages, rules or LearningRules(), progress=ask)


def test_feedback_waits_for_the_learn_that_it_overtook(database: Engine) -> None:
    told, taught = Told(), message(learn(learn_id="l"))
    early = feedback()
    assert decide(database, early, progress=behind(early), told=told).outcomes == []
    assert told.to(early[0])[-1] == b'-NAK {"delay": 250000000}'
    assert rows(database, "SELECT learn_id FROM learns") == []
    decide(database, taught, progress=NONE_OPEN)
    [outcome] = decide(database, early, progress=behind(early)).outcomes
    assert (outcome.state, outcome.slug) == ("applied", "custom-framework")
    assert one(database, "SELECT count(*) AS n FROM learns").n == 2


def test_feedback_on_nothing_is_decided_at_once_where_nothing_is_undecided(database: Engine) -> None:
    told, lost = Told(), feedback()
    [outcome] = decide(database, lost, progress=Progress(lost[2] + 1, 2), told=told).outcomes
    assert (outcome.code, outcome.message) == ("bad_schema", "no such pattern (at $.slug)")
    assert told.to(lost[0])[-1] == b"+ACK"


def test_what_is_decided_along_with_it_is_acknowledged_before_progress_is_asked_for(database: Engine) -> None:
    told, batch = Told(), [message(learn("Other")), feedback("f1"), feedback("f2")]

    def ask() -> Progress:
        assert told.to(batch[0][0])[-1] == b"+ACK"
        return NONE_OPEN

    handled = intake.handle(database, told, clock, batch, progress=ask)
    assert sorted(outcome.state for outcome in handled.outcomes) == ["applied", "rejected", "rejected"]


@pytest.mark.parametrize("times", range(1, len(WAITS) + 2))
def test_it_waits_longer_each_time_and_not_for_ever(database: Engine, times: int) -> None:
    told, early = Told(), feedback(delivered=times)
    decide(database, early, progress=behind(early), told=told)
    expected = b'-NAK {"delay": %d}' % int(WAITS[times - 1] * 1_000_000_000) if times <= len(WAITS) else b"+ACK"
    assert told.to(early[0])[-1] == expected


def test_nobody_waits_where_there_is_no_room(database: Engine) -> None:
    early = feedback()
    [outcome] = decide(database, early, progress=behind(early, on_their_way=6_000)).outcomes
    assert outcome.state == "rejected"


def test_it_comes_again_while_nats_cannot_tell(database: Engine) -> None:
    told, early = Told(), feedback()
    handled = decide(database, early, message(learn("Other")), progress=OSError("NATS: away"), told=told)
    assert [outcome.state for outcome in handled.outcomes] == ["applied"]
    assert told.to(early[0])[-1] == b'-NAK {"delay": 5000000000}'


def test_all_that_came_under_its_learn_id_waits_with_it(database: Engine) -> None:
    first, again, other = feedback(), feedback(), feedback(why="other content")
    handled = decide(database, first, again, other, progress=behind(first))
    assert (handled.outcomes, len(handled.early)) == ([], 3)
    decide(database, message(learn()), progress=NONE_OPEN)
    handled = decide(database, first, again, other, progress=behind(first))
    found = {it.delivery.ack_subject: (it.state, it.code) for it in handled.outcomes}
    expected = [("applied", None), ("applied", None), ("rejected", "conflict")]
    assert [found[sent[0]] for sent in (first, again, other)] == expected


def test_waiting_costs_nothing_of_the_quota(database: Engine) -> None:
    early, rules = feedback(), LearningRules(learns_per_day=1)
    for _time in range(3):
        assert len(decide(database, early, progress=behind(early), rules=rules).early) == 1
    decide(database, message(learn()), progress=NONE_OPEN)
    [outcome] = decide(database, early, progress=behind(early), rules=rules).outcomes
    assert outcome.state == "applied"
    [outcome] = decide(database, feedback("f2"), progress=behind(early), rules=rules).outcomes
    assert outcome.code == "quota_exceeded"
