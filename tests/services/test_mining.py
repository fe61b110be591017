"""Mining on a real database: what observations and verdicts show is written, and goes again with them."""

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from centralcloud_client.naming import normalise
from centralcloud_patterns.keying import indicator_id
from centralcloud_patterns.mining.stacks import StackRules
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern
from models import observations
from services import catalogue, grounding
from services.curation import revoking, ruling
from services.curation.ruling import Operator
from services.grounding import FactKind, deterministic_candidate
from services.mining import running
from services.mining.rules import Rules
from services.mining.running import Means, Ran
from tests.services.curating import POLICY, settle
from tests.services.learning_messages import NOW, document, feed_is_gapless, handle, learn, message, one, rows
from tests.services.mining_observations import see

FAMILY = """
- {slug: phoenix, type: framework, name: Phoenix, indicators: [{dependency: {name: "hex:phoenix", weight: 0.9}}]}
- {slug: ecto, type: framework, name: Ecto, category: data-access, indicators: [{dependency: "hex:ecto"}]}
- {slug: elixir, type: technology, name: Elixir, category: language, indicators: [{dependency: "hex:elixir"}]}
- {slug: postgresql, type: technology, name: PostgreSQL, indicators: [{image: postgres}]}
- {slug: liveview, type: framework, name: LiveView, indicators: [{dependency: "hex:phoenix_live_view"}],
   implies: [phoenix]}
- {slug: react, type: framework, name: React, indicators: [{dependency: "npm:react"}]}
"""
STACK = "stack-ecto-phoenix"
RULES = Rules(stacks=StackRules(codebases=5, share=0.0, lift=1.5))
LATER = NOW + datetime.timedelta(days=1)
P = "pattern:framework/"
DEPENDENCY = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem="hex", name="phoenix")
FIRED = f"fired:framework/phoenix#{indicator_id(DEPENDENCY)}"


