"""What goes wrong while learning: poison is isolated and buried, faults of the infrastructure cost only time."""

import random
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from services.learn_status import learn_status
from services.learning import dead_letters
from services.learning.isolation import MAX_ATTEMPTS
from tests.services.learning_messages import Told, document, feed_is_gapless, handle, learn, message, one, rows

NAK = b'-NAK {"delay": 5000000000}'


@pytest.fixture
def poison(database: Engine) -> Iterator[None]:
    """Let the database choke on one pattern: the failure a bug of ours would be."""
    with database.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION choke() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF NEW.slug = 'poison' THEN RAISE EXCEPTION 'choked'; END IF; RETURN NEW; END $$;"
                "CREATE TRIGGER choke BEFORE INSERT ON patterns FOR EACH ROW EXECUTE FUNCTION choke()"
            )
        )
    yield
    cure(database)


def cure(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("DROP TRIGGER IF EXISTS choke ON patterns; DROP FUNCTION IF EXISTS choke"))


def test_one_bad_learn_does_not_take_its_batch_along(database: Engine, poison: None) -> None:
    bad = message(learn("Poison", learn_id="bad"))
    good = [message(learn(f"Good {number}", learn_id=f"good-{number}")) for number in range(3)]
    told = Told()
    handled = handle(database, good[0], bad, *good[1:], told=told)
    assert {outcome.learn_id for outcome in handled.outcomes} == {"good-0", "good-1", "good-2"}
    assert [told.to(delivery[0])[-1] for delivery in good] == [b"+ACK"] * 3
    assert told.to(bad[0]) == [b"+WPI", NAK]
    assert rows(database, "SELECT learn_id, attempts FROM learn_attempts") == [("bad", 1)]
    assert feed_is_gapless(database)


def test_after_enough_attempts_it_is_a_dead_letter(database: Engine, poison: None) -> None:
    bad = message(learn("Poison", learn_id="bad"), headers={"CC-Result": "_INBOX.r"})
    told = Told()
    for _attempt in range(MAX_ATTEMPTS):
        handle(database, bad, told=told)
    assert told.to(bad[0])[1::2] == [NAK] * (MAX_ATTEMPTS - 1) + [b"+TERM"]
    assert (learn_status(database, "bad").state, learn_status(database, "bad").code) == ("rejected", "dead_letter")
    assert len(told.to("_INBOX.r")) == 1
    [letter] = dead_letters.ls(database)
    assert (letter.learn_id, letter.attempts, letter.data.decode()) == ("bad", MAX_ATTEMPTS, bad[4])
    assert "choked" in letter.error
    assert rows(database, "SELECT * FROM learn_attempts") == []


def test_a_dead_letter_redelivered_is_terminated_again(database: Engine, poison: None) -> None:
    bad = message(learn("Poison", learn_id="bad"))
    for _attempt in range(MAX_ATTEMPTS):
        handle(database, bad)
    told = Told()
    handle(database, bad, told=told)
    assert told.to(bad[0]) == [b"+WPI", b"+TERM"]
    assert len(dead_letters.ls(database)) == 1


def test_an_operator_retries_a_dead_letter(database: Engine, poison: None) -> None:
    bad = message(learn("Poison"), headers={"CC-Instance": "someone"})
    for _attempt in range(MAX_ATTEMPTS):
        handle(database, bad)
    [letter] = dead_letters.ls(database)
    cure(database)
    assert len(dead_letters.retry(database, [letter.id])) == 1, "and its sender is killed"
    assert [it.id for it in dead_letters.ls(database)] == [letter.id]
    [again] = dead_letters.retry(database, [letter.id])
    dead_letters.sent(database, [again.id])
    assert dead_letters.ls(database) == []
    assert dead_letters.retry(database) == []
    assert learn_status(database, letter.learn_id).state == "unknown"
    [outcome] = handle(database, message(again.data, headers=dict(again.headers))).outcomes
    assert (outcome.learn_id, outcome.state) == (letter.learn_id, "applied")
    assert one(database, "SELECT instance_id FROM learns").instance_id == "someone"


def test_many_dead_letters_are_handed_out_some_at_a_time_and_stay_until_they_are_sent(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO dead_letters (learn_id, subject, headers, data, attempts, error)"
                " SELECT 'd' || number, 'centralcloud.patterns.framework.learn', '{}', 'x', 5, 'x'"
                " FROM generate_series(1, 130) AS number"
            )
        )
    first = dead_letters.retry(database)
    dead_letters.sent(database, [it.id for it in first[:60]])
    second = dead_letters.retry(database, above=first[-1].id)
    assert len({it.id for it in [*first, *second]}) == 130
    assert dead_letters.retry(database, above=second[-1].id) == []
    assert len(dead_letters.ls(database)) == 70


def test_retrying_nothing_hands_out_nothing(database: Engine) -> None:
    assert dead_letters.retry(database, []) == []


def test_a_database_that_is_away_leaves_nothing_acknowledged() -> None:
    away = create_engine("postgresql+psycopg2://nobody@/nothing?host=/nonexistent")
    sent = message(learn())
    told = Told()
    handled = handle(away, sent, told=told)
    assert told.to(sent[0]) == [b"+WPI", NAK]
    assert (handled.outcomes, handled.changed) == ([], False)


def test_a_lock_that_is_not_given_in_time_counts_no_attempt(database: Engine, database_url: str) -> None:
    handle(database, message(learn(learn_id="first")))
    hasty = create_engine(database_url, connect_args={"options": "-c lock_timeout=50ms"})
    sent = message(learn(learn_id="second", instance_id="other"))
    told = Told()
    with database.connect() as holder:
        holder.execute(text("SELECT 1 FROM patterns FOR UPDATE"))
        handle(hasty, sent, told=told)
    assert told.to(sent[0])[-1] == NAK
    assert rows(database, "SELECT * FROM learn_attempts") == []
    assert learn_status(database, "second").state == "unknown"
    assert [outcome.state for outcome in handle(hasty, sent).outcomes] == ["applied"]
    hasty.dispose()


def test_parallel_batches_on_the_same_patterns_lose_nothing(database: Engine) -> None:
    patterns, batches, size = 12, 24, 40
    work = []
    for batch in range(batches):
        numbers = [random.Random(batch).randrange(patterns) for _ in range(size)]
        work.append(
            [
                message(learn(f"Pattern {pattern}", learn_id=f"{batch}-{index}", instance_id=f"i{batch % 6}"))
                for index, pattern in enumerate(numbers)
            ]
        )
    # Every third batch is delivered twice, to two threads.
    queue = [*work, *work[::3]]
    random.Random(0).shuffle(queue)
    failures: list[object] = []

    def drain() -> None:
        while True:
            try:
                batch = queue.pop()
            except IndexError:
                return
            handled = handle(database, *batch)
            failures.extend(handled.postponed)

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert one(database, "SELECT count(*) AS n FROM learns WHERE state = 'applied'").n == batches * size
    assert one(database, "SELECT count(*) AS n FROM patterns").n == patterns
    assert feed_is_gapless(database)
    for number in range(patterns):
        counted = one(
            database,
            "SELECT count(DISTINCT instance_id) AS n FROM learns WHERE slug = :slug",
            slug=f"pattern-{number}",
        )
        assert document(database, f"pattern-{number}")["support"]["instances"] == counted.n
    latest = rows(database, "SELECT DISTINCT ON (slug) slug, body FROM feed ORDER BY slug, seq DESC")
    assert latest == rows(database, "SELECT slug, document FROM patterns ORDER BY slug")
