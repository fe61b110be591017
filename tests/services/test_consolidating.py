"""Upkeep on a real database: duplicates become one, contradictions settle, stale claims go; then nothing is left."""

import datetime
import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from services.consolidation import running, single_flight
from services.consolidation.running import Means, Report
from services.curation import joining, revoking, ruling
from services.curation.ruling import Operator
from tests.services.curating import POLICY, empty, known, teach
from tests.services.learning_messages import NOW, clock, document, feed_is_gapless, learn, message, one, rows
from tests.services.mining_observations import index_all, see

TWINS = ("Acme Framework", "Acme Frameworks")
SLUGS = ("acme-framework", "acme-frameworks")


def means(database: Engine, *, days: int = 0) -> Means:
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return Means(database, lambda: now)


def consolidated(database: Engine, *, days: int = 0) -> Report:
    report = running.run(means(database, days=days))
    assert report is not None
    assert report.failed == {}
    return report


def taught(name: str, instances: str, *indicators: Any) -> list[list[Any]]:
    return [
        message(
            learn(name, learn_id=f"{name}-{who}", instance_id=who, codebase_id=f"c{who}", indicators=list(indicators))
        )
        for who in instances
    ]


def seen(database: Engine, *slugs: str, codebases: str = "1234", instances: str = "abc") -> None:
    """Let instances see patterns in codebases of their own, by turns."""
    for place, codebase in enumerate(codebases):
        items = [f"pattern:framework/{slug}" for slug in slugs]
        see(database, codebase, items, instance=instances[place % len(instances)])
    index_all(database)


@pytest.fixture
def twins(database: Engine) -> Engine:
    """Two patterns that look alike, each taught by others."""
    shared = "dependency npm:acme-build"
    teach(database, taught(TWINS[0], "abc", shared, "file acme.config.js"))
    teach(database, taught(TWINS[1], "de", shared, "env ACME_URL"))
    return database


def test_what_is_told_twice_becomes_one_and_stays_so(twins: Engine) -> None:
    seen(twins, *SLUGS)
    preview, before = running.preview(means(twins)), known(twins)
    [merger] = preview.mergers
    assert (merger.survivor, merger.gone) == SLUGS
    assert merger.likeness.reason == (
        "names 0.99 alike, 50% of indicators shared, together in 4 codebases (100%) of 3 instances"
    )
    assert known(twins) == before
    assert one(twins, "SELECT count(*) AS runs FROM runs").runs == 0

    report = consolidated(twins)
    assert [(it.survivor, it.gone) for it in report.mergers] == [SLUGS]
    assert document(twins, SLUGS[0])["support"]["instances"] == 5
    assert set(document(twins, SLUGS[0])["aliases"]) >= {TWINS[1]}
    noted = "SELECT actor, slug, reason, detail->'instances' FROM audit WHERE action = 'merge'"
    assert rows(twins, noted) == [("consolidation", SLUGS[1], merger.likeness.reason, ["a", "b", "c"])]
    ran = "SELECT job, state, looked_at, changed, details->>'merged' FROM runs"
    assert rows(twins, ran) == [("consolidation", "done", 2, 2, "1")]

    after, head = known(twins), one(twins, "SELECT seq FROM feed_head").seq
    assert consolidated(twins).changed == 0
    assert (known(twins), one(twins, "SELECT seq FROM feed_head").seq) == (after, head)
    assert feed_is_gapless(twins)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_one_by_package_and_codebases_is_so_in_whatever_order_it_was_taught(
    database: Engine, seed: int
) -> None:
    chance = random.Random(seed)
    package = "dependency npm:acme-build"
    messages = [it for name in TWINS for it in taught(name, "abc", package, "file acme.config.js")]
    # A plugin lists the package of what it plugs into, and stays what it is.
    messages += taught("Acme Framework Auth", "abc", package, "dependency npm:acme-auth", "file auth.config.js")
    worlds, moment = [], means(database).clock()
    same_time = Means(database, lambda: moment)
    for _order in range(3):
        empty(database)
        chance.shuffle(messages)
        renumbered = [[ack, subject, number, *rest] for number, (ack, subject, _, *rest) in enumerate(messages, 1)]
        for start in range(0, len(messages), 1 + seed):
            teach(database, renumbered[start : start + 1 + seed])
        seen(database, *SLUGS)
        seen(database, "acme-framework-auth", codebases="5678")
        report = running.run(same_time)
        assert report is not None
        assert [(it.survivor, it.gone) for it in report.mergers] == [SLUGS]
        worlds.append(known(database))
    assert worlds[0] == worlds[1] == worlds[2]
    assert set(worlds[0]["documents"]) == {"framework/acme-framework", "framework/acme-framework-auth"}


