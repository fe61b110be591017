"""Learns and feedback become patterns, each exactly once; what became of each can be read, and is told."""

import gzip
import hashlib
import itertools
import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from centralcloud_client.messages.pattern import Pattern
from services.learn_status import learn_status
from tests.services.learning_messages import Told, document, feed_is_gapless, handle, learn, message, one, rows


def test_a_learn_becomes_a_candidate_with_names_keys_and_a_feed_row(database: Engine) -> None:
    sent = learn(learn_id="L1", instance_id="i", codebase_id="c", aliases=["cfw"], examples=["x"], languages=["elixir"])
    [outcome] = handle(database, message(sent)).outcomes
    assert (outcome.state, outcome.slug, outcome.seq) == ("applied", "custom-framework", 1)
    stored = one(database, "SELECT * FROM patterns")
    pattern = msgspec.json.decode(stored.document, type=Pattern)
    assert (pattern.state, pattern.confidence, pattern.revision, pattern.seq) == ("candidate", 0.6667, 1, 1)
    assert (pattern.support.codebases, pattern.support.instances) == (1, 1)
    assert {entry.learn_id for entry in pattern.provenance} == {"L1"}
    assert {key for (key,) in rows(database, "SELECT key FROM pattern_names")} == {"customframework", "cfw"}
    assert ("dep:npm:custom-framework",) in rows(database, "SELECT key FROM pattern_keys")
    change = one(database, "SELECT * FROM feed")
    assert (change.seq, change.op, change.body) == (1, "upsert", stored.document)
    assert change.hash == hashlib.sha256(change.body.encode()).hexdigest()


def test_acknowledged_after_the_commit_and_told_to_an_inbox(database: Engine) -> None:
    told = Told()
    sent = message(learn(learn_id="L1"), headers={"Cc-Result": "_INBOX.abc.1"})
    handle(database, sent, told=told)
    assert told.to(sent[0]) == [b"+WPI", b"+ACK"]
    [result] = told.to("_INBOX.abc.1")
    assert msgspec.json.decode(result) == msgspec.to_builtins(learn_status(database, "L1"))


@pytest.mark.parametrize(
    "subject", ["centralcloud.patterns.sync.publish", "_INBOX.>", "_INBOX.a b", "_INBOX.", "_INBOX.a..b", "$JS.ACK.x"]
)
def test_nobody_makes_the_centre_publish_elsewhere(database: Engine, subject: str) -> None:
    told = Told()
    sent = message(learn(), headers={"CC-Result": subject})
    handle(database, sent, told=told)
    assert {target for target, _data in told.messages} == {sent[0]}


def test_the_same_delivery_again_changes_nothing_and_says_the_same(database: Engine) -> None:
    sent = message(learn(learn_id="L1"))
    [first] = handle(database, sent).outcomes
    told = Told()
    [again] = handle(database, sent, told=told).outcomes
    assert again.reply() == first.reply()
    assert told.to(sent[0]) == [b"+WPI", b"+ACK"]
    assert one(database, "SELECT count(*) AS n FROM feed").n == 1
    assert document(database, "custom-framework")["revision"] == 1


def test_repeats_inside_one_batch_are_one_learn(database: Engine) -> None:
    told = Told()
    sent = [message(learn(learn_id="L1"), headers={"CC-Result": f"_INBOX.{number}"}) for number in range(2)]
    handle(database, *sent, told=told)
    assert told.to("_INBOX.0") == told.to("_INBOX.1")
    assert [told.to(delivery[0])[-1] for delivery in sent] == [b"+ACK", b"+ACK"]
    assert rows(database, "SELECT learn_id, state FROM learns") == [("L1", "applied")]
    assert document(database, "custom-framework")["revision"] == 1


def test_a_batch_with_old_and_new_applies_the_new(database: Engine) -> None:
    handle(database, message(learn(learn_id="old")))
    outcomes = handle(database, message(learn(learn_id="old")), message(learn("Fresh", learn_id="new"))).outcomes
    assert {outcome.learn_id: outcome.state for outcome in outcomes} == {"old": "applied", "new": "applied"}
    assert feed_is_gapless(database)


@pytest.mark.parametrize("together", [True, False])
def test_other_content_under_a_taken_id_is_a_conflict(database: Engine, together: bool) -> None:
    sent = [message(learn(learn_id="L1")), message(learn("Other", learn_id="L1"), headers={"cc-result": "_INBOX.x"})]
    told = Told()
    if together:
        handle(database, *sent, told=told)
    else:
        handle(database, sent[0], told=told)
        handle(database, sent[1], told=told)
    assert told.to(sent[1][0])[-1] == b"+ACK"
    [result] = told.to("_INBOX.x")
    assert json.loads(result)["code"] == "conflict"
    assert learn_status(database, "L1").slug == "custom-framework"
    assert [row[0] for row in rows(database, "SELECT learn_id FROM learn_conflicts")] == ["L1"]
    assert rows(database, "SELECT slug FROM patterns") == [("custom-framework",)]


