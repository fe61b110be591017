"""Hostile evidence: nothing escapes, time stays bounded, and what can be read is."""

import json
import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centralcloud_patterns.evidence import Evidence
from centralcloud_patterns.facts import Facts, extract
from centralcloud_patterns.manifests.registry import BY_GLOB, BY_NAME, parser_for
from centralcloud_patterns.matching import match
from centralcloud_patterns.reading import Unreadable
from centralcloud_patterns.reading.json_text import read_json
from centralcloud_patterns.reading.toml_text import read_toml
from centralcloud_patterns.reading.xml_text import read_xml
from centralcloud_patterns.reading.yaml_text import read_yaml, read_yaml_documents
from packages.patterns.tests.samples import SAMPLES
from packages.patterns.tests.smallest_evidence import path_for

#: One name for every parser, so that none is forgotten here.
PARSED = {parser: name for name, parser in [*((path_for(glob), parser) for glob, parser in BY_GLOB), *BY_NAME.items()]}
FILES = sorted({(path, text) for sample in SAMPLES.values() for path, text in sample.files.items() if text})
NAMES = sorted(
    {path for path, _ in FILES}
    | set(PARSED.values())
    | {
        "docker-compose.yml",
        ".env",
        "Dockerfile",
        "Procfile",
        "a.tf",
        "renv.lock",
        "go.work",
        "application.yml",
        "app.properties",
        "Makefile",
        "Taskfile.yml",
        "main.bicep",
        "template.yaml",
    }
)


def read(files: dict[str, str | None]) -> Facts:
    facts = extract(Evidence(files=files))
    match(facts, [])
    return facts


@given(st.sampled_from(FILES), st.data())
@settings(max_examples=500, deadline=None)
def test_cut_and_mutated_manifests_never_raise(file: tuple[str, str], data: st.DataObject) -> None:
    path, text = file
    cut = text[: data.draw(st.integers(0, len(text)))]
    at = data.draw(st.integers(0, len(cut)))
    read({path: cut[:at] + data.draw(st.text(max_size=6)) + cut[at:]})


@given(st.sampled_from(NAMES), st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_in_any_file_never_raises(path: str, text: str) -> None:
    read({path: text})


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
FIELDS = [
    "dependencies",
    "scripts",
    "workspaces",
    "packageManager",
    "packages",
    "require",
    "imports",
    "services",
    "tool",
    "project",
]


@given(st.sampled_from(NAMES), st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES))
@settings(max_examples=300, deadline=None)
def test_wrong_types_never_raise(path: str, value: dict[str, object]) -> None:
    read({path: json.dumps(value)})


@given(st.dictionaries(st.text(), st.none() | st.text(max_size=20), max_size=5))
@settings(deadline=None)
def test_any_paths_never_raise(files: dict[str, str | None]) -> None:
    read(files)


PUMPS = [
    "[", "{", "(", '"', "'", " ", "\n", "a", "a.", "a/", "a ", "\t", "- ", "{a: ", "/*", "//", "[[package]]\n",
    'name = "a"\n', "&a [*a, ", ",", "<a>", "<a b='", ":a, ", "{:a, ", "${", "id ", "gem ", "image: ", "FROM ",
    "\\", "a: &a\n", '"a": ', "é", "\r", "#", "a=", "a:", "a://", "host: ", "# a://b\n", "---\n",
    "apiVersion: a\nkind: a\n---\n", "EXPOSE 1 ", "a:\n\tb\n", "run: a\n", "sh 'a' ", "Type: AWS::A::", "'Microsoft.A/",
]  # fmt: skip