def test_who_lists_anothers_package_neither_takes_its_name_nor_gives_it_up(database: Engine) -> None:
    teach(database, taught("Acme", "abc", "dependency npm:acme"))
    before = known(database)["documents"]["framework/acme"]
    teach(database, taught("Acmee", "x", "dependency npm:acme"))
    seen(database, "acme", "acmee", instances="x")
    assert consolidated(database).mergers == []
    after = known(database)["documents"]
    assert (after["framework/acme"], after["framework/acmee"]["state"]) == (before, "candidate")


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (((SLUGS[0],), (SLUGS[1],)), "seen together in 0 codebases, 3 are needed"),
        ((SLUGS, (SLUGS[0],)), "together in 50% of their codebases only"),
        ((), "seen together in 0 codebases, 3 are needed"),
    ],
)
def test_what_is_not_seen_together_stays_two(twins: Engine, where: tuple[tuple[str, ...], ...], why: str) -> None:
    for place, slugs in enumerate(where):
        seen(twins, *slugs, codebases="1234" if not place else "5678")
    report = consolidated(twins)
    assert (report.mergers, report.changed) == ([], 0)
    assert [it.likeness.apart for it in report.held] == [why]


def test_what_one_instance_saw_merges_nothing(twins: Engine) -> None:
    seen(twins, *SLUGS, instances="x")
    assert [it.likeness.apart for it in consolidated(twins).held] == ["1 instances saw both, 3 are needed"]


def test_what_an_operator_split_or_rejected_stays_two(twins: Engine) -> None:
    seen(twins, *SLUGS)
    consolidated(twins)
    ann = Operator(twins, "ann", clock, POLICY)
    joining.split(ann, "framework", SLUGS[0], TWINS[1], indicators=(), reason="two things")
    assert known(twins)["documents"].keys() == {f"framework/{slug}" for slug in SLUGS}
    assert [it.likeness.apart for it in consolidated(twins).held] == ["an operator made two of them"]
    ruling.reject(ann, "framework", SLUGS[1], "spam")
    assert consolidated(twins).mergers == []
    assert document(twins, SLUGS[0])["state"] == "active"


def test_what_rests_on_a_revoked_instance_s_sight_comes_apart(twins: Engine) -> None:
    before = known(twins)
    seen(twins, *SLUGS, codebases="12345", instances="xyzxy")
    assert len(consolidated(twins).mergers) == 1
    assert known(twins)["documents"].keys() == {f"framework/{SLUGS[0]}"}
    revoking.revoke(twins, "z", since=None, actor="operator:ann", reason="lies", clock=clock, policy=POLICY)
    assert known(twins) == before
    index_all(twins)
    assert [it.likeness.apart for it in consolidated(twins).held] == ["2 instances saw both, 3 are needed"]


def test_a_merger_that_others_saw_as_well_comes_back(twins: Engine) -> None:
    seen(twins, *SLUGS, codebases="12345678", instances="wxyzwxyz")
    consolidated(twins)
    merged = known(twins)
    revoking.revoke(twins, "z", since=None, actor="operator:ann", reason="lies", clock=clock, policy=POLICY)
    index_all(twins)
    assert [(it.survivor, it.gone) for it in consolidated(twins).mergers] == [SLUGS]
    assert _untimed(known(twins)) == _untimed(merged)


def _untimed(world: dict[str, Any]) -> dict[str, Any]:
    """Return what is known without when it was ruled so."""
    ruled = [
        entry for it in world["documents"].values() for entry in it["provenance"] if entry.get("field") == "known_as"
    ]
    for entry in ruled:
        del entry["at"]
    return world


def test_preact_is_not_react(database: Engine) -> None:
    shared = ("file webpack.jsx.js", "import jsx-runtime")
    teach(database, taught("React", "abc", "dependency npm:react", *shared))
    teach(database, taught("Preact", "abc", "dependency npm:preact", *shared))
    seen(database, "react", "preact")
    report = consolidated(database)
    assert report.mergers == []
    assert [it.likeness.apart for it in report.held] == ["each has a package of its own name in npm"]
    assert {"framework/react", "framework/preact"} == known(database)["documents"].keys()


