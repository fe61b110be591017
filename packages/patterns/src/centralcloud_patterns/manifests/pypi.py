"""Python: pyproject.toml of every tool, Pipfile, setup.cfg, setup.py read without running it, conda environments."""

import ast
import re
import warnings

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, strings_of, table_of, tables_of
from centralcloud_patterns.manifests.pypi_requirement import extras, requirement
from centralcloud_patterns.manifests.toolchains import engine

_POETRY_GROUP_SCOPE = {"main": "prod"}
_MAX_SETUP = 200_000


def pyproject(source: Source, found: Findings) -> None:
    """Read pyproject.toml: PEP 621, PEP 735, poetry, pdm, uv, hatch, flit, and the build system."""
    document = source.mapping()
    project = table_of(document, "project")
    found.declare("pypi", project.get("name"))
    if wanted := project.get("requires-python"):
        engine(source, found, "python", wanted)
    _requirements(source, found, project.get("dependencies"), "prod")
    for extra in table_of(project, "optional-dependencies").values():
        _requirements(source, found, extra, "optional")
    for group in table_of(document, "dependency-groups").values():
        _requirements(source, found, group, "dev")
    _requirements(source, found, table_of(document, "build-system").get("requires"), "build")
    tool = table_of(document, "tool")
    _poetry(source, found, table_of(tool, "poetry"))
    _requirements(source, found, table_of(tool, "uv").get("dev-dependencies"), "dev")
    for group in table_of(tool, "pdm", "dev-dependencies").values():
        _requirements(source, found, group, "dev")
    for environment in tables_of(table_of(tool, "hatch", "envs")).values():
        _requirements(source, found, environment.get("dependencies"), "dev")
        _requirements(source, found, environment.get("extra-dependencies"), "dev")
    _requirements(source, found, table_of(tool, "flit", "metadata").get("requires"), "prod")
    for name, command in strings_of(project.get("scripts")).items():
        found.command(source, name, command)
    for name, task in {**table_of(tool, "pdm", "scripts"), **table_of(tool, "poe", "tasks")}.items():
        found.command(source, str(name), task.get("cmd") if isinstance(task, dict) else task)


def _poetry(source: Source, found: Findings, poetry: dict[str, object]) -> None:
    found.declare("pypi", poetry.get("name"))
    _poetry_table(source, found, poetry.get("dependencies"), "prod")
    _poetry_table(source, found, poetry.get("dev-dependencies"), "dev")
    for name, group in tables_of(poetry.get("group")).items():
        _poetry_table(source, found, group.get("dependencies"), _POETRY_GROUP_SCOPE.get(name, "dev"))


def _poetry_table(source: Source, found: Findings, members: object, scope: str) -> None:
    if not isinstance(members, dict):
        return
    for name, wanted in members.items():
        if name == "python":
            engine(source, found, name, wanted)
        else:
            first = next(iter(items_of(wanted)), None)
            constraint = first if isinstance(first, dict) else {"version": first}
            kind = "optional" if constraint.get("optional") is True and scope == "prod" else scope
            found.depend(source, "pypi", name, constraint.get("version", ""), kind, local="path" in constraint)
            _extras_of(source, found, name, constraint)


def _extras_of(source: Source, found: Findings, name: object, constraint: object) -> None:
    """Record the extras of a requirement that is a table."""
    for extra in items_of(constraint.get("extras")) if isinstance(constraint, dict) else ():
        found.depend(source, "pypi-extra", f"{name}/{extra}", "", "tool")


def _requirements(source: Source, found: Findings, members: object, scope: str) -> None:
    for member in members if isinstance(members, list) else []:
        if isinstance(member, str):
            _depend(source, found, member, scope)


def _depend(source: Source, found: Findings, text: str, scope: str) -> None:
    parsed = requirement(text)
    if parsed:
        found.depend(source, "pypi", parsed[0], parsed[1], scope)
        extras(source, found, text)


def pipfile(source: Source, found: Findings) -> None:
    """Read a Pipfile."""
    document = source.mapping()
    for section, scope in {"packages": "prod", "dev-packages": "dev"}.items():
        for name, wanted in table_of(document, section).items():
            local = isinstance(wanted, dict) and "path" in wanted
            version = wanted.get("version", "") if isinstance(wanted, dict) else wanted
            found.depend(source, "pypi", name, "" if version == "*" else version, scope, local=local)
            _extras_of(source, found, name, wanted)
    if version := table_of(document, "requires").get("python_version"):
        engine(source, found, "python", version)
    for name, command in strings_of(document.get("scripts")).items():
        found.command(source, name, command)


def setup_cfg(source: Source, found: Findings) -> None:
    """Read setup.cfg of setuptools."""
    sections = source.mapping()
    options = strings_of(sections.get("options"))
    for field, scope in {"install_requires": "prod", "setup_requires": "build", "tests_require": "dev"}.items():
        for line in options.get(field, "").splitlines():
            _depend(source, found, line, scope)
    for extra in strings_of(sections.get("options.extras_require")).values():
        for line in extra.splitlines():
            _depend(source, found, line, "optional")


def setup_py(source: Source, found: Findings) -> None:
    """Read the literal lists of a setup.py by its syntax tree; nothing is run."""
    if len(source.text) > _MAX_SETUP or re.search(r"[(\[{]{50}", source.text):
        found.note("setup.py too large to read", source.path)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found.note("not Python", source.path)
        return
    scopes = {"install_requires": "prod", "setup_requires": "build", "tests_require": "dev", "requires": "prod"}
    names = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for keyword in call.keywords:
            value = names.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
            if keyword.arg in scopes and isinstance(value, ast.expr):
                _literals(source, found, value, scopes[keyword.arg])
            elif keyword.arg == "extras_require" and isinstance(value, ast.Dict):
                for extra in value.values:
                    _literals(source, found, extra, "optional")


def _literals(source: Source, found: Findings, value: ast.expr, scope: str) -> None:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for line in node.value.splitlines():
                parsed = requirement(line)
                if parsed:
                    found.depend(source, "pypi", parsed[0], parsed[1], scope, line=node.lineno)


def conda_environment(source: Source, found: Findings) -> None:
    """Read environment.yml of conda, its pip section included."""
    for member in items_of(source.mapping().get("dependencies")):
        if isinstance(member, str):
            parsed = requirement(
                re.sub(r"^[\w-]+::", "", member).replace("=", "==", 1) if "==" not in member else member
            )
            if parsed and parsed[0] not in {"python", "pip"}:
                found.depend(source, "conda", parsed[0], parsed[1])
        elif isinstance(member, dict):
            _requirements(source, found, member.get("pip"), "prod")
