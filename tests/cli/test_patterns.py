"""`centralcloud patterns` and `revoke`, as an operator uses them."""

import json
import uuid
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from centralcloud_client import CentralPatternsClient
from models.proposals import IndicatorProposalRow
from stack.system import System
from tests.cli.command import Command
from tests.end_to_end.patience import until
from tests.services.learning_messages import document, handle, learn, message


@pytest.fixture
def taught(rows: Engine) -> str:
    """A pattern that two instances teach, by slug; the first of them also lies about it."""
    name = f"acme{uuid.uuid4().hex[:8]}"
    said: list[dict[str, Any]] = [
        {"indicators": [f"dependency npm:{name}"]},
        {"indicators": [f"dependency npm:{name}", "file lie.json"]},
    ]
    handle(
        rows,
        *[
            message(learn(name, instance_id=f"{name}-{who}", codebase_id=f"{who}", **fields))
            for who, fields in zip(("good", "evil"), said, strict=True)
        ],
    )
    return name


def test_a_pattern_is_listed_shown_and_its_history_told(run: Command, taught: str) -> None:
    listed = run("patterns", "ls", "--in", "candidate", "--json", expect=0).json
    assert taught in {it["slug"] for it in listed}
    assert taught in run("patterns", "ls", "--source", "learn", expect=0).out
    shown = run("patterns", "show", f"framework/{taught}", "--json", expect=0).json
    assert [it["instances"] for it in shown["said"] if it["field"] == "indicators"] == [2, 1]
    assert "2 instances in 2 codebases speak for it, 0 against" in run("patterns", "show", f"framework/{taught}").out
    [made] = run("patterns", "history", f"framework/{taught}", "--json", expect=0).json
    assert (made["revision"], made["state"], made["instances"]) == (1, "candidate", 2)


def test_an_operators_word_reaches_everybody(run: Command, taught: str, system: System, tmp_path: Any) -> None:
    which = f"framework/{taught}"
    with CentralPatternsClient(system.addresses.nats_url, instance_id="watcher", state_dir=tmp_path / "w") as client:
        client.connect()
        told = run("patterns", "promote", which, "--reason", "seen it", "--by", "ann", "--json", expect=0).json
        assert (told["revision"], told["state"]) == (2, "active")
        until(lambda: client.query_framework_pattern(taught).patterns[0].state == "active", 10, "not told")
    assert run("patterns", "history", which, expect=0).out.count("operator:ann") == 1
    assert "is called 'Acme Two' (revision 3)" in run("patterns", "rename", which, "Acme Two", "--reason", "new").out
    assert "revision 2 (revision 4)" in run("patterns", "rollback", which, "2", "--reason", "old").out
    assert "is deprecated" in run("patterns", "reject", which, "--reason", "no").out
    assert "is out of service" in run("patterns", "retire", which, "--reason", "no").out
    assert run("patterns", "retire", which, "--reason", "no", expect=4).error.count("\n") == 1


def test_a_proposal_is_adopted_and_shows_in_why_another_is_declined(
    run: Command, rows: Engine, taught: str, tmp_path: Any
) -> None:
    which = f"framework/{taught}"
    facts = [f"dep:npm:{taught}-{part}" for part in ("kit", "cli")]
    with rows.begin() as connection:
        for fact in facts:
            values = {"type": "framework", "slug": taught, "fact": fact, "codebases": 20, "instances": 4}
            connection.execute(insert(IndicatorProposalRow).values(**values, precision=0.97, recall=0.9))
    listed = run("patterns", "proposed", which, "--json", expect=0).json
    assert {it["fact"] for it in listed} == set(facts)
    assert facts[0] in run("patterns", "proposed", which, expect=0).out
    adopted = run("patterns", "adopt", which, facts[0], "--reason", "always there", expect=0).out
    assert adopted == f"{which} is recognised by {facts[0]} (revision 2)\n"
    assert f"adopted by an operator: {facts[0]}" in run("patterns", "show", which, expect=0).out
    assert "always there" in run("patterns", "history", which, expect=0).out
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {f"{taught}-kit": "1"}}))
    assert f"{taught}-kit was adopted by an operator on" in run("why", taught, str(tmp_path), expect=0).out
    assert f"is not told by {facts[1]}" in run("patterns", "decline", which, facts[1], "--reason", "no", expect=0).out
    assert run("patterns", "proposed", which, expect=0).out == "nothing is proposed\n"
    assert "is not proposed" in run("patterns", "adopt", which, facts[1], "--reason", "yes", expect=1).error
    assert "again" in run("patterns", "decline", which, facts[1], "--undo", "--reason", "yes", expect=0).out