@pytest.fixture(autouse=True)
def _known(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(FAMILY)
    catalogue.load(database, tmp_path)


def mine(database: Engine, *, now: datetime.datetime = NOW, rules: Rules = RULES) -> Ran:
    return running.run(Means(database, lambda: now, rules))


def everything(database: Engine) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("patterns", "pattern_names", "pattern_keys", "feed", "feed_head", "mined_items", "mined_codebases")
    more = ("mined_bits", "unknown_packages", "indicator_proposals", "trends", "discoveries", "misses", "statistics")
    return {table: rows(database, f"SELECT md5(t::text) FROM {table} AS t ORDER BY 1") for table in (*tables, *more)}


def crowd(database: Engine, count: int, items: Iterable[str], *, name: str, instances: int = 4) -> None:
    for number in range(count):
        see(database, f"{name}{number}", items, instance=f"i{number % instances}")


def feedback(database: Engine, slug: str, codebase: str, verdict: str, instance: str = "alpha") -> None:
    said = {"slug": slug, "codebase_id": codebase, "verdict": verdict, "instance_id": instance}
    handle(database, message({**said, "learn_id": f"{slug}-{codebase}-{instance}-{verdict}"}, kind="feedback"))


def weight(database: Engine, slug: str = "phoenix") -> tuple[float, Any]:
    [indicator] = document(database, slug)["indicators"]
    return indicator["weight"], indicator.get("measured")


def test_stacks_are_named_explained_and_given_up(database: Engine) -> None:
    stack = {f"{P}phoenix", f"{P}ecto", "pattern:technology/elixir", "pattern:technology/postgresql"}
    crowd(database, 12, stack, name="beam")
    crowd(database, 30, {f"{P}react"}, name="web")
    assert mine(database).patterns == 1
    told = document(database, "stack-ecto-phoenix-postgresql", "technology")
    assert told["name"] == "Ecto + Phoenix + PostgreSQL"
    assert told["description"] == (
        "Ecto, Phoenix and PostgreSQL are used together: in about 29 of a hundred codebases, at least 3.5 times as"
        " often as by chance."
    )
    assert told["support"] == {"codebases": 12, "instances": 4}
    assert {relation["slug"] for relation in told["relations"]} == {"ecto", "phoenix", "postgresql"}
    assert feed_is_gapless(database)
    with database.begin() as connection:
        for instance in ("i0", "i1"):
            observations.forget(connection, instance, NOW)
    assert mine(database).patterns == 1
    [(retired,)] = rows(database, "SELECT retired FROM patterns WHERE slug LIKE 'stack-%'")
    assert retired


def words_on_a_stack(database: Engine, which: str) -> None:
    """Have somebody speak of the stack of Phoenix and Ecto, or rule about it."""
    who = {"instance_id": "evil", "learn_id": f"{which}-evil", "codebase_id": "beam0"}
    operator = Operator(database, "me", lambda: NOW, POLICY)
    match which:
        case "promote":
            ruling.promote(operator, "technology", STACK, "known well")
        case "rename":
            ruling.rename(operator, "technology", STACK, "The BEAM stack", "what it is called")
        case "learn":
            said = learn("Ecto + Phoenix", slug=STACK, indicators=["file package.json"], description="Mine.")
            handle(database, message({**said, **who}, type_="technology"))
        case verdict:
            said = {"slug": STACK, "verdict": verdict}
            handle(database, message({**said, **who}, type_="technology", kind="feedback"))
    settle(database)


@pytest.mark.parametrize("which", ["promote", "rename", "learn", "confirmed", "rejected"])
def test_a_stack_stays_what_was_mined_whoever_speaks_of_it(database: Engine, which: str) -> None:
    crowd(database, 12, {f"{P}phoenix", f"{P}ecto"}, name="beam")
    crowd(database, 30, {f"{P}react"}, name="web")
    mine(database)
    before = document(database, STACK, "technology")
    words_on_a_stack(database, which)
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO derivations SELECT id, :at, 'taught' FROM patterns ON CONFLICT DO NOTHING"), {"at": NOW}
        )
    settle(database)
    after = document(database, STACK, "technology")
    same = ("indicators", "description", "relations", "category", "languages", "support", "state")
    assert {name: after.get(name) for name in same} == {name: before.get(name) for name in same}
    assert (after["confidence"] < before["confidence"]) is (which == "rejected")
    head = one(database, "SELECT seq FROM feed_head").seq
    mine(database)
    assert one(database, "SELECT seq FROM feed_head").seq == head
    if which == "rename":
        assert (after["name"], after["aliases"]) == ("The BEAM stack", ["Ecto + Phoenix"])
    revoking.revoke(database, "evil", since=None, actor="operator:me", reason="x", clock=lambda: NOW, policy=POLICY)
    gone = {name: it for name, it in document(database, STACK, "technology").items() if name not in ("revision", "seq")}
    ruled = which in ("promote", "rename")
    assert ruled or gone == {name: it for name, it in before.items() if name not in ("revision", "seq")}


def test_what_nobody_sees_any_more_does_not_count_in_the_very_next_run(database: Engine) -> None:
    stack = {f"{P}phoenix", f"{P}ecto"}
    crowd(database, 12, stack, name="beam")
    crowd(database, 30, {f"{P}react"}, name="web")
    mine(database)
    before = document(database, "stack-ecto-phoenix", "technology")
    crowd(database, 30, {f"{P}react"}, name="only-evil-saw-it", instances=1)
    with database.begin() as connection:
        connection.execute(text("UPDATE observations SET instance_id = 'evil' WHERE codebase_id LIKE 'only-evil%'"))
    mine(database)
    assert document(database, "stack-ecto-phoenix", "technology")["description"] != before["description"]
    with database.begin() as connection:
        observations.forget(connection, "evil", NOW)
    mine(database)
    assert document(database, "stack-ecto-phoenix", "technology")["description"] == before["description"]


def test_what_one_brings_along_is_no_stack_and_too_few_instances_tell_none(database: Engine) -> None:
    crowd(database, 12, {f"{P}phoenix", f"{P}liveview"}, name="beam")
    crowd(database, 12, {f"{P}ecto", "pattern:technology/postgresql"}, name="data", instances=2)
    crowd(database, 30, {f"{P}react"}, name="web")
    mine(database)
    assert rows(database, "SELECT slug FROM patterns WHERE slug LIKE 'stack-%'") == []


