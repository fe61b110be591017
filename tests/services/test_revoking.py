"""A revoked instance has never spoken: the world without it is the world in which it never did."""

import datetime
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from centralcloud_patterns.pattern import Pattern, PatternType, Provenance
from services import catalogue
from services.consolidation import compaction
from services.curation import revoking
from services.findings import writing
from services.learn_status import learn_status
from services.learning.indications import read
from tests.services.curating import POLICY, empty, known, settle, some_learns, teach
from tests.services.learning_messages import NOW, document, feed_is_gapless, handle, learn, message, one, rows

CATALOGUE = """
- slug: alpha
  name: Alpha
  type: framework
  aliases: [beta framework]
  category: web-framework
  description: The real one.
  indicators:
    - dependency: npm:alpha
"""


def revoke(database: Engine, instance: str = "evil", since: datetime.datetime | None = None) -> revoking.Revocation:
    found, _worked = revoking.revoke(
        database, instance, since=since, actor="operator:me", reason="liar", clock=lambda: NOW, policy=POLICY
    )
    settle(database)
    return found


def by(instance: str, messages: list[list[Any]]) -> list[list[Any]]:
    return [it for it in messages if f'"{instance}"' in it[4]]


@pytest.mark.parametrize("seed", range(12))
def test_the_world_is_as_if_it_had_never_spoken(database: Engine, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    messages = some_learns(chance, 90, ["evil", *"abcde"])
    if seed % 2:
        (tmp_path / "web.yaml").write_text(CATALOGUE)

    def begin() -> None:
        if seed % 2:
            catalogue.load(database, tmp_path)

    begin()
    teach(database, [it for it in messages if it not in by("evil", messages)], size=5)
    without = known(database)
    assert without["documents"]
    empty(database)
    begin()
    teach(database, messages)
    assert known(database) != without
    found = revoke(database)
    assert found.learns > 0
    assert known(database) == without
    assert feed_is_gapless(database)
    heads = [one(database, "SELECT seq FROM feed_head").seq]
    revoke(database)
    heads.append(one(database, "SELECT seq FROM feed_head").seq)
    assert heads[0] == heads[1]
    assert settle(database).looked_at == 0


@pytest.mark.parametrize("seed", range(6))
def test_nor_does_the_order_of_learns_matter(database: Engine, seed: int) -> None:
    chance = random.Random(seed)
    messages = [it for it in some_learns(chance, 70, "abcde") if it[1].endswith("learn")]
    teach(database, messages)
    first = known(database)
    empty(database)
    twice = [*messages, *messages[::2]]
    chance.shuffle(twice)
    # The stream's order is by number; here the batches come in any.
    teach(database, twice, size=1 + seed)
    assert known(database) == first


def test_what_it_said_before_stands(database: Engine) -> None:
    said = [
        message(learn("Alpha", learn_id=f"L{number}", instance_id="evil", indicators=[f"dependency npm:a{number}"]))
        for number in range(2)
    ]
    handle(database, *said)
    later = int(said[1][0].split(".")[7]) / 1e9
    revoke(database, since=datetime.datetime.fromtimestamp(later - 0.0005, datetime.UTC))
    assert [item["name"] for item in document(database, "alpha")["indicators"]] == ["a0"]
    assert learn_status(database, "L0").state == "applied"
    assert (learn_status(database, "L1").state, learn_status(database, "L1").code) == ("rejected", "revoked")


def test_a_revoked_instance_is_not_heard_any_more(database: Engine) -> None:
    handle(database, message(learn("Alpha", instance_id="evil", learn_id="L1")))
    revoke(database)
    assert rows(database, "SELECT slug FROM patterns WHERE NOT retired") == []
    [outcome] = handle(database, message(learn("Alpha", instance_id="evil", learn_id="L2"))).outcomes
    assert (outcome.state, outcome.code) == ("rejected", "revoked")
    [outcome] = handle(database, message(learn("Alpha", instance_id="good", learn_id="L3"))).outcomes
    assert outcome.state == "applied"
    assert document(database, "alpha")["support"] == {"codebases": 0, "instances": 1}


def test_one_instance_that_rejects_all_there_is_changes_no_pattern_that_a_quorum_taught(database: Engine) -> None:
    facts = ["dependency npm:alpha"]
    teach(database, [message(learn("Alpha", learn_id=who, instance_id=who, indicators=facts)) for who in "abc"])
    for number in range(5):
        verdict = {"slug": "alpha", "verdict": "rejected", "instance_id": "evil", "codebase_id": f"c{number}"}
        teach(database, [message({**verdict, "learn_id": f"no-{number}"}, kind="feedback")])
    teach(
        database, [message(learn("Alpha", learn_id="d", instance_id="d", indicators=[*facts, "file package.lock.yml"]))]
    )
    after = document(database, "alpha")
    assert (after["state"], [it["kind"] for it in after["indicators"]]) == ("active", ["dependency"])


def test_nothing_is_changed_by_looking(database: Engine) -> None:
    handle(database, message(learn("Alpha", instance_id="evil")))
    before = known(database)
    found = revoking.look(database, "evil", None)
    assert (found.learns, found.patterns) == (1, 1)
    assert known(database) == before
    assert rows(database, "SELECT * FROM derivations") == rows(database, "SELECT * FROM revocations") == []


def test_who_learns_meanwhile_comes_again(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(5418204417)"))
        handled = handle(database, message(learn("Alpha")))
    assert (handled.outcomes, len(handled.postponed)) == ([], 1)


def test_a_coalition_above_the_quorum_is_undone_also_after_compaction(database: Engine) -> None:
    honest = [message(learn("Alpha", learn_id=f"h{n}", instance_id=f"good-{n}", codebase_id=f"c{n}")) for n in range(4)]
    lies = [
        message(learn(name, learn_id=f"{name}{n}", instance_id=f"evil-{n}", indicators=["dependency npm:leftpad"]))
        for name in ("Alpha", "Omega")
        for n in range(4)
    ]
    teach(database, honest)
    before = known(database)
    teach(database, lies)
    assert document(database, "omega")["state"] == "active"
    assert "leftpad" in {item["name"] for item in document(database, "alpha")["indicators"]}
    assert compaction.compact_feed(database, published=10_000, kept=0) > 0
    for number in range(4):
        revoke(database, f"evil-{number}")
    assert known(database) == before
    assert rows(database, "SELECT count(*) FROM audit WHERE action = 'revoke'") == [(4,)]


def test_what_was_found_out_before_it_spoke_is_whole_again_and_what_came_after_is_gone(database: Engine) -> None:
    def finding(call: str, second: int, *items: str) -> Pattern:
        at = f"2026-05-04T03:02:{second:02}Z"
        keyed = tuple(read([f"dependency npm:{name}"]).indicators[0] for name in items)
        claims = (
            Provenance(source="some-model", call_id=call, at=at),
            Provenance(source="some-model", field="name", call_id=call, at=at),
            Provenance(
                source="some-model", field="indicators", call_id=call, at=at, items=tuple(it.id for it in keyed)
            ),
        )
        return Pattern(type=PatternType.FRAMEWORK, slug="alpha", name="Alpha", indicators=keyed, provenance=claims)

    with database.begin() as connection:
        writing.write_discovered(connection, finding("c1", 1, "alpha", "alpha-core"), "alpha", NOW)
    before = known(database)
    ack = message(learn("Alpha", instance_id="evil", indicators=["dependency npm:alpha", "file lie.json"]))
    # It speaks a year later than the finding: acknowledgements tell when.
    ack[0] = ack[0].replace("1700000000", "1900000000").replace("17000000", "19000000")
    handle(database, ack)
    with database.begin() as connection:
        after = msgspec.structs.replace(finding("c2", 1, "lie"), slug="alpha")
        later = tuple(msgspec.structs.replace(it, at="2031-01-01T00:00:00Z") for it in after.provenance)
        writing.write_enriched(connection, msgspec.structs.replace(after, provenance=later), NOW)
    assert {item.get("name") for item in document(database, "alpha")["indicators"]} >= {"alpha", "lie"}
    revoke(database)
    assert known(database) == before
