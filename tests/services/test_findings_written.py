"""Findings in the database: a candidate of its own, below everybody's word, and nothing of anybody else's touched."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern, PatternType, Support
from centralcloud_patterns.standing import standing
from models import patterns
from services import catalogue, findings, pattern_writing
from services.findings import Enrichment
from services.grounding import Facts
from services.pattern_writing import Draft, SlugTakenError, Stored
from tests.services.finding_things import CATALOGUE, FACTS, NOW, contributed, discovered, peopled, weights, words
from tests.services.learning_messages import document, feed_is_gapless, handle, learn, message, rows

__all__ = ["peopled"]


def write(database: Engine, said: Pattern | None = None, asked: str = "acme-queue") -> Stored:
    with database.begin() as connection:
        return findings.write_discovered(connection, said or contributed(), asked, NOW)


def answering(database: Engine, key: str) -> list[str]:
    with database.connect() as connection:
        return [row.slug for row in patterns.by_names(connection, [("framework", key)]) if row.slug]


def others(database: Engine, slug: str = "acme-queue") -> list[tuple[Any, ...]]:
    return rows(database, "SELECT * FROM patterns WHERE slug <> :slug ORDER BY id", slug=slug)


def test_a_discovery_is_a_candidate_that_nobody_vouches_for(peopled: Engine) -> None:
    before = others(peopled)
    stored = write(peopled)
    pattern = document(peopled, "acme-queue")
    assert (stored.source, stored.revision) == ("discovery", 1)
    assert (pattern["state"], pattern["confidence"], pattern["support"]) == (
        "candidate",
        0.5,
        {"codebases": 0, "instances": 0},
    )
    assert pattern["relations"] == [{"kind": "requires", "slug": "redis", "type": "technology"}]
    assert "commands" not in pattern
    assert others(peopled) == before
    assert feed_is_gapless(peopled)
    assert answering(peopled, "acmequeue") == ["acme-queue"]


def test_writing_it_again_changes_nothing(peopled: Engine) -> None:
    assert [write(peopled).revision for _turn in range(2)] == [1, 1]
    assert len(rows(peopled, "SELECT 1 FROM feed WHERE slug = 'acme-queue'")) == 1


def test_the_name_that_was_asked_for_leads_to_it(peopled: Engine) -> None:
    write(peopled, contributed(slug="acme-q"), asked="Acme Job Queue")
    assert answering(peopled, "acmejobqueue") == ["acme-q"]


def test_homes_of_others_names_of_others_and_strange_relations_are_left_out(peopled: Engine) -> None:
    said = contributed(
        discovered(
            aliases=["React Acme Queue", "acme queue react", "acmequeue react"],
            indicators=[
                {"kind": "dependency", "ecosystem": "npm", "name": "react", "supported_by": ["F1"]},
                {"kind": "dependency", "ecosystem": "npm", "regex": "^red", "supported_by": []},
                {"kind": "file", "glob": "react.config.js", "supported_by": ["F1"]},
                {"kind": "file", "glob": "acme-queue.yaml", "supported_by": ["F2"]},
            ],
            relations=[
                {"kind": "requires", "slug": "nowhere"},
                {"kind": "part_of", "slug": "acme-queue"},
                {"kind": "alternative", "slug": "redis"},
            ],
        )
    )
    with peopled.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO pattern_names SELECT 'framework', 'acmequeuereact', id, 2 FROM patterns WHERE slug = 'react'"
        )
    stored = write(peopled, said).pattern
    assert weights(stored) == {"acme-queue.yaml": 0.9, "react.config.js": 0.3}
    assert stored.aliases == ("React Acme Queue",)
    assert [(relation.kind, relation.slug) for relation in stored.relations] == [("alternative", "redis")]


def test_what_another_is_recognised_by_as_well_tells_little_however_well_it_is_cited(peopled: Engine) -> None:
    facts = Facts((*FACTS.items, words("acme-queue reads react.config.js", "F3")))
    indicators = [{"kind": "file", "glob": "react.config.js", "supported_by": ["F3"]}]
    said = contributed(discovered(indicators=indicators), facts)
    assert weights(said) == {"react.config.js": 0.6}
    assert weights(write(peopled, said).pattern) == {"react.config.js": 0.3}


def test_what_others_only_use_is_nobodys_home(peopled: Engine, tmp_path: Any) -> None:
    handle(peopled, message(learn("Shop Stack", instance_id="i", indicators=["dependency npm:acme-queue"])))
    design = """- {slug: job-queue, type: microservice, name: Job Queue, category: x, description: D.,
   indicators: [{dependency: "npm:acme-queue"}]}
"""
    user = """- {slug: acme-suite, type: technology, name: Suite, category: x, description: D.,
   indicators: [{file: acme-queue.yaml}]}
