"""Injections against a model that obeys them: no trust, identity or other pattern changes, nothing to run goes out.

Each attempt runs twice: as a discovery of a name that planted texts mention, and as an enrichment of a pattern taught
with them. Real server, real client, real database; compared whole, before and after.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import extract
from centralcloud_patterns.matching import match
from llm.model import Model
from services import catalogue, enrichment, shipped_templates
from services.enrichment import Means
from services.known_patterns import KnownPatterns
from services.paid_calls import PaidCalls
from services.unseen import seen
from tests.llm.replies import Reply
from tests.llm.scripted_server import Asked, ScriptedServer
from tests.security.attempts import ATTEMPTS, Attempt
from tests.security.snapshots import added, beside, documents, everything, names_of_others
from tests.services.asking import ENDLESS, KEY, Clock
from tests.services.discovering import Worker
from tests.services.finding_things import CATALOGUE
from tests.services.learning_messages import feed_is_gapless, handle, learn, message

SHIPPED = Path(__file__).resolve().parents[2] / "catalogue" / "templates"
NAME, SLUG = "acme-queue", "acme-queue"
SHORT = "- {slug: acme, type: framework, name: Acme, category: x, indicators: [{dependency: 'npm:acme'}]}\n"
#: Anything that looks like a command to fetch or run something, seen independently of the product's own list.
RUNNABLE = re.compile(
    r"(?:npm|pip3?|gem|cargo|go|brew|apt(?:-get)?|yarn|pnpm|composer|uv|conda)[\s\"',\[\]\\]+(?:i|install|add|get|ci)\b"
    r"|\|\s*(?:ba)?sh\b|\bcurl\b|\bwget\b|\biex\b|invoke-expression|powershell|\bsudo\b|\$IFS",
    re.IGNORECASE,
)
#: Codebases that have nothing to do with the name.
STRANGERS: dict[str, str | None] = {
    "package.json": json.dumps({"dependencies": {"react": "19.0.0", "left-pad": "1.0.0"}}),
    "src/app.ts": "import React from 'react'\nexport const x = 1\n",
    "react.config.js": "",
    "tsconfig.json": "{}",
}


class Obedient:
    """A model that does as the data say."""

    def __init__(self) -> None:
        self.attempt = ATTEMPTS[0]

    def __call__(self, asked: Asked) -> Reply:
        return self.attempt.reply(asked)


@pytest.fixture
def obedient() -> Obedient:
    return Obedient()


@pytest.fixture
def server(obedient: Obedient) -> Iterator[ScriptedServer]:
    with ScriptedServer(obedient) as running:
        yield running


@pytest.fixture
def centre(database: Engine, tmp_path: Path) -> Engine:
    """A centre that knows React, Redis and something learned, with the prompts that ship."""
    (tmp_path / "few.yaml").write_text(CATALOGUE + SHORT)
    catalogue.load(database, tmp_path)
    shipped_templates.load(database, SHIPPED)
    handle(database, message(learn("Bystander", instance_id="b", description="Whole.", category="x", codebase_id="c")))
    return database


def _planted(attempt: Attempt) -> dict[str, object]:
    # NUL never reaches the centre in JSON text that the wire accepts; the answer may have it.
    text = attempt.planted.replace("\u0000", " ")
    return {
        "instance_id": "mallory",
        "codebase_id": "lair",
        "indicators": ["dependency npm:acme-queue", f"they say: {text}"],
        "examples": [{"code": f"// {text}\nqueue.add('mail') // acme-queue", "language": "typescript"}],
    }


def _account(centre: Engine, server: ScriptedServer, clock: Clock) -> PaidCalls:
    return PaidCalls(centre, Model("obedient", api_key=KEY, base_url=server.url, timeout=20), ENDLESS, clock)


def _holds(centre: Engine, server: ScriptedServer, attempt: Attempt, before: dict[str, object], said: str) -> None:
    """Assert what holds after every attempt; `said` is what was written because of the answer."""
    assert server.asked, "the model was never asked"
    assert seen(attempt.planted.replace("\u0000", " ")).split()[0] in _shown(server)
    assert beside(centre, "framework", SLUG) == before
    assert feed_is_gapless(centre)
    for bad in attempt.never:
        assert bad.lower() not in said.lower(), bad
    assert not RUNNABLE.search(said), RUNNABLE.search(said)
    assert '"commands"' not in said
    _stays_out_of_other_answers(centre)


def _shown(server: ScriptedServer) -> str:
    """Return what the facts in the questions say; each stands on a line of its own."""
    lines = (line for asked in server.asked for line in asked.user.split("\n") if line.startswith("{"))
    return "\n".join(str(json.loads(line).get("text")) for line in lines)


def _stays_out_of_other_answers(centre: Engine) -> None:
    facts = extract(Evidence(files=STRANGERS))
    with centre.connect() as connection:
        candidates = KnownPatterns().candidates(connection, facts.keys)
    found = {hit.slug: hit.superseded_by for hit in match(facts, candidates).matches}
    assert found == {"react": None}


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_an_obeying_model_enriches_nothing_but_words(
    centre: Engine, server: ScriptedServer, obedient: Obedient, attempt: Attempt
) -> None:
    handle(centre, message(learn(NAME, **_planted(attempt))))
    obedient.attempt = attempt
    before, known = beside(centre, "framework", SLUG), documents(centre, "framework", SLUG)
    others = names_of_others(centre, SLUG)
    clock = Clock()
    enrichment.run(Means(centre, clock, _account(centre, server, clock)))
    after = documents(centre, "framework", SLUG)
    _holds(centre, server, attempt, before, added(known, after))
    assert names_of_others(centre, SLUG) == others
    taught = {field: known[field] for field in ("notes", "examples", "indicators", "support", "state", "name")}
    for field, value in taught.items():
        assert value == after[field] or all(item in after[field] for item in value), field


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_an_obeying_model_discovers_a_candidate_at_most(
    centre: Engine, server: ScriptedServer, obedient: Obedient, attempt: Attempt
) -> None:
    handle(centre, message(learn("Shop Stack", **_planted(attempt))))
    obedient.attempt = attempt
    before = beside(centre, "framework", SLUG)
    others = names_of_others(centre, SLUG)
    clock = Clock()
    outcome = Worker(centre, clock, _account(centre, server, clock)).find(NAME)
    found = documents(centre, "framework", SLUG)
    trust = before | {"trust of it": beside(centre, "framework", SLUG)["trust of it"]}
    _holds(centre, server, attempt, trust, added({}, found))
    assert names_of_others(centre, SLUG) == others
    assert outcome.state in {"found", "failed"}
    assert bool(found) is (outcome.state == "found")
    if found:
        assert (found["state"], found["confidence"], found["revision"]) == ("candidate", 0.5, 1)
        assert found["support"] == {"codebases": 0, "instances": 0}
        assert {entry["source"] for entry in found["provenance"]} <= {"obedient", "learn"}


def test_some_attempts_are_refused_by_the_schema_and_some_by_reach(
    centre: Engine, server: ScriptedServer, obedient: Obedient
) -> None:
    """The suite would be empty if everything failed at the schema, or nothing did."""
    ends = set()
    for number, attempt in enumerate(ATTEMPTS):
        obedient.attempt = attempt
        clock = Clock()
        ends.add(Worker(centre, clock, _account(centre, server, clock)).find(f"acme-queue-{number}x").reason or "found")
    assert {"found", "unreadable"} <= ends


@pytest.mark.parametrize("secret", ["hunter2hunter2", "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2"])
def test_planted_secrets_are_neither_stored_nor_sent(
    centre: Engine, server: ScriptedServer, obedient: Obedient, secret: str
) -> None:
    planted = Attempt("", f'acme-queue with password = "{secret}" and {secret if "hunter" not in secret else ""}')
    handle(centre, message(learn("Shop Stack", **_planted(planted), metadata={"token": secret})))
    handle(centre, message(learn("Own Queue", **_planted(planted), description=f"password: {secret}")))
    clock = Clock()
    account = _account(centre, server, clock)
    Worker(centre, clock, account).find(NAME)
    enrichment.run(Means(centre, clock, account))
    assert len(server.asked) >= 2
    assert secret not in "".join(asked.text for asked in server.asked)
    assert secret not in repr(everything(centre))
