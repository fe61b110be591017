"""`import` and `export`: what comes in counts once however often it is brought, and all that is known goes out."""

import json
import uuid
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.cli.command import Command


@pytest.fixture
def store(tmp_path: Path) -> tuple[Path, list[str]]:
    """An instance's old store: three patterns, one without a type."""
    names = [f"old-{uuid.uuid4().hex[:10]}" for _ in range(3)]
    lines = [
        {"type": "framework", "name": names[0], "indicators": [f"package.json has {names[0]}"], "kept": "unknown"},
        {"type": "technology", "name": names[1], "indicators": ["file x.conf"], "description": "ä, 漢"},
        {"name": names[2], "examples": ["use x"]},
    ]
    file = tmp_path / "store.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    return file, names


def state(rows: Engine, names: list[str]) -> list[tuple[str, int, str]]:
    with rows.connect() as connection:
        found = connection.execute(
            text("SELECT slug, revision, document FROM patterns WHERE slug = ANY(:names) ORDER BY slug"),
            {"names": names},
        )
        return [tuple(row) for row in found]


def count(rows: Engine, table: str) -> int:
    with rows.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_store_comes_in_once_however_often(run: Command, rows: Engine, store: tuple[Path, list[str]]) -> None:
    file, names = store
    instance = f"shop-{uuid.uuid4().hex[:8]}"
    arguments = ("import", str(file), "--instance", instance, "--type", "framework")
    assert run(*arguments).out == "3 learns: 3 applied\n"
    first = state(rows, names)
    assert [row[0] for row in first] == sorted(names)
    assert all(json.loads(row[2])["support"]["instances"] == 1 for row in first)
    learns, conflicts = count(rows, "learns"), count(rows, "learn_conflicts")
    assert run(*arguments).out == "3 learns: 3 applied\n"
    assert run(*arguments, "--json").json == {
        "learns": 3,
        "outcomes": {"applied": 3},
        "problems": [],
        "skipped": 0,
    }
    assert state(rows, names) == first
    assert (count(rows, "learns"), count(rows, "learn_conflicts")) == (learns, conflicts)


def test_the_predecessor_s_tables_are_one_instance_s_word(run: Command, rows: Engine, tmp_path: Path) -> None:
    name = f"old-{uuid.uuid4().hex[:10]}"
    known = {"framework_name": name, "config_files": [f"{name}.conf"], "detection_count": 5_000, "success_rate": 1.0}
    silent = {"pattern_type": "best_practice", "title": "Only words"}
    file = tmp_path / "tables.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (known, silent)))
    said = run("import", str(file), "--instance", "predecessor").out
    assert said == "1 learn: 1 applied\n1 pattern left out: without indicators or examples\n"
    [(_slug, _revision, document)] = state(rows, [name])
    pattern = json.loads(document)
    assert (pattern["state"], pattern["support"]) == ("candidate", {"codebases": 0, "instances": 1})
    assert [(it["glob"], it["weight"]) for it in pattern["indicators"]] == [(f"{name}.conf", 0.9)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"type":"framework","name":', "Input data was truncated"),
        ("[1]", "a JSON object is needed"),
        ('{"type":"framework","name":"x"}', "a learn needs indicators or examples"),
        ('{"type":"framework","name":7,"indicators":["file x"]}', "$.name"),
        ('{"type":"recipe","name":"x","indicators":["file x"]}', "'recipe' is no type of pattern"),
        ('{"name":"x","indicators":["file x"]}', "no type of pattern (give --type)"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_sent(
    run: Command, rows: Engine, tmp_path: Path, line: str, why: str
) -> None:
    good = {"type": "framework", "name": f"never-{uuid.uuid4().hex}", "indicators": ["file x"]}
    file = tmp_path / "store.jsonl"
    file.write_text(f"{json.dumps(good)}\n\n{line}\n")
    refused = run("import", str(file), "--instance", "x", expect=2)
    assert refused.error.startswith(f"centralcloud: {file}, line 3: ")
    assert why in refused.error
    assert refused.error.endswith("; nothing was imported\n")
    assert refused.error.count("\n") == 1
    assert state(rows, [str(good["name"])]) == []


def test_everything_goes_out_and_comes_in_again(run: Command, rows: Engine, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    assert run("export", str(file)).out == f"{count(rows, 'patterns WHERE NOT retired')} patterns written to {file}\n"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == count(rows, "patterns WHERE NOT retired")
    assert [(line["type"], line["slug"]) for line in lines] == sorted((line["type"], line["slug"]) for line in lines)
    assert run("export", "-").out == file.read_text()

    some = tmp_path / "some.jsonl"
    some.write_text("".join(json.dumps(line) + "\n" for line in lines[:: max(1, len(lines) // 100)]))
    before = count(rows, "patterns")
    instance = f"mirror-{uuid.uuid4().hex[:8]}"
    told = run("import", str(some), "--instance", instance, "--json").json
    assert set(told["outcomes"]) == {"applied"}
    assert told["learns"] + told["skipped"] == len(some.read_text().splitlines())
    assert count(rows, "patterns") == before, "what is known must be recognised"
    slugs = [json.loads(line)["slug"] for line in some.read_text().splitlines()]
    first = state(rows, slugs)
    assert run("import", str(some), "--instance", instance, "--json").json == told
    assert state(rows, slugs) == first


def test_an_export_stops_when_nobody_reads_on(run: Command) -> None:
    exporting = run.start("export", "-")
    assert exporting.stdout is not None
    assert exporting.stderr is not None
    assert exporting.stdout.readline().startswith("{")
    exporting.stdout.close()
    assert exporting.wait(30) in {0, 1}
    assert "Traceback" not in exporting.stderr.read()
    exporting.stderr.close()
