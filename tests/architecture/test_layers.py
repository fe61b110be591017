"""Rooms and imports are as the design has them; what import-linter cannot see is checked here."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

from tests.architecture.source import ROOT, imported, project, python_files, room_of, top_level

CONTRACTS: dict[str, Any] = project()["tool"]["importlinter"]
#: Single files: import-linter knows packages only.
SINGLE_FILES = {"bootstrap", "celeryconfig", "settings"}
MAY_READ_SETTINGS = {"bench", "celeryconfig", "cli", "gateway", "migrations", "settings", "stack", "tests", "workers"}


def _layers() -> list[set[str]]:
    layers = next(contract["layers"] for contract in CONTRACTS["contracts"] if contract["id"] == "layers")
    return [{name.strip() for name in layer.split("|")} for layer in layers]


def test_contracts_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([command, "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_every_top_level_package_is_in_the_contracts() -> None:
    in_layers = set().union(*_layers())
    assert in_layers == set(CONTRACTS["root_packages"])
    assert top_level() == in_layers | SINGLE_FILES


def test_layers_stand_in_the_order_of_the_design() -> None:
    order = [
        "cli",
        "stack",
        "workers",
        "tasks",
        "services",
        "llm",
        "models",
        "centralcloud_client",
        "centralcloud_patterns",
    ]
    heights = [next(height for height, layer in enumerate(_layers()) if room in layer) for room in order]
    assert heights == sorted(set(heights))
    assert {"workers", "gateway"} in _layers()


def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(*CONTRACTS["root_packages"], exclude_type_checking_imports=True, cache_dir=None)


def _circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Return the strongly connected groups of more than one module (Tarjan), imports inside functions included."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = low[module] = len(order)
        stack.append(module)
        for target in graph.find_modules_directly_imported_by(module):
            if target not in order:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], order[target])
        if low[module] == order[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                circles.append(sorted(group))

    for module in sorted(graph.modules):
        if module not in order:
            visit(module)
    return circles


def test_no_module_imports_itself_in_a_circle_not_even_inside_functions() -> None:
    graph = _graph()
    assert len(graph.modules) > 200
    assert _circles(graph) == []


def test_a_circle_would_be_found() -> None:
    graph = _graph()
    graph.add_import(importer="centralcloud_client.subjects", imported="gateway.handlers")
    assert any("gateway.handlers" in circle for circle in _circles(graph))


def test_settings_are_read_by_processes_only() -> None:
    readers = {room_of(path) for path in python_files() if {"settings", "celeryconfig"} & set(imported(path))}
    assert readers <= MAY_READ_SETTINGS, readers - MAY_READ_SETTINGS


def test_celeryconfig_reads_the_settings_and_the_names_of_tasks() -> None:
    ours = {name for name in imported(ROOT / "celeryconfig.py") if name.split(".")[0] in top_level()}
    assert ours == {"settings", "settings.settings", "tasks", "tasks.names"}


@pytest.mark.parametrize("leaf", ["settings.py", "bootstrap.py", "tasks/names.py"])
def test_leaves_import_nothing_of_ours(leaf: str) -> None:
    assert {name.split(".")[0] for name in imported(ROOT / leaf)} & top_level() == set()


def test_bootstrap_needs_the_standard_library_only() -> None:
    assert {name.split(".")[0] for name in imported(ROOT / "bootstrap.py")} <= sys.stdlib_module_names


def test_nothing_imports_the_tests() -> None:
    for path in python_files():
        if room_of(path) not in ("tests", "packages"):
            assert not any(name.split(".")[0] == "tests" for name in imported(path)), path


#: Import names of distributions, where they differ.
IMPORT_NAMES = {"nats-py": "nats", "google-re2": "re2", "packageurl-python": "packageurl", "PyYAML": "yaml"}


@pytest.mark.parametrize("package", ["client", "patterns"])
def test_packages_import_what_they_declare(package: str) -> None:
    folder = ROOT / "packages" / package
    text = (folder / "pyproject.toml").read_text("utf-8")
    declared = tomllib.loads(text)["project"]["dependencies"]
    names = [declaration.split(">")[0].split("[")[0].strip() for declaration in declared]
    allowed = {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in names}
    allowed |= sys.stdlib_module_names | {f"centralcloud_{package}"}
    for path in (folder / "src").rglob("*.py"):
        outside = {name.split(".")[0] for name in imported(path)} - allowed
        assert outside <= ({"centralcloud_patterns"} if path.stem == "offline" else set()), path
