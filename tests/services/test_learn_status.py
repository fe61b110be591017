"""What became of learns: of one, of many in the order asked, and of what will be tried again."""

import msgspec
import pytest
from sqlalchemy import Engine, text

from centralcloud_client import wire
from services.learn_status import learn_status, learn_statuses
from tests.services.learning_messages import handle, learn, message


def record(database: Engine, learn_id: str, text_of_it: str) -> None:
    """Write a decision with a long message, as a refusal of long input has."""
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO learns (learn_id, body_hash, kind, type, instance_id, codebase_id, state, code, message)"
                " VALUES (:id, '', 'learn', 'code', '', '', 'rejected', 'bad_schema', :message)"
            ),
            {"id": learn_id, "message": text_of_it},
        )


def test_many_are_told_in_the_order_asked(database: Engine) -> None:
    handle(database, message(learn(learn_id="good")), message({"indicators": ["x"], "learn_id": "bad"}))
    told = learn_statuses(database, ["bad", "never", "good", "bad"])
    assert [(one.learn_id, one.state, one.code) for one in told.outcomes] == [
        ("bad", "rejected", "bad_schema"),
        ("never", "unknown", None),
        ("good", "applied", None),
        ("bad", "rejected", "bad_schema"),
    ]
    alone = msgspec.to_builtins(learn_status(database, "good"))
    assert {"v": 1, "ok": True, **msgspec.to_builtins(told.outcomes[2])} == alone


@pytest.mark.parametrize("character", ["x", "漢", "\n", "\x01"])
def test_a_reply_tells_what_it_has_room_for(database: Engine, character: str) -> None:
    ids = [f"long-{number}" for number in range(50)]
    for learn_id in ids:
        record(database, learn_id, character * 20_000)
    told = learn_statuses(database, ids)
    assert 0 < len(told.outcomes) < 50
    assert [one.learn_id for one in told.outcomes] == ids[: len(told.outcomes)]
    assert len(wire.encode(told)) < wire.MAX_REPLY_BYTES
    record(database, "huge", character * 600_000)
    assert [one.learn_id for one in learn_statuses(database, ["huge", "good"]).outcomes] == ["huge"]


def test_what_failed_and_is_tried_again_was_accepted(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO learn_attempts (learn_id, body_hash, attempts, error) VALUES ('tried', '', 1, 'choked')")
        )
    assert learn_status(database, "tried").state == "accepted"
    assert [one.state for one in learn_statuses(database, ["tried", "never"]).outcomes] == ["accepted", "unknown"]
