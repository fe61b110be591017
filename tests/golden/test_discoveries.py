"""Thirty real technologies, taken out of the catalogue and found out again from recorded answers.

The whole way: a name asked, facts from learns and package indexes, a scripted server, the real client, the ledger, and
what is believed of the answer in Postgres. The patterns that come of it, alone, must then recognise the trees that use
them, and stay silent in all others'.
"""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, create_engine, text

import migrations
from centralcloud_client.naming import normalise
from centralcloud_patterns.catalogue_format import parse
from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.keying import Index
from centralcloud_patterns.matching import match
from centralcloud_patterns.pattern import Pattern
from llm.model import Model
from services import catalogue, shipped_templates
from services.discovery import opening, working
from services.discovery.means import Means
from services.discovery.outcomes import Outcome
from services.package_metadata import PublicIndexes
from services.paid_calls import PaidCalls
from stack.servers import EmbeddedServers
from tests.golden.recorded import CATALOGUE, Recorded, catalogue_without, load
from tests.llm.replies import Reply, answer
from tests.llm.scripted_server import Asked, ScriptedServer
from tests.services.asking import ENDLESS, KEY, Clock
from tests.services.discovering import missed
from tests.services.learning_messages import handle, message
from tests.services.test_package_metadata import serving

CASES = load()
SLUGS = {case.slug for case in CASES}
INDEXES = ("npm", "pypi", "cargo", "gem", "hex", "nuget")
DEVELOPMENT_CASES = Path(__file__).resolve().parents[3] / "shared" / "detection-cases" / "stack.jsonl.gz"


def _reply(asked: Asked) -> Reply:
    """Answer as recorded; what an indicator is supported by is looked for among the facts that were given.

    What nothing supports is said to be supported by facts that have nothing to do with it, as careless models do.
    """
    records = [json.loads(line) for line in asked.user.split("\n") if line.startswith("{")]
    [case] = [case for case in CASES if case.asked == records[0]["asked"]["name"]]
    facts = {record["id"]: record["text"].lower() for record in records[1:]}
    said = json.loads(json.dumps(case.answer))
    for indicator in said["indicators"]:
        wanted = [word.lower() for word in indicator["supported_by"]]
        own = [] if wanted else _words_of(indicator)
        cited = [each for each, fact in facts.items() if any(word in fact for word in wanted or own) is bool(wanted)]
        indicator["supported_by"] = cited[:20]
    return answer(said)


def _words_of(indicator: dict[str, Any]) -> list[str]:
    told = " ".join(str(indicator.get(field) or "") for field in ("name", "prefix", "regex", "glob", "path", "value"))
    return [word for word in re.split(r"[^a-z0-9]+", told.lower()) if word]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of its own with the catalogue, less the thirty, and what instances taught."""
    with EmbeddedServers(only=("postgres",)) as servers:
        migrations.upgrade(servers.database_url)
        engine = create_engine(servers.database_url)
        catalogue.load(engine, catalogue_without(SLUGS, tmp_path_factory.mktemp("catalogue")))
        shipped_templates.load(engine, CATALOGUE / "templates")
        handle(engine, *(message(dict(learn)) for case in CASES for learn in case.learns))
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def found(centre: Engine) -> dict[str, Pattern]:
    """What became of asking for all thirty, by the catalogue's slugs."""
    clock, told = Clock(), list[Outcome]()
    pages = {path: page for case in CASES for path, page in case.pages().items()}
    with ScriptedServer(_reply) as server, serving(pages) as base:
        indexes = PublicIndexes({ecosystem: f"{base}/{ecosystem}" for ecosystem in INDEXES})
        model = Model("good", api_key=KEY, base_url=server.url, timeout=30)
        means = Means(centre, clock, PaidCalls(centre, model, ENDLESS, clock), indexes)
        opened = opening.record(centre, [missed(case.asked, case.type) for case in CASES], clock(), enabled=True)
        assert opened == len(CASES)
        working.work(means, told.append, lambda: None)
        model.close()
        assert len(server.asked) == len(CASES)
    ends = [(outcome.key, outcome.reason) for outcome in told if outcome.state == "failed"]
    assert ends == []
    return {case.slug: _stored(centre, case) for case in CASES}


