"""Rows of the predecessor's tables as learns: what they counted is experience, what they say of files is checked."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from centralcloud_client.messages.learns import Learn
from cli.import_lines import read
from cli.predecessor import as_learn

FRAMEWORK: dict[str, Any] = {
    "id": 7,
    "framework_name": "Acme",
    "framework_type": "web_framework",
    "file_patterns": ["mix.exs", "lib/*_acme/router.ex", "**"],
    "directory_patterns": ["lib/acme/", "priv/acme"],
    "config_files": ["config/acme.exs"],
    "build_command": "mix acme.build",
    "output_directory": None,
    "confidence_weight": 0.9,
    "detection_count": 30,
    "success_rate": 0.5,
    "extended_metadata": {"homepage": "https://acme.dev", "category": "x"},
}


def learned(row: dict[str, Any]) -> dict[str, Any]:
    found = as_learn(row)
    assert found is not None
    msgspec.convert({key: value for key, value in found.items() if key != "type"}, Learn)
    return found


def weights(learn: dict[str, Any]) -> dict[str, float]:
    return {it.get("glob") or it.get("path") or it["name"]: it["weight"] for it in learn["indicators"] if "kind" in it}


def test_a_framework_s_row_says_what_it_was_recognised_by() -> None:
    learn = learned(FRAMEWORK)
    assert (learn["type"], learn["name"], learn["category"]) == ("framework", "Acme", "web-framework")
    assert learn["commands"] == {"build": "mix acme.build"}
    assert learn["homepage"] == "https://acme.dev"
    # 0.9 presumed with the weight of ten, and fifteen of thirty right: 24 of 40.
    assert weights(learn) == {
        "config/acme.exs": 0.6,
        "lib/*_acme/router.ex": 0.54,
        "lib/acme/** priv/acme/**": 0.36,
    }
    assert [it for it in learn["indicators"] if isinstance(it, str)] == ["seen beside mix.exs", "seen as file: **"]
    assert learn["metadata"]["predecessor"]["detection_count"] == 30
    assert "id" not in learn["metadata"]["predecessor"]


@pytest.mark.parametrize(
    ("counted", "weight"),
    [
        ({}, 0.8),
        ({"confidence_weight": "0.6"}, 0.6),
        ({"confidence_weight": 0.6, "detection_count": 1_000, "success_rate": 1.0}, 0.99),
        ({"confidence_weight": 0.6, "detection_count": 1_000, "success_rate": 0.0}, 0.05),
        ({"confidence_weight": 1e400, "detection_count": -3, "success_rate": "many"}, 0.8),
        ({"confidence_weight": True, "detection_count": 10**400, "success_rate": 0.5}, 0.8),
    ],
)
def test_counts_move_the_weight_that_was_typed_in(counted: dict[str, Any], weight: float) -> None:
    row = {"technology_name": "Acme", "technology_type": "database", "config_files": ["acme.conf"], **counted}
    learn = learned(row)
    assert learn["type"] == "technology"
    assert weights(learn) == {"acme.conf": pytest.approx(weight, abs=0.005)}


def test_architecture_found_in_files_is_called_as_it_is_today() -> None:
    row = {"pattern_type": "hexagonal", "file_id": "f", "confidence": 0.7, "code_snippet": "defmodule Port do\nend"}
    learn = learned({**row, "pattern_data": {"directory_patterns": ["ports", "adapters"]}})
    assert (learn["type"], learn["name"]) == ("microservice", "Hexagonal architecture")
    assert learn["examples"] == [{"code": "defmodule Port do\nend"}]
    assert weights(learn) == {"ports/** adapters/**": 0.42}
    assert "code_snippet" not in learn["metadata"]["predecessor"]
    assert learned({"pattern_type": "strangler_fig", "code_snippet": "x"})["name"] == "Strangler fig"


def test_how_a_package_is_used_is_a_code_pattern_that_no_dependency_betrays() -> None:
    row = {"pattern_type": "anti_pattern", "title": "N+1", "description": "One by one", "code_example": "for x <- xs"}
    learn = learned({**row, "package_name": "ecto", "ecosystem": "hex"})
    assert (learn["type"], learn["name"], learn["pitfalls"]) == ("code", "N+1", ["N+1: One by one"])
    assert learn["relations"] == [{"kind": "requires", "slug": "ecto"}]
    assert "indicators" not in learn
    package = learned({"package_name": "ecto", "ecosystem": "Hex", "usage_count": 10, "success_rate": 0.9})
    assert (package["type"], package["indicators"][0]["ecosystem"]) == ("technology", "hex")


@pytest.mark.parametrize("other", [{"name": "x", "indicators": ["file x"]}, {"type": "framework", "name": "x"}, {}])
def test_what_is_no_row_of_the_predecessor_is_left_alone(other: dict[str, Any]) -> None:
    assert as_learn(other) is None


def test_rows_that_teach_nothing_are_counted_and_bad_ones_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tables.jsonl"
    rows = [FRAMEWORK, {"pattern_type": "best_practice", "title": "Only words"}]
    file.write_text("\n".join(map(json.dumps, rows)))
    lines, skipped = read(file, pattern_type=None, instance="old")
    assert ([line.type for line in lines], skipped) == (["framework"], 1)
    assert read(file, pattern_type=None, instance="old")[0][0].learn["learn_id"] == lines[0].learn["learn_id"]
    file.write_text(json.dumps({"framework_name": "", "config_files": ["x.conf"]}))
    with pytest.raises((SystemExit, typer.Exit)):
        read(file, pattern_type=None, instance="old")
    assert "line 1:" in capsys.readouterr().err