def deep(depth: int) -> bytes:
    return b'{"name":"x","indicators":["y"],"metadata":{"a":' + b"[" * depth + b"]" * depth + b"}}"


REFUSED: list[tuple[str, Any, dict[str, Any]]] = [
    ("bad_json", b'{"name":', {}),
    ("bad_encoding", b'{"name":"\xff\xfe","indicators":["x"]}', {}),
    ("bad_encoding", b"no gzip", {"headers": {"content-encoding": "gzip"}}),
    ("bad_schema", {"name": "x"}, {}),
    ("bad_schema", {"name": 5, "indicators": ["x"]}, {}),
    ("bad_schema", {"name": "!?", "indicators": ["x"]}, {}),
    ("bad_schema", learn(slug="--"), {}),
    ("bad_schema", {"name": "x", "indicators": [{"kind": "no such kind"}]}, {}),
    ("bad_schema", {"slug": "unheard-of", "verdict": "confirmed"}, {"kind": "feedback"}),
    ("bad_schema", {"slug": "x", "verdict": "maybe"}, {"kind": "feedback"}),
    ("bad_number", b'{"name":"x","indicators":["y"],"metadata":{"n":1e999}}', {}),
    ("bad_text", {"name": "x\0y", "indicators": ["y"]}, {}),
    ("bad_regex", {"name": "x", "indicators": [{"kind": "script", "regex": "(unclosed"}]}, {}),
    ("too_complex", deep(500), {}),
    ("unknown_type", learn(), {"type_": "sandwich"}),
    ("too_large", gzip.compress(b'{"name":"' + b"x" * 9_000_000 + b'"}'), {"headers": {"Content-Encoding": "gzip"}}),
]


@pytest.mark.parametrize(("code", "body", "sent_as"), REFUSED)
def test_a_refused_learn_is_readable_by_its_id(database: Engine, code: str, body: Any, sent_as: dict[str, Any]) -> None:
    told = Told()
    headers = {"CC-Learn-Id": "named", **sent_as.get("headers", {})}
    sent = message(body, **{**sent_as, "headers": headers})
    handle(database, sent, told=told)
    status = learn_status(database, "named")
    assert (status.state, status.code) == ("rejected", code)
    assert status.message
    assert told.to(sent[0]) == [b"+WPI", b"+ACK"]
    assert rows(database, "SELECT slug FROM patterns") == []


def test_ids_come_from_the_body_then_the_header_then_the_digest(database: Engine) -> None:
    bare = json.dumps(learn("Bare")).encode()
    headers = {"CC-Learn-Id": "from-header", "CC-Instance": "someone"}
    handle(
        database,
        message(learn(learn_id="from-body", instance_id="me"), headers=headers),
        message(learn("Second"), headers=headers),
        message(bare),
        message({"learn_id": "refused-but-named", "name": 7}),
    )
    digest = hashlib.sha256(bare).hexdigest()
    assert set(rows(database, "SELECT learn_id, instance_id FROM learns")) == {
        ("from-body", "me"),
        ("from-header", "someone"),
        (digest, ""),
        ("refused-but-named", ""),
    }


def test_a_compressed_learn_is_read(database: Engine) -> None:
    sent = message(gzip.compress(json.dumps(learn()).encode()), headers={"CONTENT-ENCODING": "gzip"})
    assert [outcome.state for outcome in handle(database, sent).outcomes] == ["applied"]


def test_several_learns_of_one_pattern_in_a_batch_are_one_change(database: Engine) -> None:
    sent = [message(learn(learn_id=f"L{number}", instance_id=f"i{number}")) for number in range(4)]
    assert {outcome.seq for outcome in handle(database, *sent).outcomes} == {1}
    pattern = document(database, "custom-framework")
    assert (pattern["revision"], pattern["support"]["instances"], pattern["state"]) == (1, 4, "active")


def test_a_learn_that_says_nothing_new_makes_no_revision(database: Engine) -> None:
    handle(database, message(learn(learn_id="L1", instance_id="i", codebase_id="c")))
    [outcome] = handle(database, message(learn(learn_id="L2", instance_id="i", codebase_id="c"))).outcomes
    assert (outcome.state, outcome.seq) == ("applied", 1)
    assert one(database, "SELECT seq FROM feed_head").seq == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_application_does_not_matter(database: Engine, order: tuple[int, ...]) -> None:
    sent = [
        message(learn(learn_id="a", instance_id="1", description="first", indicators=["env CUSTOM_URL"])),
        message(learn(learn_id="b", instance_id="2", description="second", examples=["code"], codebase_id="x")),
        message(
            learn("CUSTOM framework", learn_id="c", instance_id="3", aliases=["cf"], homepage="https://cf.example")
        ),
    ]
    for index in order:
        handle(database, sent[index])
    pattern = document(database, "custom-framework")
    assert (pattern["name"], pattern["description"]) == ("Custom Framework", "first")
    assert [entry["learn_id"] for entry in pattern["provenance"] if "field" not in entry] == ["a", "b", "c"]
    assert sorted(item["kind"] for item in pattern["indicators"]) == ["dependency", "env"]
    assert pattern["aliases"] == ["cf"]
    assert pattern["support"] == {"codebases": 1, "instances": 3}


