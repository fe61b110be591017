"""Candidates come by key, with what they imply, however far that goes and however many share a key."""

from pathlib import Path

from sqlalchemy import Engine, text

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import MAX_SHARING
from services import catalogue, rekeying
from services.known_patterns import KnownPatterns

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


def crowd(count: int) -> str:
    """Return patterns that share an extension, each with a word of its own."""
    return "".join(
        f"- {{slug: p{number:03}, type: framework, name: P{number:03}, indicators: [{{extension: abc}},"
        f" {{content: {{glob: '*.txt', regex: '\\bword{number:03}\\b', weight: 0.8}}}}]}}\n"
        for number in range(count)
    )


def test_of_a_crowded_key_the_oldest_are_tried_and_the_others_by_their_own(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "crowd.yaml").write_text(crowd(MAX_SHARING + 10))
    catalogue.load(database, tmp_path)
    everybody = [f"p{number:03}" for number in range(MAX_SHARING + 10)]
    assert keyed(database, "ext:abc") == everybody
    assert slugs(database, {"a.abc": None}) == everybody[:MAX_SHARING]
    assert slugs(database, {"a.abc": None, "b.txt": "x word135-y"}) == [*everybody[:MAX_SHARING], "p135"]
    assert slugs(database, {"b.txt": "sword135 word1350 word004"}) == ["p004"]


def test_the_retired_leave_the_index_and_come_back_with_their_keys(database: Engine, tmp_path: Path) -> None:
    file = tmp_path / "crowd.yaml"
    file.write_text(crowd(2))
    catalogue.load(database, tmp_path)
    file.write_text(crowd(1))
    catalogue.load(database, tmp_path)
    assert keyed(database, "ext:abc") == ["p000"]
    file.write_text(crowd(2))
    catalogue.load(database, tmp_path)
    assert keyed(database, "ext:abc") == ["p000", "p001"]
    assert keyed(database, "slug:p001") == ["p001"]


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