def test_weights_follow_verdicts_down_and_up_and_back(database: Engine) -> None:
    fired = {f"{P}phoenix", FIRED}
    crowd(database, 40, fired, name="c")
    assert mine(database).patterns == 0
    assert weight(database) == (0.9, None)
    for number in range(30):
        feedback(database, "phoenix", f"c{number}", "rejected", f"i{number % 4}")
    assert mine(database).patterns == 1
    low, measured = weight(database)
    assert low == round(9 / 40, 2)
    assert (measured["prior"], measured["hits"], measured["misses"]) == (0.9, 0, 30)
    assert measured["low"] < low <= measured["high"]
    assert mine(database).patterns == 0
    for number in range(30):
        feedback(database, "phoenix", f"c{number}", "confirmed", f"i{number % 4}")
    mine(database)
    assert weight(database)[0] == round(39 / 40, 2)
    # A learn keeps what was measured, and a catalogue loaded anew finds its own weight.
    handle(database, message({"name": "phoenix", "indicators": ["file mix.exs"], "learn_id": "L", "instance_id": "z"}))
    assert document(database, "phoenix")["indicators"][0]["weight"] == round(39 / 40, 2)
    with database.begin() as connection:
        connection.execute(text("DELETE FROM pattern_support"))
    mine(database)
    assert document(database, "phoenix")["indicators"][0] == {
        "kind": "dependency", "ecosystem": "hex", "name": "phoenix"
    }  # fmt: skip
    assert feed_is_gapless(database)


def test_verdicts_of_an_instance_that_judges_as_nobody_else_are_left_out(database: Engine) -> None:
    crowd(database, 60, {f"{P}phoenix", FIRED}, name="c")
    for number in range(60):
        instance = f"i{number % 4}"
        feedback(database, "phoenix", f"c{number}", "rejected" if instance == "i3" else "confirmed", instance)
    mine(database)
    told, measured = weight(database)
    assert told == round((9 + 45) / 55, 2)
    assert (measured["hits"], measured["misses"]) == (45, 0)


def test_unknown_packages_are_ranked_and_told_once(database: Engine) -> None:
    crowd(database, 6, {f"{P}phoenix", "unknown:pkg:hex/oban", "unknown:pkg:npm/%40acme/kit"}, name="c")
    crowd(database, 8, {f"{P}react", "unknown:pkg:npm/left-pad"}, name="d", instances=2)
    crowd(database, 9, {"unknown:pkg:npm/react"}, name="e")
    assert mine(database).opened == 2
    ranked = rows(database, "SELECT purl, codebases, instances, beside FROM unknown_packages ORDER BY rank DESC, purl")
    assert [row[:3] for row in ranked] == [
        ("pkg:npm/left-pad", 8, 2), ("pkg:hex/oban", 6, 4), ("pkg:npm/%40acme/kit", 6, 4)
    ]  # fmt: skip
    assert ranked[1][3] == [{"type": "framework", "slug": "phoenix", "share": 1.0, "lift": 3.8}]
    told = rows(database, "SELECT type, key, name FROM discoveries ORDER BY name")
    assert told == [("technology", "@acme/kit", "@acme/kit"), ("technology", "oban", "oban")] or len(told) == 2
    assert mine(database, now=LATER).opened == 0
    assert rows(database, "SELECT sum(asked) FROM misses") == [(12,)]


def test_facts_that_tell_a_pattern_are_proposed(database: Engine) -> None:
    crowd(database, 20, {f"{P}phoenix", "fact:file:mix.lock", "fact:file:README.md", "fact:dep:hex:phoenix"}, name="c")
    crowd(database, 3, {f"{P}phoenix", "fact:file:README.md"}, name="d")
    crowd(database, 20, {f"{P}react", "fact:file:README.md"}, name="e")
    crowd(database, 1, {"fact:file:mix.lock"}, name="f")
    mine(database)
    found = rows(database, "SELECT slug, fact, codebases, instances, precision, recall FROM indicator_proposals")
    assert found == [("phoenix", "file:mix.lock", 20, 4, round(20 / 21, 4), round(20 / 23, 4))]