def test_all_the_anonymous_count_as_one_instance(database: Engine) -> None:
    handle(database, *[message(learn(learn_id=f"L{number}", codebase_id=f"c{number}")) for number in range(5)])
    pattern = document(database, "custom-framework")
    assert (pattern["support"], pattern["state"]) == ({"codebases": 5, "instances": 1}, "candidate")


def test_names_and_slugs_lead_to_one_pattern(database: Engine) -> None:
    handle(database, message(learn("Next.js", aliases=["next"], learn_id="1")))
    spoken = [learn("nextjs", learn_id="2"), learn("Vercel's", slug="next-js", learn_id="4")]
    assert {outcome.slug for outcome in handle(database, *map(message, spoken)).outcomes} == {"next-js"}
    assert ("vercels",) in rows(database, "SELECT key FROM pattern_names")


def test_nobody_takes_over_what_others_will_teach(database: Engine) -> None:
    handle(database, message(learn("Trap", aliases=["Vue"], instance_id="evil", learn_id="1")))
    [outcome] = handle(database, message(learn("Vue", instance_id="good", learn_id="2"))).outcomes
    assert outcome.slug == "vue"
    assert rows(database, "SELECT rank FROM pattern_names WHERE key = 'vue' ORDER BY rank") == [(0,), (4,)]


def test_names_without_latin_letters_get_slugs_of_their_own(database: Engine) -> None:
    outcomes = handle(
        database, message(learn("漢字")), message(learn("かな")), message(learn("Föö")), message(learn("Foo"))
    )
    slugs = {outcome.slug for outcome in outcomes.outcomes}
    assert len(slugs) == 4
    assert "foo" in slugs


def test_feedback_moves_confidence_and_takes_support_back(database: Engine) -> None:
    handle(database, *[message(learn(learn_id=f"L{n}", instance_id=f"i{n}", codebase_id="c")) for n in range(3)])
    before = document(database, "custom-framework")
    told = [
        {"slug": "custom-framework", "verdict": "rejected", "instance_id": f"i{n}", "codebase_id": "c"} for n in (0, 1)
    ]
    handle(database, *[message(body, kind="feedback") for body in told])
    after = document(database, "custom-framework")
    assert (before["state"], after["state"]) == ("active", "candidate")
    assert after["confidence"] < before["confidence"]
    assert after["support"]["instances"] == 1
    assert {row[0] for row in rows(database, "SELECT kind FROM learns")} == {"learn", "feedback"}


def test_a_learned_indicator_is_never_too_sure_nor_named_by_its_sender(database: Engine) -> None:
    sent = {"kind": "env", "name": "CUSTOM_URL", "weight": 1.0, "id": "mine"}
    handle(database, message(learn(indicators=[sent, "no grammar knows this"])))
    pattern = document(database, "custom-framework")
    [indicator] = pattern["indicators"]
    assert indicator["weight"] == 0.9
    assert indicator["id"] != "mine"
    assert pattern["notes"] == ["no grammar knows this"]


def test_indicators_without_end_are_refused(database: Engine) -> None:
    endless = [f"content *.py ~ {number}{'x' * 900}" for number in range(200)]
    [outcome] = handle(database, message(learn(indicators=endless))).outcomes
    assert (outcome.state, outcome.code) == ("rejected", "too_large")


def test_a_learn_full_of_text_keeps_what_recognises(database: Engine) -> None:
    wide = [f"{number}" + "\U0001f600" * 490 for number in range(200)]
    examples = [f"{number}" + "\U0001f600" * 3_990 for number in range(50)]
    handle(database, message(learn(practices=wide, pitfalls=wide, examples=examples)))
    assert len(json.dumps(document(database, "custom-framework"), ensure_ascii=False).encode()) < 256 * 1024
    assert document(database, "custom-framework")["indicators"]


def test_a_huge_learn_leaves_a_small_document(database: Engine) -> None:
    handle(database, message(learn(examples=["x" * 60_000] * 3, description="y" * 60_000, learn_id="L")))
    stored = one(database, "SELECT octet_length(document) AS bytes FROM patterns")
    assert stored.bytes < 20_000
    assert learn_status(database, "L").state == "applied"
