"""The catalogue's files become patterns: once per content, beside what was learned, and never over it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from centralcloud_patterns.catalogue_format import CatalogueError
from services import catalogue
from services.catalogue import LoadReport
from tests.services.curating import settle
from tests.services.learning_messages import document, feed_is_gapless, handle, learn, message, one, rows

SHIPPED = Path(__file__).resolve().parents[2] / "catalogue"
NEXT = """
- slug: nextjs
  type: framework
  name: Next.js
  aliases: [next]
  description: The React framework.
  indicators: [{dependency: "npm:next"}]
"""
VUE = """
- slug: vue
  type: framework
  name: Vue
  description: Progressive.
  indicators: [{dependency: "npm:vue"}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "web.yaml").write_text(NEXT + VUE)
    return tmp_path


def test_loading_twice_changes_nothing(database: Engine, folder: Path) -> None:
    assert catalogue.load(database, folder) == LoadReport(added=2)
    assert catalogue.load(database, folder) == LoadReport(unchanged=2)
    assert one(database, "SELECT seq FROM feed_head").seq == 2
    pattern = document(database, "nextjs")
    assert (pattern["state"], pattern["confidence"], pattern["revision"]) == ("active", 0.98, 1)
    assert pattern["provenance"] == [{"source": "catalogue"}]


def test_only_what_changed_gets_a_revision(database: Engine, folder: Path) -> None:
    catalogue.load(database, folder)
    (folder / "web.yaml").write_text(NEXT.replace("npm:next", "npm:nextjs") + VUE)
    assert catalogue.load(database, folder) == LoadReport(changed=1, unchanged=1)
    assert [item["name"] for item in document(database, "nextjs")["indicators"]] == ["nextjs"]
    assert ("dep:npm:next",) not in rows(database, "SELECT key FROM pattern_keys")
    assert feed_is_gapless(database)


def test_what_leaves_the_files_is_retired_unless_somebody_taught_it(database: Engine, folder: Path) -> None:
    catalogue.load(database, folder)
    handle(database, message(learn("Vue", instance_id="i", indicators=["file vue.config.js"])))
    (folder / "web.yaml").write_text("[]")
    assert catalogue.load(database, folder).retired == 2
    assert rows(database, "SELECT slug FROM patterns WHERE retired") == [("nextjs",)]
    settle(database)
    left = document(database, "vue")
    assert (left["state"], [item["kind"] for item in left["indicators"]]) == ("candidate", ["file"])
    assert "description" not in left
    (folder / "web.yaml").write_text(NEXT + VUE)
    catalogue.load(database, folder)
    assert rows(database, "SELECT slug FROM patterns WHERE retired") == []


def test_what_was_retired_takes_no_feedback_but_comes_back_with_a_learn(database: Engine, folder: Path) -> None:
    catalogue.load(database, folder)
    (folder / "web.yaml").write_text(VUE)
    catalogue.load(database, folder)
    feedback = message({"slug": "nextjs", "verdict": "confirmed"}, kind="feedback")
    assert [outcome.code for outcome in handle(database, feedback).outcomes] == ["bad_schema"]
    assert [outcome.slug for outcome in handle(database, message(learn("Next"))).outcomes] == ["nextjs"]
    pattern = document(database, "nextjs")
    assert (pattern["state"], pattern["name"], pattern["revision"]) == ("candidate", "Next", 3)
    assert "description" not in pattern


def test_what_enough_learn_adds_to_the_catalogues_pattern_and_survives_the_next_load(
    database: Engine, folder: Path
) -> None:
    catalogue.load(database, folder)
    for number in range(3):
        taught = {"indicators": ["file next.config.js"], "description": "Not this one."}
        handle(database, message(learn("next", instance_id=f"i{number}", learn_id=f"L{number}", **taught)))
    settle(database)
    (folder / "more.yaml").write_text(
        NEXT.replace("nextjs", "other").replace("Next.js", "Other").replace("next]", "o]")
    )
    catalogue.load(database, folder)
    pattern = document(database, "nextjs")
    assert pattern["description"] == "The React framework."
    assert [item["kind"] for item in pattern["indicators"]] == ["dependency", "file"]
    assert (pattern["state"], pattern["support"]["instances"]) == ("active", 3)
    assert pattern["confidence"] > 0.98


@pytest.mark.parametrize("name", ["nextjs", "Next.js"])
def test_a_learned_candidate_becomes_the_catalogues(database: Engine, folder: Path, name: str) -> None:
    handle(database, message(learn(name, instance_id="i", indicators=["file next.config.js"], description="Mine.")))
    catalogue.load(database, folder)
    pattern = document(database, "nextjs")
    assert (pattern["description"], pattern["name"], pattern["state"]) == ("The React framework.", "Next.js", "active")
    assert [item["kind"] for item in pattern["indicators"]] == ["dependency", "file"]
    assert pattern["support"]["instances"] == 1
    [outcome] = handle(database, message(learn(name, instance_id="j"))).outcomes
    assert outcome.slug == "nextjs"
    assert document(database, "nextjs")["support"]["instances"] == 2
    assert feed_is_gapless(database)


def test_a_merger_is_told_after_its_survivor(database: Engine, folder: Path) -> None:
    handle(database, message(learn("Next.js", instance_id="i")))
    catalogue.load(database, folder)
    last = rows(database, "SELECT op, slug FROM feed WHERE slug LIKE 'next%' ORDER BY seq DESC LIMIT 2")
    assert last == [("retire", "next-js"), ("upsert", "nextjs")]
    assert rows(database, "SELECT merged_into FROM patterns WHERE slug = 'next-js'") == [("nextjs",)]


def test_a_broken_file_changes_nothing(database: Engine, folder: Path) -> None:
    catalogue.load(database, folder)
    (folder / "web.yaml").write_text("- slug: x\n  type: sandwich\n")
    with pytest.raises(CatalogueError, match="web"):
        catalogue.load(database, folder)
    assert rows(database, "SELECT slug FROM patterns WHERE NOT retired ORDER BY 1") == [("nextjs",), ("vue",)]


def test_the_shipped_catalogue_loads_and_stays(database: Engine) -> None:
    first = catalogue.load(database, SHIPPED)
    assert first.added >= 150
    assert catalogue.load(database, SHIPPED) == LoadReport(unchanged=first.added)
    assert feed_is_gapless(database)
