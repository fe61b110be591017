"""What is applied as it comes is what is derived anew from all that was said, also of words of one moment."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Engine

from models import derivations
from services.learning.following import TAUGHT
from tests.services.curating import empty, known, settle, some_learns, teach
from tests.services.learning_messages import NOW, document, handle, learn, message, one, rows

_MOMENTS = 3


def derive_all(database: Engine) -> None:
    with database.begin() as connection:
        derivations.want(connection, [id_ for (id_,) in rows(database, "SELECT id FROM patterns")], NOW, TAUGHT)
    assert settle(database).looked_at > 0


def said_at(sent: list[Any], moment: int) -> list[Any]:
    """Return a delivery that NATS took at a certain second."""
    tokens = sent[0].split(".")
    tokens[7] = str((1_700_000_000 + moment) * 1_000_000_000)
    return [".".join(tokens), *sent[1:]]


def renumbered(messages: Iterable[list[Any]]) -> list[list[Any]]:
    """Return deliveries as a stream has them that took them in this order."""
    return [[ack, subject, number, *rest] for number, (ack, subject, _old, *rest) in enumerate(messages, 1)]


@pytest.mark.parametrize("seed", range(8))
def test_live_is_derived(database: Engine, seed: int) -> None:
    chance = random.Random(seed)
    messages = [said_at(it, chance.randrange(_MOMENTS)) for it in some_learns(chance, 90, "abcdefgh")]
    chance.shuffle(messages)
    # Most of it comes when what came before is believed already.
    for start in range(0, len(messages), 30):
        teach(database, renumbered(messages[start : start + 30]), size=1 + 2 * seed)
    live = known(database)
    assert {it["state"] for it in live["documents"].values()} >= {"active"}
    derive_all(database)
    assert known(database) == live


@pytest.mark.parametrize("seed", range(6))
def test_nor_does_the_order_matter_in_which_words_of_one_moment_come(database: Engine, seed: int) -> None:
    chance = random.Random(seed)
    founding = [
        said_at(message(learn(name, learn_id=f"first-{name}", instance_id="z", codebase_id="x")), 0)
        for name in ("Alpha", "Beta", "Gamma.js", "Delta DB")
    ]
    messages = [said_at(it, chance.randrange(_MOMENTS)) for it in some_learns(chance, 70, "abcdef")]
    outcomes = []
    for _order in range(3):
        empty(database)
        chance.shuffle(messages)
        teach(database, renumbered([*founding, *messages]), size=1 + seed)
        outcomes.append(known(database))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_who_is_credited_with_a_name_does_not_depend_on_who_is_applied_first(database: Engine) -> None:
    told = [
        said_at(message(learn("Alpha", learn_id=f"L{number}", instance_id=f"i{number}", codebase_id=f"c{number}")), 0)
        for number in range(5)
    ]
    last_first = renumbered(reversed(told))
    teach(database, last_first[:3])
    teach(database, last_first[3:])
    credited = [it["learn_id"] for it in document(database, "alpha")["provenance"] if it.get("field") == "name"]
    assert credited == ["L0"]


def test_the_latest_word_is_the_latest_said_not_the_last_applied(database: Engine) -> None:
    teach(database, [message(learn("Alpha", learn_id=f"L{who}", instance_id=who)) for who in "abcd"])
    verdicts = [
        said_at(
            message({"slug": "alpha", "verdict": verdict, "instance_id": "a", "learn_id": verdict}, kind="feedback"), at
        )
        for verdict, at in (("rejected", 9_000), ("confirmed", 8_000))
    ]
    teach(database, renumbered(verdicts), size=1)
    query = "SELECT confirmed, rejected FROM pattern_support WHERE instance_id = 'a'"
    assert tuple(one(database, query)) == (0, 1)


def test_feedback_from_before_anybody_spoke_does_not_count_though_it_was_applied_later(database: Engine) -> None:
    handle(database, said_at(message(learn("Alpha", learn_id="L1", instance_id="a")), 5))
    early = message({"slug": "alpha", "verdict": "rejected", "instance_id": "b", "learn_id": "L2"}, kind="feedback")
    handle(database, said_at(early, 4))
    settle(database)
    assert rows(database, "SELECT instance_id FROM pattern_support") == [("a",)]
