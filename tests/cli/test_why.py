"""`why`: one pattern explained on a codebase, over the real system."""

import json
import uuid
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from centralcloud_patterns.measures import Measure
from centralcloud_patterns.pattern import Measured
from models import patterns
from services import pattern_writing
from services.pattern_writing import Draft
from tests.cli.command import Command
from tests.end_to_end.patience import until
from tests.services.learning_messages import NOW, handle, learn, message


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    package = {"dependencies": {"next": "^15.1.0", "react": "^19.0.0"}}
    (folder / "package.json").write_text(json.dumps(package, indent=1))
    (folder / "next.config.mjs").write_text("export default {}\n")
    return folder


def test_it_says_where_each_indicator_fired_and_what_it_added(run: Command, shop: Path) -> None:
    said = run("why", "nextjs", str(shop)).out
    standing, first, header, *lines = said.splitlines()
    assert standing.startswith("Next.js is active, 0.9")
    assert standing.endswith("speak for it")
    assert first.startswith("Next.js (framework/nextjs) in .: found, confidence 0.9")
    assert header.split() == ["indicator", "weight", "added", "where", "what", "stands", "there"]
    line = next(line for line in lines if line.startswith("dependency npm:next "))
    assert "package.json:3" in line
    assert '"next": "^15.1.0"' in line
    assert any("did not fire" in line for line in lines)
    assert all(len(line) <= 110 for line in said.splitlines())


def test_json_adds_up_to_the_answer_of_a_scan(run: Command, shop: Path) -> None:
    answer = run("scan", str(shop), "--json").json
    for slug in ("nextjs", "react"):
        match = next(one for one in answer["matches"] if one["slug"] == slug and one.get("path", "") == "")
        explanation = run("why", slug, str(shop), "--json").json
        place = next(place for place in explanation["places"] if place["path"] == "")
        assert place["confidence"] == pytest.approx(match["confidence"], abs=1e-3)
        assert place["told"]
        assert sum(step.get("added", 0.0) for step in place["steps"]) == pytest.approx(
            place["own_confidence"], abs=1e-3
        )
    assert place["superseded_by"] == "nextjs"
    assert "superseded by nextjs" in place["relations"]


def test_what_is_not_there_is_explained_too(run: Command, shop: Path) -> None:
    said = run("why", "django", str(shop), "--type", "framework").out
    assert said.splitlines()[1].startswith("Django (framework/django) in .: not found, confidence 0.00")
    assert "left out: 0.00 is less than 0.50" in said
    assert "dependency pypi:django" in said


def test_a_pattern_that_nobody_knows_ends_with_four(run: Command, shop: Path) -> None:
    name = f"unheard-{uuid.uuid4().hex}"
    assert run("why", name, str(shop), expect=4).error == f"centralcloud: nobody knows '{name}'\n"
    assert "is not a directory" in run("why", "nextjs", str(shop / "gone"), expect=2).error
    assert "no type of pattern" in run("why", "nextjs", str(shop), "--type", "recipe", expect=2).error


def test_what_instances_say_of_it_shows(run: Command, shop: Path, rows: Engine) -> None:
    name = f"shown{uuid.uuid4().hex[:8]}"
    (shop / "package.json").write_text(json.dumps({"dependencies": {name: "^1.0.0"}}))
    said = {"instance_id": "a", "codebase_id": "c"}
    handle(rows, message(learn(name, indicators=[f"dependency npm:{name}"], **said)))
    assert f"{name} is candidate, 0.67 sure to be right: 1 instance in 1 codebase" in run("why", name, str(shop)).out
    for who in "bc":
        told = {"slug": name, "verdict": "rejected", "instance_id": who, "codebase_id": who}
        handle(rows, message(told, kind="feedback"))
    # Written beside the centre, so that the broadcast which tells its caches waits for the next beat.
    sure = pytest.approx(0.4)
    until(lambda: run("why", name, str(shop), "--json").json["sure"] == sure, 20, "it is as sure as before")
    with rows.begin() as connection:
        found = pattern_writing.lock(
            connection, [row.id for row in patterns.by_slugs(connection, {("framework", name)})]
        )
        [stored] = found
        measure = Measure(0.6, Measured(prior=0.8, hits=30, misses=20, low=0.46, high=0.72))
        measures = {it.id: measure for it in stored.pattern.indicators}
        draft = Draft(stored.pattern, stored.standing, stored.source, stored, measures=measures)
        pattern_writing.write(connection, [draft], NOW)
    line = "weighs 0.60 (0.46 to 0.72), not 0.90: fired in 50 codebases, rightly in 30"
    until(lambda: line in run("why", name, str(shop)).out, 20, "what was measured does not show")


def _sought(rows: Engine, name: str) -> set[str]:
    with rows.connect() as connection:
        found = connection.execute(text("SELECT type FROM misses WHERE name = :name"), {"name": name})
        return {row.type for row in found}


def test_to_explain_begins_no_discovery_of_what_it_does_not_find_in_other_types(
    run: Command, shop: Path, rows: Engine
) -> None:
    name = f"told{uuid.uuid4().hex[:8]}"
    relations = [{"kind": "implies", "slug": f"{name}-base"}]
    handle(rows, message(learn(name, indicators=[f"dependency npm:{name}"], relations=relations)))
    (shop / "package.json").write_text(json.dumps({"dependencies": {name: "^1.0.0"}}))
    assert f"{name} (framework/{name}) in .: found" in run("why", name, str(shop)).out
    run("query", "code", f"after-{name}", expect=4)
    until(lambda: _sought(rows, f"after-{name}") == {"code"}, 20, "what was asked for is not noted")
    assert _sought(rows, name) == set()
    assert _sought(rows, f"{name}-base") == set()
