"""`query`, `search`, `scan`, `learn`, `watch` and `demo`: what they print, as text and as JSON, and how they end."""

import json
import re
import signal
import uuid
from pathlib import Path

import pytest

from stack.system import System
from tests.cli.command import Command


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "package.json").write_text('{"dependencies":{"next":"^15.1.0","homegrown-thing":"1.0.0"}}')
    (folder / "next.config.mjs").write_text("export default {}\n")
    return folder


def new_name() -> str:
    return f"taught-{uuid.uuid4().hex[:10]}"


def test_query_shows_a_pattern(run: Command) -> None:
    said = run("query", "framework", "NEXT.js").out
    first = said.partition("\n")[0]
    assert first.startswith("Next.js (framework/nextjs): active, confidence 0.")
    assert ", from the catalogue, " in first
    assert not re.search(r"\b0 (instance|codebase)s", first)
    assert "dependency npm:next" in said
    assert all(len(line) <= 110 for line in said.splitlines())
    assert "kubernetes postgresql.cnpg.io (" in run("query", "technology", "postgresql").out
    answer = run("query", "framework", "next", "--json").json
    assert (answer["v"], answer["status"], answer["patterns"][0]["slug"]) == (1, "found", "nextjs")


def test_query_for_what_nobody_knows_names_what_is_near(run: Command) -> None:
    said = run("query", "framework", "nextjss", expect=4).out
    assert said.startswith("not found: nextjss (discovery disabled); near names: ")
    assert "Next.js" in said
    answer = run("query", "framework", "nextjss", "--json", expect=4).json
    assert (answer["status"], answer["reason"]) == ("not_found", "discovery_disabled")


def test_search_lists_one_pattern_a_line(run: Command) -> None:
    lines = run("search", "technology", "message", "broker", "--limit", "5").out.splitlines()
    assert len(lines) == 6
    assert lines[0].split() == ["slug", "name", "sure", "what", "it", "is"]
    assert all(len(line) <= 110 for line in lines)
    found = run("search", "technology", "message", "broker", "--limit", "5", "--json").json
    assert [pattern["slug"] for pattern in found["patterns"]] == [line.split()[0] for line in lines[1:]]
    assert run("search", "framework", "zzqqxxyy", expect=4).out.startswith("nothing found")


