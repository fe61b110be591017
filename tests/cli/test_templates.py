"""`templates` and `enrichments`, as an operator uses them on a running system."""

from pathlib import Path

from tests.cli.command import Command

PROMPT = "Judge {{ type }}s well.\n{{ output }}\n---\n{{ data }}\n"


def test_the_prompts_that_ship_are_listed_and_shown(run: Command) -> None:
    listed = run("templates", "ls", "--kind", "prompt", "--json").json
    assert {"discovery", "discovery/code", "discovery/microservice", "enrichment"} <= {it["name"] for it in listed}
    said = run("templates", "ls").out
    assert said.split("\n")[0].split() == ["name", "version", "kind", "language", "description"]
    assert all(len(line) <= 110 for line in said.splitlines())
    body = run("templates", "show", "enrichment").out
    assert "{{ data }}" in body
    assert run("templates", "show", "enrichment", "--json").json["body"] == body


def test_a_better_prompt_is_stored_and_the_old_one_stays_readable(run: Command, tmp_path: Path) -> None:
    before = run("templates", "show", "discovery/microservice", "--json").json
    (tmp_path / "better.txt").write_text(PROMPT)
    said = run("templates", "store", "discovery/microservice", "better.txt").out
    assert said == f"discovery/microservice, version {before['version'] + 1}\n"
    assert run("templates", "show", "discovery/microservice").out == PROMPT
    old = run("templates", "show", "discovery/microservice", "--version", str(before["version"])).out
    assert old == before["body"]
    again = run("templates", "store", "discovery/microservice", "-", "--json", given=before["body"]).json
    assert (again["description"], again["kind"]) == (before["description"], "prompt")
    assert sorted(again["variables"]) == sorted(before["variables"])


def test_a_bad_prompt_is_refused_with_the_reason(run: Command, tmp_path: Path) -> None:
    refused = run("templates", "store", "discovery", "-", given="Judge.\n{{ output }}\n---\nGo.", expect=1)
    assert refused.error == (
        "centralcloud: {{ data }}, the block of untrusted data, must stand in it exactly once ($.body)\n"
    )
    (tmp_path / "latin.txt").write_bytes(b"na\xefve")
    assert "is not UTF-8: byte 2" in run("templates", "store", "x", "latin.txt", expect=2).error
    assert "cannot read" in run("templates", "store", "x", "nowhere.txt", expect=2).error


def test_what_is_not_there_is_said(run: Command, nowhere: Command) -> None:
    missing = run("templates", "show", "discoverie", expect=4).error
    assert missing.startswith("centralcloud: no template 'discoverie'; there are discovery")
    assert run("templates", "ls", "qqqqzzzz").out == "no templates\n"
    assert nowhere("templates", "ls", expect=5).error.startswith("centralcloud: ")


def test_enrichments_are_listed_and_tried_again(run: Command) -> None:
    assert run("enrichments", "ls").out == "no enrichments\n"
    assert run("enrichments", "ls", "--in", "done", "--json").json == []
    assert run("enrichments", "retry").out == "0 enrichments to be tried again\n"
    assert run("enrichments", "retry", "framework/nextjs", expect=4).error.endswith("failed or was put off\n")
    assert "no state of an enrichment" in run("enrichments", "ls", "--in", "eaten", expect=2).error