def test_trends_compare_lately_with_before(database: Engine) -> None:
    crowd(database, 100, {f"{P}react"}, name="old")
    lately = NOW + datetime.timedelta(weeks=20)
    for number in range(100):
        see(database, f"new{number}", {f"{P}phoenix" if number % 2 else f"{P}react"}, now=lately)
    mine(database, now=lately)
    assert rows(database, "SELECT slug, direction, lately, before FROM trends ORDER BY slug") == [
        ("phoenix", "rising", 0.5, 0.0), ("react", "fading", 0.5, 1.0)
    ]  # fmt: skip


def test_a_second_run_changes_nothing_but_its_records(database: Engine) -> None:
    everyone = {f"{P}phoenix", f"{P}ecto", FIRED, "unknown:pkg:hex/oban", "fact:file:mix.lock"}
    crowd(database, 15, everyone, name="c")
    crowd(database, 30, {f"{P}react"}, name="d")
    for number in range(15):
        feedback(database, "phoenix", f"c{number}", "rejected", f"i{number % 4}")
    mine(database)
    before = everything(database)
    assert mine(database) == Ran()
    assert everything(database) == before
    latest = rows(database, "SELECT job, state, looked_at, changed, seconds FROM runs ORDER BY id DESC LIMIT 7")
    jobs = ["trends", "indicators", "packages", "stacks", "weights", "index", "retention"]
    assert [(job, state, changed) for job, state, _looked, changed, _s in latest] == [(job, "done", 0) for job in jobs]
    looked_at = {job: looked for job, _state, looked, _changed, _seconds in latest}
    assert looked_at["index"] == 0
    assert looked_at["weights"] == 1


def test_one_worker_mines_at_a_time(database: Engine) -> None:
    crowd(database, 12, {f"{P}phoenix", f"{P}ecto"}, name="c")
    with database.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": running._ADVISORY_LOCK})
        assert mine(database) == Ran()
    assert rows(database, "SELECT count(*) FROM runs") == [(0,)]
    assert rows(database, "SELECT count(*) FROM mined_codebases") == [(0,)]


def test_a_job_that_fails_is_noted_and_the_others_run(database: Engine) -> None:
    crowd(database, 12, {f"{P}phoenix", f"{P}ecto", "unknown:pkg:hex/oban"}, name="c")
    with database.begin() as connection:
        connection.execute(text("UPDATE patterns SET document = 'broken' WHERE slug = 'ecto'"))
    assert mine(database).failed == ("stacks",)
    [(error,)] = rows(database, "SELECT details->>'error' FROM runs WHERE state = 'failed' AND job = 'stacks'")
    assert "malformed" in error
    assert rows(database, "SELECT purl FROM unknown_packages") == [("pkg:hex/oban",)]


def test_what_was_seen_of_a_package_is_a_fact_for_those_who_find_it_out(database: Engine) -> None:
    crowd(database, 6, {f"{P}phoenix", "unknown:pkg:npm/%40acme/kit"}, name="c")
    crowd(database, 20, {f"{P}react", "fact:file:react.lock"}, name="d")
    mine(database)
    with database.connect() as connection:
        facts = grounding.gather(connection, "technology", "@acme/kit", normalise("@acme/kit"), None)
        react = msgspec.json.decode(one(database, "SELECT document FROM patterns WHERE slug = 'react'").document)
        more = grounding.gather_more(connection, msgspec.convert(react, Pattern), None)
    assert [(it.kind, it.text, it.source) for it in facts.items] == [
        (
            FactKind.PACKAGE,
            "package @acme/kit of npm: seen in 6 codebases by 4 instances, and nobody knows it",
            "observed",
        ),
        (
            FactKind.BESIDE,
            "beside @acme/kit: framework phoenix in 100% of its codebases, 4.3 times the usual",
            "observed",
        ),
    ]
    found = deterministic_candidate(facts, "technology", "@acme/kit")
    assert found is not None
    assert [(it.ecosystem, it.name) for it in found.indicators] == [("npm", "@acme/kit")]
    measured = "measured: file:react.lock: 100% of the codebases with it have it, 100% of those that have it"
    assert f"{measured} have the pattern" in [it.text for it in more.items]