def test_what_was_taught_of_a_believed_pattern_is_followed_up_on_schedule(rows: Engine) -> None:
    name = f"believed{uuid.uuid4().hex[:8]}"

    def teach(who: str, *indicators: str) -> None:
        said = {"instance_id": f"{name}-{who}", "codebase_id": who, "indicators": list(indicators)}
        handle(rows, message(learn(name, **said)))

    for who in "abc":
        teach(who, f"dependency npm:{name}", f"file {who}.json")
    for who in "cde":
        teach(who, f"image {name}")
    until(lambda: _kinds(rows, name) == {"dependency", "image"}, 40, "what is agreed upon is not what is known")


def _kinds(rows: Engine, slug: str) -> set[str]:
    return {item["kind"] for item in document(rows, slug)["indicators"]}


def test_two_become_one_and_two_again(run: Command, taught: str, rows: Engine) -> None:
    other = f"{taught}-two"
    handle(rows, message(learn(other, instance_id="x", indicators=[f"dependency npm:{other}"])))
    one, two = f"framework/{taught}", f"framework/{other}"
    assert f"has become one with {two}" in run("patterns", "merge", two, one, "--reason", "same", expect=0).out
    assert run("query", "framework", other, "--json", expect=0).json["patterns"][0]["slug"] == taught
    assert f"has lost {two}" in run("patterns", "split", one, other, "--reason", "not", expect=0).out
    assert two.partition("/")[2] in {it["slug"] for it in run("patterns", "ls", "--json", expect=0).json}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "nextjs"), 2, "write TYPE/SLUG"),
        (("show", "framework/nobody-knows-this"), 4, "no pattern framework/nobody-knows-this"),
        (("promote", "framework/nobody-knows-this", "--reason", "x"), 4, "is in service"),
        (("promote", "framework/nextjs"), 2, "--reason"),
        (("promote", "framework/nextjs", "--reason", " "), 1, "a reason is required"),
        (("rollback", "framework/nextjs", "99999", "--reason", "x"), 1, "is at revision"),
        (("merge", "framework/nextjs", "technology/postgresql", "--reason", "x"), 2, "of one type"),
        (("merge", "framework/nextjs", "framework/react", "--reason", "x"), 1, "comes from the catalogue"),
        (("split", "framework/nextjs", "Part", "--indicator", "nothing", "--reason", "x"), 1, "has no indicator"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Command, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run("patterns", *arguments, expect=code)
    assert said in done.error
    assert done.error.count("\n") == 1


def test_a_revoked_instance_is_undone_and_everybody_is_told(
    run: Command, taught: str, system: System, tmp_path: Any
) -> None:
    with CentralPatternsClient(system.addresses.nats_url, instance_id="watcher", state_dir=tmp_path / "w") as client:
        client.connect()
        until(lambda: _files(client, taught) == {"lie.json"}, 10, "not known")
        assert "say --yes" in run("revoke", f"{taught}-evil", expect=2).error
        assert "still to come" in run("revoke", f"{taught}-evil", "--since", "2999-01-01", "--yes", expect=2).error
        told = run("revoke", f"{taught}-evil", "--yes", "--reason", "liar", "--json", expect=0).json
        assert (told["learns"], told["patterns"], told["changed"]) == (1, 1, 1)
        until(lambda: _files(client, taught) == set(), 10, "not told")
        learn_id = client.learn_new_pattern("framework", {"name": taught, "indicators": ["file x"]})
        until(lambda: client.learn_status(learn_id).state == "applied", 10, "others are heard")
    assert run("revoke", f"{taught}-evil", "--yes", expect=4).out.startswith(f"'{taught}-evil' is revoked: 0 learns")


def _files(client: CentralPatternsClient, name: str) -> set[str]:
    found = client.query_framework_pattern(name).patterns
    return {it.glob for it in found[0].indicators if it.kind == "file" and it.glob} if found else set()
