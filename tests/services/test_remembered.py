"""What a process remembers of patterns is never taken for what the database holds."""

from sqlalchemy import Engine, create_engine, text

from services import remembered
from tests.services.learning_messages import document, handle, learn, message


def _tell(database: Engine, instance: str, alias: str) -> None:
    sent = message(learn(learn_id=f"{instance}-{alias}", instance_id=instance, aliases=[alias]))
    assert [outcome.state for outcome in handle(database, sent).outcomes] == ["applied"]


def test_two_processes_build_on_each_others_changes(database: Engine, database_url: str) -> None:
    other = create_engine(database_url)
    for number in range(3):
        _tell(database, "a", f"one{number}")
        _tell(other, "b", f"two{number}")
    found = document(database, "custom-framework")
    assert found["revision"] == 6
    assert {"one0", "one1", "one2", "two0", "two1", "two2"} == set(found["aliases"])
    other.dispose()


def test_a_database_put_back_in_time_is_read_anew(database: Engine) -> None:
    _tell(database, "a", "first")
    with database.begin() as connection:
        connection.execute(
            text(
                "UPDATE patterns SET document = replace(document, 'first', 'restored'),"
                " updated_at = updated_at - interval '1 hour'"
            )
        )
    _tell(database, "b", "second")
    assert set(document(database, "custom-framework")["aliases"]) == {"restored", "second"}


def test_large_patterns_are_not_kept(database: Engine) -> None:
    sent = message(learn(learn_id="large", examples=["x" * 4_000 + str(number) for number in range(4)]))
    handle(database, sent, message(learn("Small", learn_id="small")))
    kept = remembered.of(database)._by_id.values()
    assert [pattern.pattern.slug for pattern in kept] == ["small"]
