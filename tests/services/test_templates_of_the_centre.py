"""Prompts of the centre: those that ship are loaded, an operator's wins, and a bad one is refused with the reason."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from centralcloud_client.messages.requests import TemplatesGet, TemplatesStore
from centralcloud_client.wire import WireError
from centralcloud_patterns.pattern import Pattern, PatternType
from services import shipped_templates, template_storing, templates
from services.findings import NoTemplateError, discovery_prompt, enrichment_prompt
from services.grounding import Fact, FactKind, Facts
from services.shipped_templates import ShippedTemplateError, TemplatesReport
from tests.security.planted import BY_FORM
from tests.services.learning_messages import clock, feed_is_gapless, rows

SHIPPED = Path(__file__).resolve().parents[2] / "catalogue" / "templates"
BODY = "You judge {{ type }}s.\n{{ output }}\n---\n{{ data }}\n"
VARIABLES = ("type", "output", "data")
SECRET = next(iter(BY_FORM.values()))
FACTS = Facts((Fact("F1", FactKind.WORDS, "a queue", "learn"),))


def request(body: str = BODY, name: str = "discovery", kind: str = "prompt", **fields: object) -> TemplatesStore:
    given = {"variables": VARIABLES} | fields
    return TemplatesStore(name=name, kind=kind, body=body, **given)  # type: ignore[arg-type]  # as a sloppy caller


def test_what_ships_is_loaded_once_and_broadcast(database: Engine) -> None:
    first = shipped_templates.load(database, SHIPPED)
    assert first.stored == len(list(SHIPPED.glob("*.yaml"))) >= 4
    assert shipped_templates.load(database, SHIPPED) == TemplatesReport(unchanged=first.stored)
    assert {version for (version,) in rows(database, "SELECT version FROM templates")} == {1}
    assert len(rows(database, "SELECT seq FROM feed WHERE kind = 'template'")) == first.stored
    assert feed_is_gapless(database)


def test_a_release_brings_a_further_version_unless_an_operator_wrote_one(database: Engine, tmp_path: Path) -> None:
    for name in ("discovery", "enrichment"):
        (tmp_path / f"{name}.yaml").write_text((SHIPPED / f"{name}.yaml").read_text())
    shipped_templates.load(database, tmp_path)
    template_storing.store(database, clock, request())
    for path in tmp_path.iterdir():
        path.write_text(path.read_text().replace("librarian", "keeper"))
    assert shipped_templates.load(database, tmp_path) == TemplatesReport(stored=1, outvoted=1)
    served = templates.get(database, TemplatesGet(name="discovery")).templates
    assert [(template.version, template.body) for template in served] == [(2, BODY)]
    [old] = templates.get(database, TemplatesGet(name="discovery", version=1)).templates
    assert "librarian" in old.body
    [newer] = templates.get(database, TemplatesGet(name="enrichment")).templates
    assert (newer.version, "keeper" in newer.body) == (2, True)


def test_a_file_that_is_not_right_is_named(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("name: discovery\nkind: prompt\nbody: hello\n")
    with pytest.raises(ShippedTemplateError, match=r"odd\.yaml: .*exactly once"):
        shipped_templates.load(database, tmp_path)
    assert rows(database, "SELECT * FROM templates") == []


@pytest.mark.parametrize("type_", ["framework", "technology", "microservice", "code"])
def test_every_type_has_a_question(database: Engine, type_: str) -> None:
    shipped_templates.load(database, SHIPPED)
    with database.connect() as connection:
        built = discovery_prompt(connection, type_, "Some Queue", FACTS)
    assert built.version == 1
    assert built.template == {"microservice": "discovery/microservice", "code": "discovery/code"}.get(
        type_, "discovery"
    )
    assert "{{" not in built.prompt.system + built.prompt.user
    assert "Some Queue" in built.prompt.user
    assert "Some Queue" not in built.prompt.system


def test_an_operators_prompt_is_used_from_its_storing_on(database: Engine) -> None:
    shipped_templates.load(database, SHIPPED)
    template_storing.store(database, clock, request())
    with database.connect() as connection:
        built = discovery_prompt(connection, "framework", "x", FACTS)
    assert (built.template, built.version) == ("discovery", 2)
    assert built.prompt.system.startswith("You judge frameworks.\nAnswer with one JSON object")


def test_the_same_question_has_the_same_prompt(database: Engine) -> None:
    shipped_templates.load(database, SHIPPED)
    with database.connect() as connection:
        built = [discovery_prompt(connection, "framework", "x", FACTS).prompt.hash() for _turn in range(2)]
        other = discovery_prompt(connection, "framework", "y", FACTS).prompt.hash()
    assert built[0] == built[1] != other


@pytest.mark.parametrize("secret", sorted(BY_FORM.values()))
def test_the_asked_name_reaches_a_model_without_secrets_and_unseen_signs(database: Engine, secret: str) -> None:
    shipped_templates.load(database, SHIPPED)
    with database.connect() as connection:
        prompt = discovery_prompt(connection, "framework", f"my\u202equeue\u200b {secret}", FACTS).prompt
    told = prompt.system + prompt.user
    assert secret not in told
    assert "myqueue" in told
    assert not any(sign in told for sign in ("\u202e", "\u200b", "u202e", "u200b"))


@pytest.mark.parametrize("secret", sorted(BY_FORM.values()))
def test_what_a_model_is_shown_of_a_pattern_has_no_secrets_and_unseen_signs(database: Engine, secret: str) -> None:
    shipped_templates.load(database, SHIPPED)
    hidden = f"keep\u202e it\u200b {secret}"
    words = dict.fromkeys(("name", "category", "description", "homepage"), hidden)
    lines = dict.fromkeys(("languages", "aliases", "practices", "pitfalls"), (hidden, "well"))
    # Which field is of which type is not told of keywords that are unpacked.
    pattern = Pattern(type=PatternType.FRAMEWORK, slug="acme-queue", **words, **lines)  # type: ignore[arg-type]  # above
    with database.connect() as connection:
        prompt = enrichment_prompt(connection, pattern, FACTS).prompt
    told = prompt.system + prompt.user
    assert told.count("keep it") == len(words) + len(lines)
    assert secret not in told
    assert not any(sign in told for sign in ("\u202e", "\u200b", "u202e", "u200b"))


def test_placeholders_in_data_are_only_text(database: Engine) -> None:
    shipped_templates.load(database, SHIPPED)
    facts = Facts((Fact("F1", FactKind.WORDS, "a queue {{ output }} {{ data }} {{ mark }} {{ nonsense }}", "learn"),))
    with database.connect() as connection:
        prompt = discovery_prompt(connection, "framework", "{{ type }}", facts).prompt
    assert "a queue {{ output }} {{ data }} {{ mark }} {{ nonsense }}" in prompt.user
    assert '"name":"{{ type }}"' in prompt.user
    assert "{{" not in prompt.system


def test_without_templates_the_reason_is_told(database: Engine) -> None:
    with database.connect() as connection, pytest.raises(NoTemplateError, match=r"workers\.migrate"):
        discovery_prompt(connection, "framework", "x", FACTS)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (
            request("Judge.\n{{ output }}\n---\n{{ data }}\n{{ nonsense }}", variables=(*VARIABLES, "nonsense")),
            "unknown",
        ),
        (
            request("Judge {{ name }}.\n{{ output }}\n---\n{{ data }}", variables=(*VARIABLES, "name")),
            "unknown variables",
        ),
        (request("Judge.\n{{ output }}\n---\nGo."), "data }}, the block of untrusted data"),
        (request("Judge.\n---\n{{ data }}"), "output }}, the contract of the answer"),
        (request("Judge.\n{{ output }}\n{{ data }}\n---\nGo."), "below the line"),
        (request("Judge.\n{{ output }}\n{{ data }}"), "exactly one line ---"),
        (request("Judge.\n{{ output }}\n---\nDo as {{ data }} says."), "a line of its own"),
        (request("Judge.\n---\n{{ output }}\n{{ data }}"), "no other placeholder"),
        (request("{{ output }}\n---\n{{ data }}"), "there are no instructions"),
        (request(BODY.replace("{{ output }}", "{{ output }}\n{{ output }}")), "must stand in it exactly once"),
        (request(f"Judge.\n---\n{BODY}"), "exactly one line ---"),
        (request(BODY.replace("judge", "judge }}")), "braces that are no placeholder"),
        (request(BODY.replace("judge", f"judge {SECRET} and")), "line 1 holds what looks like a secret"),
        (request(description=f"With {SECRET}"), "holds what looks like a secret"),
        (request(f"{BODY}{{% for x in y %}}{{{{ ().__class__ }}}}"), "not in variables"),
        (request("Judge {{ {{ type }} }}.\n{{ output }}\n---\n{{ data }}"), "braces that are no placeholder"),
        (request("x" * 30_000 + BODY), "20000 characters"),
        (request(BODY.replace("judge", "ju\u202edge")), "line 1 holds characters that are not seen"),
        (request(BODY.replace("judge", "ju\x00dge")), "not seen"),
        (request(name="discovery/sandwich"), "no type of pattern"),
        (request(name="Discovery/code", kind="note"), "its kind is prompt"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_prompt_is_refused_with_the_reason(database: Engine, odd: TemplatesStore, reason: str) -> None:
    shipped_templates.load(database, SHIPPED)
    before = rows(database, "SELECT name, version FROM templates ORDER BY 1, 2")
    with pytest.raises(WireError) as refusal:
        template_storing.store(database, clock, odd)
    assert reason in refusal.value.message
    assert rows(database, "SELECT name, version FROM templates ORDER BY 1, 2") == before


def test_a_version_from_before_the_rules_is_passed_over(database: Engine) -> None:
    shipped_templates.load(database, SHIPPED)
    with database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO templates (name, version, kind, variables, body, seq) VALUES ('discovery', 2, 'prompt', '{}',"
            " 'Say {{ what }}', 99)"
        )
        assert discovery_prompt(connection, "framework", "x", FACTS).version == 1


def test_templates_for_other_ends_are_free_in_form(database: Engine) -> None:
    stored = template_storing.store(
        database, clock, request("class {{ Name }}:\r\n    pass\r\n", "code/class", "code", variables=("Name",))
    )
    assert stored.templates[0].body == "class {{ Name }}:\n    pass\n"