"""
    (tmp_path / "few.yaml").write_text(CATALOGUE + design + user)
    catalogue.load(peopled, tmp_path)
    by_kind = {it.kind.value: it.weight for it in write(peopled).pattern.indicators}
    assert by_kind == {"dependency": 0.95, "file": 0.9, "import": 0.4}


def test_who_said_what_nothing_is_left_of_is_not_told(peopled: Engine) -> None:
    said = contributed(discovered(relations=[{"kind": "requires", "slug": "nowhere"}]))
    assert "relations" in {entry.field for entry in said.provenance}
    fields = {entry.field for entry in write(peopled, said).pattern.provenance}
    assert "description" in fields
    assert "relations" not in fields


def test_a_candidate_of_that_very_name_has_its_home(peopled: Engine) -> None:
    handle(peopled, message(learn("Left Pad", instance_id="i", indicators=["dependency npm:left-pad"])))
    left_pad = {"kind": "dependency", "ecosystem": "npm", "name": "left-pad", "supported_by": []}
    assert write(peopled, contributed(discovered(indicators=[left_pad]))).pattern.indicators == ()


def test_nothing_is_related_to_what_it_becomes_one_with(peopled: Engine) -> None:
    handle(peopled, message(learn("Acme Queue", instance_id="i", indicators=["file acme.yml"])))
    relations = [{"kind": "part_of", "slug": slug} for slug in ("acme-queue", "redis")]
    said = contributed(discovered(relations=relations), slug="acme-q", name="Acme Queue")
    stored = write(peopled, said, "Acme Queue").pattern
    assert (stored.slug, [relation.slug for relation in stored.relations]) == ("acme-queue", ["redis"])


def test_a_pattern_that_is_retired_meanwhile_is_looked_for_again(peopled: Engine) -> None:
    write(peopled)
    with ThreadPoolExecutor(1) as pool:
        with peopled.begin() as other:
            other.exec_driver_sql("UPDATE patterns SET retired = true WHERE slug = 'acme-queue'")
            late = pool.submit(write, peopled, contributed(discovered(description="Late.")))
            with peopled.connect() as watching:
                waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                for _turn in range(500):
                    if watching.exec_driver_sql(waiting).scalar_one():
                        break
                    time.sleep(0.01)
        assert isinstance(late.exception(20), SlugTakenError)


def test_the_same_thing_under_another_type_is_no_stranger(peopled: Engine) -> None:
    dependency = {"kind": "dependency", "ecosystem": "npm", "name": "redis", "supported_by": []}
    said = contributed(discovered(name="Redis", indicators=[dependency]), name="redis", slug="redis")
    assert [it.name for it in write(peopled, said, "redis").pattern.indicators] == ["redis"]


def test_a_curated_pattern_is_returned_as_it_is(peopled: Engine) -> None:
    before = rows(peopled, "SELECT * FROM patterns ORDER BY id")
    said = contributed(discovered(name="React"), name="React", slug="react")
    assert write(peopled, said, "React").pattern.description == "A UI library."
    assert rows(peopled, "SELECT * FROM patterns ORDER BY id") == before


def test_who_answers_by_an_alias_meanwhile_is_left_as_it_is(peopled: Engine) -> None:
    handle(peopled, message(learn("Other Thing", instance_id="i", aliases=["acme-queue"], indicators=["file o.yaml"])))
    before = rows(peopled, "SELECT * FROM patterns ORDER BY id")
    assert write(peopled).pattern.slug == "other-thing"
    assert rows(peopled, "SELECT * FROM patterns ORDER BY id") == before


def test_a_learn_that_came_first_keeps_its_words(peopled: Engine) -> None:
    taught = learn("Acme-Queue", instance_id="i", description="Ours.", indicators=["dependency npm:acme-queue"])
    handle(peopled, message(taught))
    stored = write(peopled)
    assert (stored.source, stored.revision) == ("learn", 2)
    pattern = document(peopled, "acme-queue")
    assert (pattern["name"], pattern["description"], pattern["category"]) == ("Acme-Queue", "Ours.", "message-queue")
    assert (pattern["state"], pattern["support"]["instances"]) == ("candidate", 1)
    by_name = {it["name"]: it for it in pattern["indicators"] if it["kind"] == "dependency"}
    assert by_name["acme-queue"].get("weight", 0.9) == 0.9


def test_a_learn_that_comes_later_outranks_the_model(peopled: Engine) -> None:
    write(peopled)
    handle(peopled, message(learn("acme-queue", instance_id="i", description="Ours.", practices=["Be quick."])))
    pattern = document(peopled, "acme-queue")
    assert (pattern["description"], pattern["homepage"]) == ("Ours.", "https://acme-queue.dev/docs")
    assert set(pattern["practices"]) == {"Be quick.", "Give every job a key of its own."}
    claims = {entry.get("field"): entry["source"] for entry in pattern["provenance"] if entry.get("field")}
    assert (claims["description"], claims["homepage"], claims["practices"]) == ("learn", "some-model", "some-model")


def test_the_catalogue_takes_over_without_what_was_only_found(peopled: Engine, tmp_path: Any) -> None:
    write(peopled)
    own = "- {slug: acme-queue, type: framework, name: A, description: Curated., indicators: [{file: acme.yml}]}\n"
    (tmp_path / "few.yaml").write_text(CATALOGUE + own)
    catalogue.load(peopled, tmp_path)
    pattern = document(peopled, "acme-queue")
    assert (pattern["state"], pattern["description"]) == ("active", "Curated.")
    assert [it.get("glob") for it in pattern["indicators"]] == ["acme.yml"]
    assert "practices" not in pattern
    (tmp_path / "few.yaml").write_text(CATALOGUE)
    catalogue.load(peopled, tmp_path)
    assert rows(peopled, "SELECT retired FROM patterns WHERE slug = 'acme-queue'") == [(True,)]


def test_a_retired_pattern_starts_anew(peopled: Engine) -> None:
    write(peopled)
    with peopled.begin() as connection:
        connection.exec_driver_sql("UPDATE patterns SET retired = true WHERE slug = 'acme-queue'")
    stored = write(peopled, contributed(discovered(description="Found again.")))
    assert (stored.revision, stored.retired) == (2, False)
    assert document(peopled, "acme-queue")["description"] == "Found again."


def enriched(**fields: Any) -> Pattern:
    return contributed(Enrichment.model_validate(fields), name="Acme Queue")


def test_an_enrichment_reaches_its_own_pattern_alone(peopled: Engine) -> None:
    handle(peopled, message(learn("Acme Queue", instance_id="i", indicators=["file acme.yml", "it has workers"])))
    before = others(peopled)
    with peopled.begin() as connection:
        stored = findings.write_enriched(connection, enriched(description="A queue.", aliases=["acmequeue.io"]), NOW)
    assert stored is not None
    assert (stored.pattern.description, stored.pattern.aliases) == ("A queue.", ("acmequeue.io",))
    assert stored.pattern.notes == ("it has workers",)
    assert others(peopled) == before


def test_neither_who_has_the_slug_as_another_name_nor_what_is_retired_is_enriched(peopled: Engine) -> None:
    handle(peopled, message(learn("Other Thing", instance_id="i", aliases=["acme-queue"], indicators=["file o.yaml"])))
    write(peopled, contributed(slug="old-queue", name="old queue"), "old queue")
    with peopled.begin() as connection:
        connection.exec_driver_sql("UPDATE patterns SET retired = true WHERE slug = 'old-queue'")
    before = rows(peopled, "SELECT * FROM patterns ORDER BY id")
    old = contributed(Enrichment(description="Back."), slug="old-queue", name="Old Queue")
    with peopled.begin() as connection:
        assert findings.write_enriched(connection, enriched(description="Mine."), NOW) is None
        assert findings.write_enriched(connection, old, NOW) is None
    assert rows(peopled, "SELECT * FROM patterns ORDER BY id") == before


def test_what_became_curated_or_went_is_not_enriched(peopled: Engine) -> None:
    said = Pattern(type=PatternType.FRAMEWORK, slug="react", name="React", description="Mine.")
    gone = Pattern(type=PatternType.FRAMEWORK, slug="gone", name="Gone", description="Mine.")
    with peopled.begin() as connection:
        assert findings.write_enriched(connection, said, NOW) is None
        assert findings.write_enriched(connection, gone, NOW) is None
    assert document(peopled, "react")["description"] == "A UI library."


@pytest.mark.parametrize(
    ("free", "kept"),
    [(40_000, {"description", "practices", "examples"}), (2_000, {"description"}), (100, set[str]())],
    ids=["room for all", "room for words", "no room"],
)
def test_a_document_stays_small(peopled: Engine, free: int, kept: set[str]) -> None:
    notes = tuple(f"{number} {'x' * 6_000}" for number in range(15))
    large = Pattern(type=PatternType.FRAMEWORK, slug="acme-queue", name="Acme Queue", notes=notes)
    spare = 128 * 1024 - len(pattern_writing.encode(large)) - free
    large = msgspec.structs.replace(large, notes=(*large.notes, "y" * spare))
    with peopled.begin() as connection:
        draft = Draft(pattern=large, standing=standing(Support(), 0), source="discovery", stored=None)
        pattern_writing.write(connection, [draft], NOW)
    practices = [f"{number} " + "practise " * 30 for number in range(8)]
    found = discovered(practices=practices, indicators=[], aliases=[], relations=[], pitfalls=[], languages=[])
    pattern = write(peopled, contributed(found)).pattern
    assert {field for field in ("description", "practices", "examples") if getattr(pattern, field)} == kept
    assert pattern.notes == large.notes
    assert len(pattern_writing.encode(pattern)) <= 128 * 1024


def test_indicators_have_ids_of_ours(peopled: Engine) -> None:
    write(peopled)
    ids = {it["id"] for it in document(peopled, "acme-queue")["indicators"]}
    assert all(len(identity) == 12 for identity in ids)
    assert Indicator(kind=IndicatorKind.FILE, glob="x").id == ""
