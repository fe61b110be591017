"""What learning, operators and jobs do to the same patterns at once: nothing is lost, nobody waits in a ring."""

import datetime
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from centralcloud_client.naming import normalise
from models import derivations, feed, learns, observations
from services import pattern_writing
from services.consolidation import duplicates, likeness, running
from services.curation import due, joining, revoking, ruling
from services.curation.ruling import Deed, Operator
from services.learning import identity, intake
from services.learning.following import TAUGHT
from services.learning.rules import LearningRules
from tests.services.curating import LATER, POLICY, known, settle, teach
from tests.services.learning_messages import NOW, Told, document, feed_is_gapless, learn, message, one, rows

_WAITING = "SELECT count(*) AS sessions FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def other(database: Engine) -> Iterator[Engine]:
    """The engine of another process, which gives up waiting before anybody looks for rings."""
    engine = create_engine(database.url, connect_args={"options": "-c lock_timeout=300"})
    yield engine
    engine.dispose()


@contextmanager
def beside(database: Engine, work: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Run work in a thread, until it waits for a lock; leaving waits for its end."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        deadline = time.monotonic() + 20
        while one(database, _WAITING).sessions == 0 and not future.done():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield future
        future.result(timeout=20)


def taught(name: str, instances: str, *indicators: str, take: str = "") -> list[list[Any]]:
    return [
        message(
            learn(
                name,
                learn_id=f"{name}-{who}{take}",
                instance_id=who,
                codebase_id=f"c{who}",
                indicators=[*indicators] or [f"file {normalise(name)}.toml"],
            )
        )
        for who in instances
    ]


def id_of(database: Engine, slug: str) -> int:
    return int(one(database, "SELECT id FROM patterns WHERE slug = :slug", slug=slug).id)


def lock(connection: Connection, *ids: int) -> None:
    pattern_writing.lock(connection, ids)


def operator(database: Engine) -> Operator:
    return Operator(database, "me", lambda: NOW, POLICY)


def join(connection: Connection, gone: str, survivor: str) -> None:
    joining.join(connection, "framework", gone, survivor, Deed("operator:me", "alike", NOW, POLICY))


def files(database: Engine, slug: str) -> set[str]:
    return {it["glob"] for it in document(database, slug)["indicators"]}


def test_a_merger_stands_though_its_pattern_was_being_derived(database: Engine) -> None:
    teach(database, [*taught("Alpha", "abc"), *taught("Beta", "abc")])
    with database.begin() as connection:
        derivations.note(connection, [id_of(database, "alpha")], NOW, TAUGHT)
    with database.connect() as merging:
        join(merging, "alpha", "beta")
        with beside(database, lambda: settle(database)):
            merging.commit()
    assert rows(database, "SELECT slug, merged_into FROM patterns WHERE retired") == [("alpha", "beta")]
    assert files(database, "beta") == {"alpha.toml", "beta.toml"}
    assert feed_is_gapless(database)


def test_of_two_mergers_at_once_the_later_has_what_the_earlier_brought(database: Engine) -> None:
    teach(database, [*taught("Alpha", "abc"), *taught("Beta", "abc"), *taught("Gamma", "abc")])
    with database.connect() as merging:
        join(merging, "alpha", "beta")
        later = partial(joining.merge_patterns, operator(database), "framework", "beta", "gamma", "alike")
        with beside(database, later):
            merging.commit()
    assert files(database, "gamma") == {"alpha.toml", "beta.toml", "gamma.toml"}
    assert rows(database, "SELECT slug, merged_into FROM patterns WHERE retired ORDER BY slug") == [
        ("alpha", "gamma"),
        ("beta", "gamma"),
    ]
    before = known(database)
    with database.begin() as connection:
        derivations.note(connection, [id_of(database, "gamma")], NOW, TAUGHT)
    settle(database)
    assert known(database) == before


def after(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def hear(database: Engine, messages: list[list[Any]], seconds: float) -> None:
    intake.handle(database, Told(), lambda: after(seconds), messages, LearningRules(policy=POLICY))


def derive(database: Engine, seconds: float) -> int:
    return due.work_off(database, lambda: after(seconds), POLICY).looked_at


def test_what_another_process_noted_long_before_is_noted_again_once_it_is_derived(
    database: Engine, other: Engine
) -> None:
    hear(database, taught("Alpha", "abcde"), -100)
    settle(database)
    hear(database, taught("Alpha", "a", "file new.toml", take="again"), 0)
    # Due in an instant, as the other process finds it.
    hear(other, taught("Alpha", "b", "file new.toml", take="again"), 3)
    assert derive(database, 3.1) == 1
    hear(other, taught("Alpha", "c", "file new.toml", take="again"), 3.2)
    assert one(database, "SELECT count(*) AS due FROM derivations").due == 1
    settle(database)
    assert "new.toml" in files(database, "alpha")


def test_what_a_revocation_had_derived_at_once_is_noted_again(database: Engine) -> None:
    hear(database, taught("Alpha", "abcde"), -100)
    settle(database)
    hear(database, taught("Alpha", "ab", "file new.toml", take="again"), 0)
    revoking.revoke(
        database, "e", since=None, actor="operator:me", reason="liar", clock=lambda: after(0.1), policy=POLICY
    )
    assert one(database, "SELECT count(*) AS due FROM derivations").due == 0
    hear(database, taught("Alpha", "c", "file new.toml", take="again"), 0.2)
    assert one(database, "SELECT count(*) AS due FROM derivations").due == 1
    settle(database)
    assert "new.toml" in files(database, "alpha")


def test_who_notes_what_is_just_being_derived_does_not_wait_for_it(database: Engine, other: Engine) -> None:
    teach(database, taught("Alpha", "abc"))
    alpha = id_of(database, "alpha")
    with database.begin() as connection:
        derivations.note(connection, [alpha], NOW, TAUGHT)
    with other.connect() as learning:
        lock(learning, alpha)
        with beside(database, lambda: settle(database)) as deriving:
            assert derivations.note(learning, [alpha], LATER, TAUGHT) == {alpha: NOW}
            learning.commit()
    assert deriving.result().looked_at == 1


def test_a_deed_on_a_pattern_takes_what_was_merged_into_it_in_one_order(database: Engine, other: Engine) -> None:
    teach(database, taught("Alpha", "abc"))
    teach(database, taught("Beta", "abc"))
    joining.merge_patterns(operator(database), "framework", "alpha", "beta", "alike")
    alpha, beta = id_of(database, "alpha"), id_of(database, "beta")
    assert alpha < beta
    with other.connect() as deriving:
        lock(deriving, alpha)
        with beside(
            database, lambda: ruling.promote(operator(database), "framework", "beta", "known well")
        ) as promoting:
            lock(deriving, beta)
            deriving.commit()
    assert promoting.result().revision == document(database, "beta")["revision"]


def test_who_splits_a_pattern_takes_the_name_before_the_pattern(database: Engine, other: Engine) -> None:
    teach(database, taught("Alpha", "abc"))
    alpha = id_of(database, "alpha")
    [indicator] = document(database, "alpha")["indicators"]
    split = partial(
        joining.split, operator(database), "framework", "alpha", "Part", indicators=[indicator["id"]], reason="two"
    )
    with other.connect() as learning:
        identity.reserve(learning, [("framework", "part")])
        with beside(database, split):
            lock(learning, alpha)
            learning.commit()
    assert files(database, "part") == {"alpha.toml"}


def test_mergers_of_one_transaction_hold_all_their_patterns_before_the_feed(database: Engine, other: Engine) -> None:
    names = ("Alpha", "Beta", "Gamma", "Delta")
    teach(database, [it for name in names for it in taught(name, "abc")])
    alike = likeness.Likeness(names=1.0, indicators=1.0, together=1.0, codebases=3, instances=("a",))
    mergers = [
        duplicates.Merger("framework", survivor, gone, alike)
        for survivor, gone in (("alpha", "beta"), ("gamma", "delta"))
    ]
    carry_out = partial(running._carry_out, running.Means(database, lambda: NOW), mergers)
    with other.connect() as learning:
        lock(learning, id_of(database, "delta"))
        with beside(database, carry_out) as consolidating:
            feed.reserve(learning, 1)
            learning.rollback()
    assert consolidating.result() == mergers


def test_a_revocation_from_a_time_on_takes_nothing_from_one_of_all(database: Engine) -> None:
    def since(moment: datetime.datetime | None) -> datetime.datetime | None:
        revoking.revoke(
            database, "evil", since=moment, actor="operator:me", reason="liar", clock=lambda: NOW, policy=POLICY
        )
        found: datetime.datetime | None = one(database, "SELECT since FROM revocations").since
        return found

    assert since(LATER) == LATER
    assert since(NOW) == NOW
    assert since(LATER) == NOW
    assert since(None) is None
    assert since(LATER) is None
    hear(database, taught("Alpha", "e", take="evil"), 0)
    evil = message(learn("Beta", learn_id="late", instance_id="evil"))
    [outcome] = intake.handle(database, Told(), lambda: NOW, [evil]).outcomes
    assert outcome.code == "revoked"


def test_no_quota_is_saved_by_saying_something_twice(database: Engine, other: Engine) -> None:
    rules = LearningRules(learns_per_day=20)
    first = message(learn("Alpha", learn_id="L0", instance_id="busy"))

    def say(engine: Engine, numbers: range, seconds: float) -> list[str]:
        batch = [message(learn("Alpha", learn_id=f"L{number}", instance_id="busy")) for number in numbers]
        # The repetition has its transaction rolled back and run again.
        handled = intake.handle(engine, Told(), lambda: after(seconds), [first, *batch], rules)
        return [outcome.state for outcome in handled.outcomes if outcome.learn_id != "L0"]

    for place in range(3):
        assert say(database, range(1 + 5 * place, 6 + 5 * place), 2.0 * place) == ["applied"] * 5
    say(database, range(100, 101), 8.0)
    assert say(other, range(200, 210), 10.0).count("applied") <= 4


def test_of_two_detections_at_once_one_stands(database: Engine) -> None:
    def seen(*items: str) -> observations.Observation:
        return observations.Observation("shop", "a", f"set {items}", f"content {items}", items)

    def keep(it: observations.Observation) -> None:
        with database.begin() as connection:
            observations.keep(connection, it, after(1))

    with database.connect() as detecting:
        observations.keep(detecting, seen("pattern:framework/react"), NOW)
        with beside(database, lambda: keep(seen("pattern:framework/vue"))):
            detecting.commit()
    standing = rows(database, "SELECT items FROM observations WHERE replaced_at IS NULL")
    assert standing == [(["pattern:framework/vue"],)]
    assert rows(database, "SELECT count(*) FROM observations") == [(2,)]


def test_a_pattern_that_cannot_be_derived_takes_no_other_along(database: Engine) -> None:
    teach(database, [*taught("Alpha", "abc"), *taught("Beta", "abc")])
    hear(database, [*taught("Alpha", "abc", "file new.toml", take="again")], 0)
    hear(database, [*taught("Beta", "abc", "file new.toml", take="again")], 0)
    with database.begin() as connection:
        connection.execute(text("UPDATE learns SET body = '[]' WHERE learn_id = 'Alpha-a'"))
        derivations.note(connection, [id_of(database, "alpha"), id_of(database, "beta")], NOW, TAUGHT)
    worked = due.work_off(database, lambda: after(60), POLICY)
    assert (worked.failed, worked.looked_at) == (1, 1)
    assert files(database, "beta") == {"beta.toml", "new.toml"}
    again = due.work_off(database, lambda: after(120), POLICY)
    assert (again.failed, again.looked_at) == (0, 0)

    found, followed = revoking.revoke(
        database, "b", since=None, actor="operator:me", reason="liar", clock=lambda: after(180), policy=POLICY
    )
    assert (found.patterns, followed.looked_at, followed.failed) == (2, 1, 1)
    with database.begin() as connection:
        connection.execute(text("DELETE FROM learns WHERE learn_id = 'Alpha-a'"))
    assert due.work_off(database, lambda: after(7200), POLICY).looked_at == 1
    assert document(database, "alpha")["support"]["instances"] == 2


def test_patterns_of_many_learns_are_not_held_together(database: Engine) -> None:
    assert due.few_of([3, 1, 2], {3: 40, 1: 60, 2: 1}, 100) == [3, 1]
    assert due.few_of([3, 1], {3: 400, 1: 1}, 100) == [3]
    assert due.few_of([3, 1], {}, 100) == [3, 1]
    teach(database, [*taught("Alpha", "abc"), *taught("Beta", "ab")])
    ids = [id_of(database, slug) for slug in ("alpha", "beta")]
    with database.connect() as connection:
        assert learns.how_many(connection, ids) == dict(zip(ids, (3, 2), strict=True))