def test_scan_shows_what_was_found_and_why(run: Command, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run("scan", str(shop)).out
    line = next(line for line in said.splitlines() if line.startswith("Next.js"))
    assert "framework" in line
    assert "^15.1.0 in package.json" in line
    assert "dependencies that no pattern claims (1): npm/homegrown-thing" in said
    assert all(len(line) <= 110 for line in said.splitlines())
    monkeypatch.setenv("COLUMNS", "60")
    assert "^15.1.0" in next(line for line in run("scan", str(shop)).out.splitlines() if line.startswith("Next.js"))
    answer = run("scan", str(shop), "--json").json
    match = next(match for match in answer["matches"] if match["slug"] == "nextjs")
    assert match["evidence"][0]["file"] in {"package.json", "next.config.mjs"}


def test_scan_confirms_what_it_found(run: Command, shop: Path) -> None:
    def support() -> int:
        pattern = run("query", "framework", "nextjs", "--json").json["patterns"][0]
        return int(pattern["support"]["instances"])

    before = support()
    instance = new_name()
    answer = run("scan", str(shop), "--json", "--learn", "--instance", instance).json
    assert answer["confirmed"] == len({(match["type"], match["slug"]) for match in answer["matches"]})
    assert "findings to the centre" in run("scan", str(shop), "--learn", "--instance", instance).out
    # A learn sent later is decided later: once it is, so are the findings.
    run("learn", "framework", new_name(), "-i", "file x.config")
    assert support() == before + 1


def test_a_group_is_told_by_what_its_members_look_for(run: Command) -> None:
    name = new_name()
    members = [{"kind": "file", "glob": "x.config"}, {"kind": "dependency", "ecosystem": "npm", "name": "x"}]
    learn = json.dumps({"name": name, "indicators": [{"kind": "group", "all": members}]})
    run("learn", "framework", "--file", "-", given=learn)
    assert "group: all of file x.config, dependency npm:x (0.90)" in run("query", "framework", name).out


def test_learn_says_what_became_of_it(run: Command) -> None:
    name = new_name()
    said = run("learn", "framework", name, "-i", f"package.json has {name}", "--language", "elixir").out
    assert said.startswith(f"applied as framework/{name}, change ")
    outcome = run("learn", "framework", name, "-i", "file mix.exs", "--json").json
    assert (outcome["state"], outcome["slug"]) == ("applied", name)
    pattern = run("query", "framework", name, "--json").json["patterns"][0]
    assert pattern["languages"] == ["elixir"]
    assert len(pattern["indicators"]) == 2


def test_a_learn_that_says_nothing_is_refused(run: Command) -> None:
    assert run("learn", "framework", expect=2).error.startswith("centralcloud: what is it called?")
    assert run("learn", "framework", "", "-i", "file x", expect=2).error.startswith("centralcloud: what is it called?")
    assert run("learn", "framework", "x", expect=2).error.startswith("centralcloud: how is x recognised? Give -i ")


def test_a_learn_that_the_centre_rejects_ends_with_one(run: Command) -> None:
    indicator = {"kind": "content", "glob": "*.x", "regex": "(unclosed"}
    learn = json.dumps({"name": new_name(), "indicators": [indicator]})
    assert run("learn", "framework", "--file", "-", given=learn, expect=1).out.startswith("rejected: bad_regex: ")
    outcome = run("learn", "framework", "--file", "-", "--json", given=learn, expect=1).json
    assert (outcome["state"], outcome["code"]) == ("rejected", "bad_regex")


def test_a_learn_under_a_taken_id_changes_nothing(run: Command) -> None:
    learn_id = uuid.uuid4().hex
    first, other = (json.dumps({"learn_id": learn_id, "name": new_name(), "indicators": ["file x"]}) for _ in range(2))
    assert run("learn", "framework", "--file", "-", given=first).out.startswith("applied")
    # Said again it is the same learn; with other content it is none.
    assert run("learn", "framework", "--file", "-", given=first).out.startswith("applied")
    slug = json.loads(first)["name"]
    assert run("query", "framework", slug, "--json").json["patterns"][0]["revision"] == 1
    run("learn", "framework", "--file", "-", given=other)
    assert run("query", "framework", json.loads(other)["name"], expect=4).out.startswith("not found")


def test_watch_sees_a_learn(run: Command) -> None:
    name = new_name()
    with run.start("watch", "--json", "--seconds", "30") as watching:
        assert watching.stderr is not None
        assert watching.stdout is not None
        assert "following" in watching.stderr.readline()
        run("learn", "framework", name, "-i", f"package.json has {name}")
        changes = (json.loads(line) for line in watching.stdout)
        change = next(change for change in changes if change["slug"] == name)
        watching.send_signal(signal.SIGINT)
        assert watching.wait(10) == 0
        assert watching.stderr.read() == ""
    assert (change["op"], change["type"], change["pattern"]["revision"]) == ("upsert", "framework", 1)


def test_watch_can_begin_with_everything(run: Command) -> None:
    lines = run("watch", "--all", "--seconds", "3").out.splitlines()
    assert any("upsert  framework/nextjs  active, confidence 0." in line for line in lines)


def test_demo_shows_two_instances(run: Command) -> None:
    said = run("demo").out
    assert "B answers from its own cache after " in said
    report = run("demo", "--json").json
    assert (report["source"], report["pattern"]["support"]["instances"]) == ("local", 1)


def test_another_address_wins_over_the_state_folder(run: Command, system: System, nowhere: Command) -> None:
    assert nowhere("query", "framework", "nextjs", "--nats-url", system.addresses.nats_url).out.startswith("Next.js")
    refused = run("query", "framework", "nextjs", "--nats-url", "nats://127.0.0.1:9", expect=5)
    assert "127.0.0.1:9" in refused.error
