"""Candidates come by key, with what they imply, however far that goes."""

from pathlib import Path

from sqlalchemy import Engine

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from services import catalogue
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