@pytest.mark.parametrize("path", NAMES)
def test_time_is_bounded(path: str) -> None:
    assert parser_for(path) or path
    for pump in PUMPS:
        start = time.process_time()
        read({path: pump * (40_000 // len(pump))})
        assert time.process_time() - start < 1.5, pump


@pytest.mark.parametrize(("path", "text"), [file for file in FILES if len(file[1]) > 30], ids=lambda part: part[:20])
def test_a_real_manifest_grown_to_megabytes_stays_affordable(path: str, text: str) -> None:
    start = time.process_time()
    read({path: text * (1_500_000 // len(text))})
    assert time.process_time() - start < 4


def test_memory_is_bounded_by_the_size_of_what_is_read() -> None:
    tracemalloc.start()
    try:
        for path, text in FILES:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[1]
            read({path: text * (20_000 // len(text))})
            assert tracemalloc.get_traced_memory()[1] - before < 6_000_000, path
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", ["requirements.txt", "requirements.lock"])
def test_requirements_of_millions_of_lines_are_read_in_part_and_that_is_told(path: str) -> None:
    start = time.process_time()
    facts = read({path: "django==5.0\n" + "a:\n\tb\n" * 1_250_000 + "flask==3.0\n"})
    assert time.process_time() - start < 2
    assert "flask" not in {dependency.name for dependency in facts.dependencies}
    assert [note.file for note in facts.notes] == [path]


def test_large_files_stay_affordable() -> None:
    packages = {f"node_modules/p{number}": {"version": "1.0.0", "resolved": "x" * 60} for number in range(30_000)}
    yarn = "".join(f'p{number}@^1.0.0:\n  version "1.0.0"\n  resolved "{"x" * 60}"\n\n' for number in range(30_000))
    cargo = "".join(
        f'[[package]]\nname = "p{number}"\nversion = "1.0.0"\nchecksum = "{"x" * 60}"\n\n' for number in range(30_000)
    )
    start = time.process_time()
    facts = read(
        {"package.json": '{"dependencies": {"p7": "^1"}}', "package-lock.json": json.dumps({"packages": packages})}
    )
    assert [dependency.locked for dependency in facts.dependencies] == ["1.0.0"]
    read({"yarn.lock": yarn, "Cargo.lock": cargo, "package.json": '{"x": ["' + "y" * 5_000_000})
    assert time.process_time() - start < 5


def test_a_broken_manifest_gives_what_could_be_read_and_a_note() -> None:
    facts = read(
        {
            "package.json": '{"dependencies": {"next": "^15", "rea',
            "pyproject.toml": '[project]\ndependencies = ["a"]\n[x\n',
        }
    )
    assert {dependency.name for dependency in facts.dependencies} == {"next", "a"}
    assert {note.file for note in facts.notes} == {"package.json", "pyproject.toml"}


def test_yaml_bombs_are_refused() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(200))}]\n" for n in range(1, 9)
    )
    with pytest.raises(Unreadable, match="aliases"):
        read_yaml(bomb)
    merges = "a0: &a0 {x: 1}\n" + "".join(
        f"a{n}: &a{n} {{<<: [{', '.join(f'*a{n - 1}' for _ in range(90))}], k{n}: 1}}\n" for n in range(1, 9)
    )
    assert read_yaml(merges)["a8"]["k1"] == 1
    with pytest.raises(Unreadable, match="deeper"):
        read_yaml("[" * 100_000)
    with pytest.raises(Unreadable, match="deeper"):
        read_yaml("".join("  " * depth + "a:\n" for depth in range(200)))


def test_xml_entities_are_refused() -> None:
    with pytest.raises(Unreadable, match="entities"):
        read_xml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(Unreadable):
        read_xml('<!DOCTYPE a SYSTEM "file:///etc/passwd" [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('{/* x */ "a": "//no", // y\n "b": [1, 2,],}', {"a": "//no", "b": [1, 2]}),
        ("{a: 'x', b: +1}", {"a": "x", "b": 1}),
    ],
)
def test_json_as_people_write_it(text: str, value: object) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize(
    ("text", "saved"),
    [('{"a": {"b": 1, "c', {"a": {"b": 1}}), ('{"a": [1, {"b": "x"', {"a": [1, {"b": "x"}]}), ("", {})],
)
def test_json_cut_off_is_saved(text: str, saved: object) -> None:
    with pytest.raises(Unreadable) as caught:
        read_json(text)
    assert caught.value.partial == saved


def test_yaml_values_are_plain() -> None:
    text = "a: &x {b: 1, c: 'no', d: ~}\ne:\n  <<: *x\n  b: true\nf: 1.10\n---\nsecond: 2\n"
    first, second = read_yaml_documents(text)
    assert first == {"a": {"b": 1, "c": "no", "d": None}, "e": {"b": True, "c": "no", "d": None}, "f": "1.10"}
    assert second == {"second": 2}


def test_toml_beside_the_fault_is_saved() -> None:
    with pytest.raises(Unreadable) as caught:
        read_toml("[a]\nb = 1\n[c]\nd = = 2\n")
    assert caught.value.partial == {"a": {"b": 1}, "c": {}}


def test_random_bytes_as_text() -> None:
    source = random.Random(7)
    for name in NAMES:
        read({name: bytes(source.randrange(256) for _ in range(2000)).decode("latin-1")})
        read({name: "\udcff" + name})
