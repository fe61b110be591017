"""Support that is carried on from revision to revision is what counting all voices gives."""

import random

import pytest
from sqlalchemy import Engine

from centralcloud_patterns.standing import standing
from services.learning import supporting
from tests.services.learning_messages import document, handle, learn, message, one


@pytest.mark.parametrize("seed", range(4))
def test_support_is_what_counting_gives(database: Engine, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(60):
        batch = []
        for part in range(chance.choice((1, 1, 1, 3))):
            who = {"instance_id": chance.choice((None, *"abcd")), "codebase_id": chance.choice((None, *"xyz"))}
            said = {"learn_id": f"L{number}-{part}", **{name: value for name, value in who.items() if value}}
            if number > 20 and chance.random() < 0.1 * seed:
                verdict = chance.choice(("confirmed", "rejected"))
                batch.append(message({"slug": "custom-framework", "verdict": verdict, **said}, kind="feedback"))
            else:
                batch.append(message(learn(**said)))
        assert {outcome.state for outcome in handle(database, *batch).outcomes} == {"applied"}
        pattern_id = one(database, "SELECT id FROM patterns").id
        with database.connect() as connection:
            counted = supporting.tally_of(connection, [pattern_id])[pattern_id]
        stored = document(database, "custom-framework")
        assert stored["support"] == {"codebases": counted.support.codebases, "instances": counted.support.instances}
        derived = standing(counted.support, counted.rejecting)
        assert (stored["confidence"], stored["state"]) == (derived.confidence, derived.state)
