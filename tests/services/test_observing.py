"""Observations: recorded once an instance and set, whole whatever was asked, and taken out again without a trace."""

import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from centralcloud_patterns.evidence import Evidence
from models import instances, observations
from services import catalogue, detection, observation_quota
from services.known_patterns import KnownPatterns
from services.observing import Sighting
from tests.services.learning_messages import NOW, rows

FAMILY = """
- {slug: nextjs, type: framework, name: Next.js, languages: [typescript], indicators: [{dependency: "npm:next"}],
   implies: [react]}
- {slug: react, type: framework, name: React, indicators: [{dependency: "npm:react"}]}
- {slug: django, type: framework, name: Django, languages: [python], indicators: [{dependency: "pypi:django"}]}
"""
MANIFEST = '{"dependencies": {"next": "15", "left-pad": "1"}}'
LATER = NOW + datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _known(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(FAMILY)
    catalogue.load(database, tmp_path)


def look(
    database: Engine,
    files: dict[str, str | None],
    *,
    codebase: str | None = "c1",
    instance: str = "alpha",
    now: datetime.datetime = NOW,
    **narrowed: object,
) -> bool:
    seen = Sighting(instance)
    evidence = Evidence(files=files, codebase_id=codebase)
    detection.detect(database, KnownPatterns(), evidence, type_=None, observe=seen.take, **narrowed)  # type: ignore[arg-type]  # whatever a test asks
    return seen.record(database, now)


def stored(database: Engine) -> list[tuple[object, ...]]:
    return rows(
        database,
        "SELECT xmin::text, xmax::text, ctid::text, codebase_id, instance_id, items, observed_at, replaced_at"
        " FROM observations ORDER BY codebase_id, instance_id, observed_at",
    )


def news(database: Engine) -> list[str]:
    return [codebase for (codebase,) in rows(database, "SELECT codebase_id FROM observation_news ORDER BY id")]


def test_what_was_seen_is_kept_with_what_was_unknown(database: Engine) -> None:
    assert look(database, {"web/package.json": MANIFEST, "web/next.config.js": None})
    [(*_place, codebase, instance, items, at, replaced)] = stored(database)
    assert (codebase, instance, at, replaced) == ("c1", "alpha", NOW, None)
    assert isinstance(items, list)
    assert {"pattern:framework/nextjs", "pattern:framework/react", "unknown:pkg:npm/left-pad"} <= set(items)
    assert {"fact:dep:npm:left-pad", "fact:dep:npm:next", "fact:file:next.config.js"} <= set(items)
    [fired] = [it for it in items if it.startswith("fired:")]
    assert fired.startswith("fired:framework/nextjs#")
    assert news(database) == ["c1"]


def test_a_repeat_writes_nothing(database: Engine) -> None:
    look(database, {"package.json": MANIFEST})
    before = stored(database)
    assert not look(database, {"package.json": MANIFEST}, now=LATER)
    assert stored(database) == before
    assert news(database) == ["c1"]


def test_each_set_has_its_row_and_the_latest_stands(database: Engine) -> None:
    look(database, {"package.json": MANIFEST})
    assert look(database, {"requirements.txt": "django"}, now=LATER)
    assert [(row[-2], row[-1]) for row in stored(database)] == [(NOW, LATER), (LATER, None)]
    back = LATER + datetime.timedelta(days=1)
    assert look(database, {"package.json": MANIFEST}, now=back)
    assert [(row[-2], row[-1]) for row in stored(database)] == [(LATER, back), (back, None)]
    # Another instance's sight of the same codebase stands beside it.
    assert look(database, {"package.json": MANIFEST}, instance="beta", now=back)
    assert len(stored(database)) == 3
    assert news(database) == ["c1"] * 4


def test_what_is_unknown_may_change_within_a_set(database: Engine) -> None:
    look(database, {"package.json": MANIFEST})
    assert look(database, {"package.json": MANIFEST.replace("left-pad", "right-pad")}, now=LATER)
    [row] = stored(database)
    assert "unknown:pkg:npm/right-pad" in str(row)
    assert "unknown:pkg:npm/left-pad" not in str(row)


@pytest.mark.parametrize("narrowed", [{"languages": ["python"]}, {"min_confidence": 0.99}])
def test_what_the_asker_leaves_out_is_recorded_all_the_same(database: Engine, narrowed: dict[str, object]) -> None:
    files: dict[str, str | None] = {"package.json": MANIFEST, "requirements.txt": "django"}
    look(database, files)
    before = stored(database)
    assert not look(database, files, **narrowed)  # type: ignore[arg-type]  # whatever detection takes
    assert stored(database) == before


@pytest.mark.parametrize("codebase", [None, "", "c\0", "c\n1"])
def test_a_detection_of_no_named_codebase_leaves_nothing(database: Engine, codebase: str | None) -> None:
    assert not look(database, {"package.json": MANIFEST}, codebase=codebase)
    assert stored(database) == []


def test_names_that_no_row_can_hold_are_passed_over(database: Engine) -> None:
    hostile = '{"dependencies": {"a\\u0000b": "1", "' + "x" * 400 + '": "1", "c\\nd": "1", "next": "15"}}'
    assert look(database, {"package.json": hostile, "\udcff.x": None})
    assert not look(database, {"package.json": hostile, "\udcff.x": None}, now=LATER)


def test_an_instance_can_be_forgotten_and_what_it_said_before_stands_again(database: Engine) -> None:
    look(database, {"package.json": MANIFEST})
    look(database, {"package.json": MANIFEST}, instance="beta")
    before = [row[3:] for row in stored(database)]
    look(database, {"requirements.txt": "django"}, now=LATER)
    look(database, {"requirements.txt": "django"}, codebase="c2", now=LATER)
    with database.begin() as connection:
        assert observations.forget(connection, "alpha", LATER) == 2
    assert [row[3:] for row in stored(database)] == before
    with database.begin() as connection:
        observations.forget(connection, "alpha", NOW)
    assert [row[4] for row in stored(database)] == ["beta"]


def test_the_table_stays_bounded(database: Engine) -> None:
    for day in range(6):
        at = NOW + datetime.timedelta(days=day)
        look(database, {"package.json": f'{{"dependencies": {{"next": "15", "p{day}": "1"}}}}'}, now=at)
        look(database, {"requirements.txt": "django"}, now=at)
        look(database, {"package.json": MANIFEST}, codebase=f"d{day}", now=at)
        look(database, {"package.json": MANIFEST}, codebase=f"e{day}", instance="beta", now=at)
    with database.begin() as connection:
        observations.take_news(connection, 1_000)
        assert observations.drop_history(connection, kept=0, before=NOW) == 1
        assert observations.drop_overflow(connection, of_instance=4, of_all=7) == 6
    kept = rows(database, "SELECT codebase_id FROM observations ORDER BY codebase_id")
    assert [codebase for (codebase,) in kept] == ["c1", "d3", "d4", "d5", "e3", "e4", "e5"]
    assert sorted(news(database)) == ["d0", "d1", "d2", "e0", "e1", "e2"]


def test_a_revoked_instance_sees_nothing_and_what_was_on_its_way_goes(database: Engine) -> None:
    look(database, {"package.json": MANIFEST})
    look(database, {"package.json": MANIFEST}, instance="beta")
    before = [row for row in stored(database) if row[4] == "beta"]
    with database.begin() as connection:
        instances.revoke(connection, "alpha", None, NOW)
    look(database, {"requirements.txt": "django"})
    look(database, {"requirements.txt": "django"}, codebase="c2")
    assert [row[6:] for row in stored(database)] == [(NOW, None)] * 2
    with database.begin() as connection:
        assert observations.drop_revoked(connection) == 1
        assert observations.drop_revoked(connection) == 0
    assert stored(database) == before


def test_what_is_beyond_the_quota_of_a_day_is_not_kept_and_that_is_told(database: Engine) -> None:
    def show(codebase: str, *, instance: str = "alpha", now: datetime.datetime = NOW, manifest: str = MANIFEST) -> bool:
        seen = Sighting(instance)
        evidence = Evidence(files={"package.json": manifest}, codebase_id=codebase)
        detection.detect(database, KnownPatterns(), evidence, type_=None, observe=seen.take)
        return seen.record(database, now, most=3)

    def told(instance: str, now: datetime.datetime = NOW) -> list[str]:
        return [note.message.partition(":")[0] for note in Sighting(instance).notes(database, now, 3)]

    assert [show(f"c{number}") for number in range(5)] == [True, True, True, False, False]
    assert rows(database, "SELECT codebase_id FROM observations ORDER BY 1") == [("c0",), ("c1",), ("c2",)]
    assert (told("alpha"), told("beta")) == (["quota_exceeded"], [])
    # What is known already costs nothing; others and other days have their own.
    assert show("c0", instance="beta", manifest='{"dependencies": {"react": "19"}}')
    assert show("c9", instance="gamma")
    assert show("c3", now=LATER)
    assert told("alpha", LATER) == []
    # Another process knows what was written, too.
    observation_quota.of(database)._counts.clear()
    assert [show(f"d{number}", now=LATER) for number in range(3)] == [True, True, False]


def test_seeing_the_same_again_costs_nothing_of_the_quota_and_changing_ones_mind_does(database: Engine) -> None:
    def show(manifest: str) -> bool:
        seen = Sighting("alpha")
        evidence = Evidence(files={"package.json": manifest}, codebase_id="c1")
        detection.detect(database, KnownPatterns(), evidence, type_=None, observe=seen.take)
        return seen.record(database, NOW, most=3)

    assert [show(MANIFEST) for _ in range(5)] == [True, False, False, False, False]
    other = '{"dependencies": {"react": "19"}}'
    assert [show(it) for it in (other, MANIFEST, other, MANIFEST)] == [True, True, False, False]
