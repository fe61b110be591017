"""package.json, workspaces of pnpm, deno.json and jsr.json."""

import re
from typing import Any

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, strings_of, table_of
from centralcloud_patterns.paths import is_vendored

_SCOPES = {
    "dependencies": "prod",
    "devDependencies": "dev",
    "peerDependencies": "peer",
    "optionalDependencies": "optional",
}
_SPECIFIER = re.compile(r"^(npm|jsr):/?(@[^/@\s]+/[^/@\s]+|[^/@\s]+)(?:@([^/\s]*))?")
_DENO_LAND = re.compile(r"^https://deno\.land/(?:x/([\w.-]+)|(std))(?:@v?([\w.+-]+))?")
_ESM = re.compile(
    r"^https://(?:esm\.sh|cdn\.skypack\.dev|unpkg\.com)/(?:stable/|v\d{1,3}/)?\*?(@[^/@\s]+/[^/@\s]+|[^/@\s?]+)(?:@([^/\s?]*))?"
)
_LOCAL = ("workspace:", "file:", "link:", "portal:", ".")


def package_json(source: Source, found: Findings) -> None:
    """Read a package.json; an installed one only says which version is installed."""
    package = source.mapping()
    if is_vendored(source.path):
        return
    found.declare("npm", package.get("name"))
    for field, scope in _SCOPES.items():
        members = package.get(field)
        if isinstance(members, dict):
            for name, wanted in members.items():
                _depend(source, found, name, wanted, scope)
    for name, command in strings_of(package.get("scripts")).items():
        found.command(source, name, command)
    workspaces = package.get("workspaces")
    if isinstance(workspaces, dict):
        workspaces = workspaces.get("packages")
    if globs := [glob for glob in items_of(workspaces) if isinstance(glob, str)]:
        found.workspaces[source.directory] = globs
    _tools(source, found, package)


def _tools(source: Source, found: Findings, package: dict[str, Any]) -> None:
    """Record the runtimes and package managers that a package.json asks for, each way in which it may."""
    manager = package.get("packageManager")
    if isinstance(manager, str) and "@" in manager:
        name, _, version = manager.partition("@")
        found.depend(source, "npm", name, version.partition("+")[0], "tool")
    for field in ("engines", "volta"):
        for name, wanted in strings_of(package.get(field)).items():
            found.depend(source, "engine", name, wanted, "tool")
    wanted_here = table_of(package, "devEngines")
    for field in ("runtime", "packageManager"):
        for tool in items_of(wanted_here.get(field)):
            named = strings_of(tool)
            found.depend(source, "engine", named.get("name"), named.get("version", ""), "tool")


def _depend(source: Source, found: Findings, name: object, wanted: object, scope: str) -> None:
    if isinstance(wanted, dict):
        wanted = wanted.get("version", "")
    if isinstance(wanted, str) and wanted.startswith("npm:"):
        alias = _SPECIFIER.match(wanted)
        if alias:
            name, wanted = alias[2], alias[3] or ""
    local = isinstance(wanted, str) and wanted.startswith(_LOCAL)
    found.depend(source, "npm", name, wanted, scope, local=local)


def installed_package(source: Source, found: Findings) -> None:
    """Read an installed package's version, as a lock for the directory that holds node_modules."""
    holder, _, name = source.directory.rpartition("node_modules/")
    if name and name.count("/") <= (1 if name.startswith("@") else 0):
        at = Source(f"{holder}package.json", "")
        found.lock(at, "npm", name, source.mapping().get("version"))


def pnpm_workspace(source: Source, found: Findings) -> None:
    """Read pnpm-workspace.yaml: members and the versions of its catalogues."""
    workspace = source.mapping()
    if globs := [glob for glob in items_of(workspace.get("packages")) if isinstance(glob, str)]:
        found.workspaces[source.directory] = globs
    catalogues = [workspace.get("catalog"), *table_of(workspace, "catalogs").values()]
    for catalogue in catalogues:
        for name, wanted in strings_of(catalogue).items():
            found.depend(source, "npm", name, wanted, "managed")


def deno_json(source: Source, found: Findings) -> None:
    """Read deno.json, deno.jsonc or an import map: npm:, jsr: and URL imports, tasks."""
    config = source.mapping()
    imports = strings_of(config.get("imports"))
    for scope in table_of(config, "scopes").values():
        imports.update(strings_of(scope))
    for target in imports.values():
        specifier(source, found, target)
    tasks = config.get("tasks")
    if isinstance(tasks, dict):
        for name, task in tasks.items():
            found.command(source, str(name), task.get("command") if isinstance(task, dict) else task)


def specifier(source: Source, found: Findings, target: str) -> None:
    """Record what an import specifier of Deno stands for."""
    if match := _SPECIFIER.match(target):
        found.depend(source, match[1], match[2], match[3] or "")
    elif match := _DENO_LAND.match(target):
        found.depend(source, "deno", match[1] or match[2], match[3] or "")
    elif match := _ESM.match(target):
        found.depend(source, "npm", match[1], match[2] or "")
