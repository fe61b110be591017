"""`why`: one pattern explained on a codebase, over the real system."""

import json
import uuid
from pathlib import Path

import pytest

from tests.cli.command import Command


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
    first, header, *lines = said.splitlines()
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
    assert said.startswith("Django (framework/django) in .: not found, confidence 0.00")
    assert "left out: 0.00 is less than 0.50" in said
    assert "dependency pypi:django" in said


def test_a_pattern_that_nobody_knows_ends_with_four(run: Command, shop: Path) -> None:
    name = f"unheard-{uuid.uuid4().hex}"
    assert run("why", name, str(shop), expect=4).error == f"centralcloud: nobody knows '{name}'\n"
    assert "is not a directory" in run("why", "nextjs", str(shop / "gone"), expect=2).error
    assert "no type of pattern" in run("why", "nextjs", str(shop), "--type", "recipe", expect=2).error
