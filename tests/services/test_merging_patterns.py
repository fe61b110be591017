"""Several patterns become one: old names still answer, what was said counts together, and it comes apart again."""

import pytest
from sqlalchemy import Engine

from services.curation import joining, revoking
from services.curation.ruling import Deed, RulingError
from services.learning import identity
from services.lookup import lookup_many
from services.suggesting import NearNames
from tests.services.curating import POLICY, empty, known, settle, teach
from tests.services.learning_messages import NOW, clock, document, feed_is_gapless, learn, message, one, rows

NAMES = ("Acme Framework", "Acme Frameworks")


def taught(instances: str, *, name: str = NAMES[0], indicator: str = "dependency npm:acme") -> list[list[object]]:
    return [
        message(learn(name, learn_id=f"{name}-{who}", instance_id=who, codebase_id=f"c{who}", indicators=[indicator]))
        for who in instances
    ]


def both() -> list[list[object]]:
    return [*taught("abc"), *taught("cde", name=NAMES[1], indicator="file acme.config.js")]


def merge(
    database: Engine, survivor: str = "acme-framework", gone: str = "acme-frameworks", actor: str = "consolidation"
) -> None:
    with database.begin() as connection:
        joining.join(connection, "framework", gone, survivor, Deed(actor, "alike", NOW, POLICY), evidence=1)


def answers(database: Engine, key: str) -> tuple[str, ...]:
    return lookup_many(database, NearNames(), [("framework", key)], lambda _connection, _names: {}).answers[0].slugs


def test_old_names_answer_and_all_voices_count(database: Engine) -> None:
    teach(database, both())
    merge(database)
    pattern = document(database, "acme-framework")
    assert pattern["support"] == {"codebases": 5, "instances": 5}
    assert {it["kind"] for it in pattern["indicators"]} == {"dependency", "file"}
    assert "Acme Frameworks" in pattern["aliases"]
    for key in ("acmeframework", "acmeframeworks"):
        assert answers(database, key) == ("acme-framework",)
    ops = [row[0] for row in rows(database, "SELECT op || ':' || slug FROM feed ORDER BY seq DESC LIMIT 2")]
    assert ops == ["retire:acme-frameworks", "upsert:acme-framework"], "the survivor first, then the retirement"
    assert feed_is_gapless(database)
    noted = "SELECT actor, slug, reason, detail->>'into', detail->>'evidence' FROM audit WHERE action = 'merge'"
    assert rows(database, noted) == [("consolidation", "acme-frameworks", "alike", "acme-framework", "1")]


def test_learns_under_the_old_name_go_on_into_the_survivor(database: Engine) -> None:
    teach(database, both())
    merge(database)
    teach(database, taught("f", name=NAMES[1]))
    assert document(database, "acme-framework")["support"]["instances"] == 6
    before = known(database)
    settle(database)
    assert known(database) == before


def test_what_was_merged_before_leads_on(database: Engine) -> None:
    teach(database, [*both(), *taught("xyz", name="Acme Fw", indicator="image acme")])
    merge(database, "acme-frameworks", "acme-fw")
    merge(database)
    assert answers(database, "acmefw") == ("acme-framework",)
    assert document(database, "acme-framework")["support"]["instances"] == 8
    with database.connect() as connection:
        found = identity.find(connection, [("framework", "acmefw")])
    assert found["framework", "acmefw"].slug == "acme-framework"


def test_what_is_not_in_service_is_not_merged(database: Engine) -> None:
    teach(database, both())
    merge(database)
    head = one(database, "SELECT seq FROM feed_head").seq
    for survivor, gone in (("acme-framework", "acme-frameworks"), ("nobody", "acme-framework")):
        with pytest.raises(RulingError):
            merge(database, survivor, gone)
    assert one(database, "SELECT seq FROM feed_head").seq == head


def test_a_revocation_reopens_what_a_job_merged_as_if_it_had_never_been(database: Engine) -> None:
    said = both()
    teach(database, [it for it in said if '"instance_id": "c"' not in str(it[4])])
    never = known(database)
    empty(database)
    teach(database, said)
    merge(database)
    assert known(database)["documents"].keys() == {"framework/acme-framework"}
    revoking.revoke(database, "c", since=None, actor="operator:ann", reason="lies", clock=clock, policy=POLICY)
    assert known(database) == never
    assert answers(database, "acmeframeworks") == ("acme-frameworks",)


def test_what_an_operator_merged_stays(database: Engine) -> None:
    teach(database, both())
    merge(database, actor="operator:ann")
    revoking.revoke(database, "c", since=None, actor="operator:ann", reason="lies", clock=clock, policy=POLICY)
    assert known(database)["documents"].keys() == {"framework/acme-framework"}
    assert document(database, "acme-framework")["support"]["instances"] == 4
    assert answers(database, "acmeframeworks") == ("acme-framework",)
