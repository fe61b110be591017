"""Candidates come by key, with what they imply, however far that goes and however many share a key."""

from pathlib import Path

from sqlalchemy import Engine, text

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import MAX_SHARING
from services import catalogue, rekeying
from services.known_patterns import KnownPatterns
from tests.services.learning_messages import handle, learn, message

FAMILY = """
- {slug: nextjs, type: framework, name: Next.js, indicators: [{dependency: "npm:next"}], implies: [react]}
- {slug: react, type: framework, name: React, indicators: [{dependency: "npm:react"}], implies: [javascript]}
- {slug: javascript, type: technology, name: JavaScript, indicators: [{extension: js}], implies: [react]}
- {slug: vue, type: framework, name: Vue, indicators: [{dependency: "npm:vue"}]}
"""


def test_candidates_bring_what_they_imply(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(FAMILY)
    catalogue.load(database, tmp_path)
    facts = extract(Evidence(files={"package.json": '{"dependencies": {"next": "15"}}'}))
    with database.connect() as connection:
        found = KnownPatterns().candidates(connection, facts.keys)
    assert {pattern.slug for pattern in found} == {"nextjs", "react", "javascript"}


def keyed(database: Engine, key: str) -> list[str]:
    with database.connect() as connection:
        query = text("SELECT slug FROM patterns JOIN pattern_keys ON id = pattern_id WHERE key = :key ORDER BY id")
        return list(connection.execute(query, {"key": key}).scalars())


def slugs(database: Engine, files: dict[str, str | None]) -> list[str]:
    with database.connect() as connection:
        found = KnownPatterns().candidates(connection, extract(Evidence(files=files)).keys)
    return [pattern.slug for pattern in found]


CURATED = "- {slug: abc, type: framework, name: Abc, indicators: [{extension: abc}]}\n"


def teach(database: Engine, numbers: range) -> None:
    """Teach patterns that share an extension, each with a word of its own."""
    for number in numbers:
        indicators = ["extension .abc", rf"content *.txt ~ \bword{number:03}\b"]
        handle(database, message(learn(f"p{number:03}", learn_id=f"l{number}", indicators=indicators)))


def test_a_crowded_key_brings_what_is_curated_and_the_learned_are_found_by_their_own(
    database: Engine, tmp_path: Path
) -> None:
    (tmp_path / "web.yaml").write_text(CURATED)
    teach(database, range(MAX_SHARING - 1))
    catalogue.load(database, tmp_path)
    assert len(keyed(database, "ext:abc")) == MAX_SHARING == len(slugs(database, {"a.abc": None}))
    teach(database, range(100, 101))
    assert slugs(database, {"a.abc": None}) == ["abc"]
    assert set(slugs(database, {"a.abc": None, "b.txt": "x word033-y"})) == {"abc", "p033"}
    assert slugs(database, {"b.txt": "sword033 word0333 WORD_004 word100"}) == ["p100"]


def test_who_is_vouched_for_later_is_found_by_a_crowded_key_from_then_on(database: Engine, tmp_path: Path) -> None:
    teach(database, range(MAX_SHARING + 1))
    assert slugs(database, {"a.abc": None}) == []
    (tmp_path / "web.yaml").write_text(CURATED.replace("slug: abc", "slug: p007").replace("name: Abc", "name: p007"))
    catalogue.load(database, tmp_path)
    assert slugs(database, {"a.abc": None}) == ["p007"]
    (tmp_path / "web.yaml").write_text("[]\n")
    catalogue.load(database, tmp_path)
    assert slugs(database, {"a.abc": None}) == []
    assert slugs(database, {"b.txt": "word007"}) == ["p007"]


def test_what_has_no_key_is_found_by_the_set_which_follows_every_change(database: Engine, tmp_path: Path) -> None:
    known = KnownPatterns()

    def found(files: dict[str, str | None]) -> list[str]:
        with database.connect() as connection:
            candidates = known.candidates(connection, extract(Evidence(files=files)).keys)
        return sorted(pattern.slug for pattern in candidates)

    shown: dict[str, str | None] = {"ax002yb": None, "ax070yb": None, "ax100yb": None}
    for number in range(MAX_SHARING + 10):
        handle(database, message(learn(f"p{number:03}", learn_id=f"l{number}", indicators=[f"file *x{number:03}y*"])))
    assert found(shown) == ["p002", "p070"]
    assert found({"axyb": None}) == []
    handle(database, message(learn("p100", learn_id="l100", indicators=["file *x100y*"])))
    assert found(shown) == ["p002", "p070", "p100"]
    (tmp_path / "web.yaml").write_text("- {slug: p070, type: framework, name: p070, indicators: [{extension: abc}]}\n")
    catalogue.load(database, tmp_path)
    assert found({"a.abc": None}) == ["p070"]


def test_the_retired_leave_the_index_and_come_back_with_their_keys(database: Engine, tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    for text_, expected in ((FAMILY + CURATED, ["abc"]), (FAMILY, []), (FAMILY + CURATED, ["abc"])):
        file.write_text(text_)
        catalogue.load(database, tmp_path)
        assert keyed(database, "ext:abc") == keyed(database, "slug:abc") == expected


def test_keys_that_no_database_holds_are_passed_over(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(FAMILY)
    catalogue.load(database, tmp_path)
    hostile = '{"dependencies": {"vue": "3", "a\\u0000b": "1", "c\\nd": "1", "é": "1", "it\'s %s :x": "1"}}'
    assert slugs(database, {"package.json": hostile, "\udcff.x": None}) == ["vue"]
    with database.connect() as connection:
        assert KnownPatterns().candidates(connection, ["a\0", "\ud800", "\n"]) == []


def test_patterns_are_indexed_anew_when_the_rules_are_others(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(FAMILY)
    catalogue.load(database, tmp_path)
    assert rekeying.bring_up_to_date(database) == 4
    assert rekeying.bring_up_to_date(database) == 0
    with database.begin() as connection:
        connection.execute(text("UPDATE pattern_keys SET key = 'old:' || key"))
        connection.execute(text("UPDATE statistics SET value = '0' WHERE name = 'keying'"))
    assert slugs(database, {"package.json": '{"dependencies": {"vue": "3"}}'}) == []
    assert rekeying.bring_up_to_date(database) == 4
    assert slugs(database, {"package.json": '{"dependencies": {"vue": "3"}}'}) == ["vue"]
    assert keyed(database, "old:slug:vue") == []