def _stored(centre: Engine, case: Recorded) -> Pattern:
    query = (
        "SELECT document FROM patterns JOIN pattern_names n ON n.pattern_id = id WHERE n.type = :type AND key = :key"
    )
    with centre.connect() as connection:
        row = connection.execute(text(query), {"type": case.type, "key": normalise(case.asked)}).one()
    return msgspec.json.decode(row.document, type=Pattern)


def _recognised(files: dict[str, str | None], found: dict[str, Pattern]) -> set[str]:
    """Return which of the thirty are in a tree, by their own discovered patterns alone."""
    facts = extract(Evidence(files=files))
    by_slug = {pattern.slug: slug for slug, pattern in found.items()}
    return {by_slug[hit.slug] for hit in match(facts, Index(found.values()).candidates(facts.keys)).matches}


def test_there_are_thirty_of_many_ecosystems() -> None:
    assert len(CASES) == 30
    ecosystems = {it.get("ecosystem") for case in CASES for it in case.answer["indicators"] if it.get("ecosystem")}
    assert len(ecosystems) >= 9
    shipped = {
        pattern.slug for path in CATALOGUE.glob("*.yaml") for pattern in parse(path.read_text("utf-8"), path.stem)
    }
    assert shipped >= SLUGS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_a_discovered_pattern_is_whole_and_a_candidate(found: dict[str, Pattern], case: Recorded) -> None:
    pattern = found[case.slug]
    assert (pattern.type, pattern.state, pattern.confidence) == (case.type, "candidate", 0.5)
    assert pattern.description
    assert pattern.category
    assert pattern.languages
    assert pattern.homepage
    assert not pattern.commands
    assert normalise(case.asked) in {normalise(name) for name in (pattern.slug, pattern.name, *pattern.aliases)}
    sources = {entry.field: entry.source for entry in pattern.provenance}
    assert {sources[field] for field in ("description", "indicators", "category")} == {"good"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_it_recognises_the_trees_that_use_it_and_no_others(found: dict[str, Pattern], case: Recorded) -> None:
    for tree in case.trees:
        assert _recognised(tree.files, found) == tree.holds, sorted(tree.files)


def test_what_nothing_supports_weighs_little(found: dict[str, Pattern]) -> None:
    weights = [indicator.weight for pattern in found.values() for indicator in pattern.indicators]
    assert len(weights) >= 90
    assert {weight for weight in weights if weight > 0.4} <= {0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95}
    unsupported = _weights(found, supported=False)
    assert len(unsupported) >= 20
    assert max(unsupported) <= 0.4
    assert min(_weights(found, supported=True, kind="dependency")) >= 0.9


def _weights(found: dict[str, Pattern], *, supported: bool, kind: str | None = None) -> list[float]:
    kept = []
    for case in CASES:
        by_what = {(it.kind.value, it.ecosystem, it.name, it.regex, it.glob): it for it in found[case.slug].indicators}
        for told in case.answer["indicators"]:
            what = (told["kind"], *(told.get(field) for field in ("ecosystem", "name", "regex", "glob")))
            if what in by_what and bool(told["supported_by"]) is supported and kind in {None, told["kind"]}:
                kept.append(by_what[what].weight)
    return kept


def test_broad_indicators_and_homes_of_others_were_left_out(found: dict[str, Pattern]) -> None:
    globs = {indicator.glob for pattern in found.values() for indicator in pattern.indicators}
    assert not globs & {"package.json", "Cargo.toml", "settings.py"}
    told = {it.get("glob") for case in CASES for it in case.answer["indicators"]}
    assert {"package.json", "Cargo.toml", "settings.py"} <= told
    assert "uvicorn" not in {indicator.name for indicator in found["fastapi"].indicators}


def _development_cases() -> Sequence[dict[str, Any]]:
    with gzip.open(DEVELOPMENT_CASES, "rt") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.skipif(not DEVELOPMENT_CASES.exists(), reason="the labelled development cases are not beside the checkout")
def test_labelled_trees_of_the_thirty_are_recognised(found: dict[str, Pattern]) -> None:
    wanted = recognised = 0
    missed_ones = []
    for case in _development_cases():
        hits, expected = _recognised(case["files"], found), SLUGS & set(case.get("expected", ()))
        wanted, recognised = wanted + len(expected), recognised + len(expected & hits)
        missed_ones += sorted(f"{case['case']}: {slug}" for slug in expected - hits)
    assert wanted >= 40
    assert recognised / wanted >= 0.75, missed_ones
