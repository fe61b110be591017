"""Answers as models give them, and facts to cite, made by hand; a catalogue of a few patterns to stay out of."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern
from services import catalogue, findings
from services.findings import DiscoveredPattern, Enrichment
from services.grounding import Fact, FactKind, Facts

NOW = datetime.datetime(2026, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)
CATALOGUE = """
- {slug: react, type: framework, name: React, aliases: [reactjs], category: ui-library, description: A UI library.,
   indicators: [{dependency: "npm:react"}, {file: react.config.js}]}
- {slug: redis, type: technology, name: Redis, category: key-value-store, description: A store.,
   indicators: [{dependency: "npm:redis"}, {image: redis}]}
"""


def package(name: str, ecosystem: str = "npm", kind: FactKind = FactKind.PACKAGE, id_: str = "F1") -> Fact:
    dependency = Indicator(kind=IndicatorKind.DEPENDENCY, ecosystem=ecosystem, name=name)
    return Fact(id_, kind, f"package {name} of {ecosystem}", "learn", indicator=dependency)


def words(text: str, id_: str = "F2", kind: FactKind = FactKind.WORDS) -> Fact:
    return Fact(id_, kind, text, "learn")


FACTS = Facts((package("acme-queue"), words("services have an acme-queue.yaml and set ACME_QUEUE_URL")))
GOOD: dict[str, Any] = {
    "exists": True,
    "name": "Acme Queue",
    "description": "A queue for jobs. It keeps them in Redis.",
    "category": "Message Queue",
    "languages": ["TypeScript"],
    "aliases": ["acmequeue.js"],
    "homepage": "https://acme-queue.dev/docs",
    "indicators": [
        {"kind": "dependency", "ecosystem": "npm", "name": "acme-queue", "supported_by": ["F1"]},
        {"kind": "file", "glob": "acme-queue.yaml", "supported_by": ["F2"]},
        {"kind": "import", "name": "acme-queue", "supported_by": []},
    ],
    "relations": [{"kind": "requires", "slug": "redis"}],
    "practices": ["Give every job a key of its own."],
    "pitfalls": ["Jobs may run twice."],
    "examples": [{"code": "queue.add('mail', { to })", "language": "typescript", "title": "Add a job"}],
}


def discovered(**fields: Any) -> DiscoveredPattern:
    return DiscoveredPattern.model_validate(GOOD | fields)


def contributed(
    found: DiscoveredPattern | Enrichment | None = None, facts: Facts = FACTS, name: str = "acme-queue", **given: Any
) -> Pattern:
    told: dict[str, Any] = {
        "type_": "framework",
        "slug": "acme-queue",
        "model": "some-model",
        "call_id": "c1",
        "at": NOW,
    } | given
    return findings.contribution(
        found or discovered(), facts, name=name, template="discovery", template_version=3, **told
    )


def weights(pattern: Pattern) -> dict[str, float]:
    return {it.name or it.glob or it.regex or it.path or it.prefix or "": it.weight for it in pattern.indicators}


@pytest.fixture
def peopled(database: Engine, tmp_path: Path) -> Engine:
    """A database that knows React and Redis."""
    (tmp_path / "few.yaml").write_text(CATALOGUE)
    catalogue.load(database, tmp_path)
    return database