def test_one_worker_at_a_time(twins: Engine) -> None:
    seen(twins, *SLUGS)
    with single_flight.alone(twins) as mine:
        assert mine
        assert running.run(means(twins)) is None
    assert len(consolidated(twins).mergers) == 1


def test_a_plan_that_has_grown_old_costs_its_batch_nothing(twins: Engine) -> None:
    seen(twins, *SLUGS)
    [merger] = running.preview(means(twins)).mergers
    gone = replace(merger, gone="gone-meanwhile")
    assert running._carry_out(means(twins), [gone, merger, gone]) == [merger]
    assert known(twins)["documents"].keys() == {f"framework/{SLUGS[0]}"}
    assert feed_is_gapless(twins)


def test_what_another_holds_is_merged_the_next_time(twins: Engine) -> None:
    seen(twins, *SLUGS)
    patient = create_engine(twins.url, connect_args={"options": "-c lock_timeout=200"})
    with twins.connect() as other:
        other.execute(text("SELECT 1 FROM patterns WHERE slug = :slug FOR UPDATE"), {"slug": SLUGS[0]})
        report = consolidated(patient)
    patient.dispose()
    assert report.mergers == []
    assert len(consolidated(twins).mergers) == 1


def test_a_contradiction_is_settled_by_who_says_so(database: Engine) -> None:
    against = {"kind": "env", "name": "ACME_URL", "polarity": "against"}
    teach(database, taught("Acme", "a", "env ACME_URL", "file acme.config.js"))
    teach(database, taught("Acme", "b", against))
    undecided = consolidated(database)
    assert [(it.slug, it.is_settled) for it in undecided.disputed] == [("acme", False)]
    assert len(document(database, "acme")["indicators"]) == 3, "equals stand side by side"

    # Disputed, it stays a claim: what is believed is settled at once.
    doubt = [message({"slug": "acme", "verdict": "rejected", "instance_id": who}, kind="feedback") for who in "xyz"]
    teach(database, [*doubt, *taught("Acme", "c", against)])
    preview = running.preview(means(database))
    [disputed] = preview.disputed
    assert [(set(it.speak_for), set(it.speak_against), it.stands) for it in disputed.sides] == [
        ({"a"}, {"b", "c"}, "against")
    ]
    consolidated(database)
    told = {(it["kind"], it.get("polarity", "for")) for it in document(database, "acme")["indicators"]}
    assert ("env", "for") not in told
    head = one(database, "SELECT seq FROM feed_head").seq
    assert consolidated(database).changed == 0
    assert one(database, "SELECT seq FROM feed_head").seq == head


def test_stale_claims_go_and_come_back_when_taught(database: Engine) -> None:
    teach(database, taught("Forgotten", "a", "file forgotten.toml"))
    teach(database, taught("Believed", "abc", "file believed.toml"))
    teach(database, taught("Sighted", "a", "file sighted.toml"))
    seen(database, "sighted")
    assert consolidated(database, days=80).stale == []
    assert [it.slug for it in running.preview(means(database, days=100)).stale] == ["forgotten"]
    report = consolidated(database, days=100)
    assert ([it.slug for it in report.stale], report.changed) == (["forgotten"], 1)
    assert known(database)["documents"].keys() == {"framework/believed", "framework/sighted"}
    assert consolidated(database, days=100).changed == 0
    [(actor, reason)] = rows(database, "SELECT actor, reason FROM audit WHERE action = 'retire'")
    assert (actor, reason) == ("consolidation", "nobody has spoken of it or seen it for 90 days")
    teach(
        database, [message(learn("Forgotten", learn_id="again", instance_id="b", indicators=["file forgotten.toml"]))]
    )
    assert document(database, "forgotten")["support"] == {"codebases": 0, "instances": 1}
    assert feed_is_gapless(database)


def test_a_step_that_fails_is_noted_and_keeps_nobody_from_running(twins: Engine) -> None:
    seen(twins, *SLUGS)
    broken = Means(twins, _clock_that_fails_after(3))
    report = running.run(broken)
    assert report is not None
    assert report.failed
    assert rows(twins, "SELECT state FROM runs") == [("failed",)]


def _clock_that_fails_after(times: int) -> Any:
    left = [times]

    def clock() -> datetime.datetime:
        left[0] -= 1
        if left[0] < 0:
            raise ValueError("no clock")
        return NOW

    return clock
