"""The lock files of npm, yarn, pnpm, bun and deno: resolved versions, and direct dependencies where they are named.

Long ones are scanned by line, never parsed whole: a lock of megabytes must not cost seconds.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, strings_of, table_of, tables_of
from centralcloud_patterns.manifests.npm import specifier
from centralcloud_patterns.reading import Unreadable
from centralcloud_patterns.reading.yaml_text import read_yaml

_YARN_LINE = re.compile(r'^(?:"?((?:@[^/@\s"]+/)?[^@\s",:#]+)@|[ \t]{1,8}version:?[ \t]"?([^"\s]+))', re.MULTILINE)
_PNPM_PACKAGE = re.compile(r"^  '?/?((?:@[^/@\s']+/)?[^/@\s'(]+)[@/]([0-9][^\s():'_]*)", re.MULTILINE)
_BUN_ENTRY = re.compile(r'^[ \t]+"([^"\s]+)": \["((?:@[^/@\s"]+/)?[^@\s"]+)@([^"\s]+)"', re.MULTILINE)
_SCOPES = {"dependencies": "prod", "devDependencies": "dev", "optionalDependencies": "optional"}
_MAX_HEAD = 400_000


def package_lock(source: Source, found: Findings) -> None:
    """Read package-lock.json or npm-shrinkwrap.json, all versions of it."""
    lock = source.mapping()
    for path, package in tables_of(lock.get("packages")).items():
        name = path.rpartition("node_modules/")[2]
        if path.count("node_modules/") == 1 and path.startswith("node_modules/"):
            found.lock(source, "npm", name, package.get("version"))
    for name, package in tables_of(lock.get("dependencies")).items():
        found.lock(source, "npm", name, package.get("version"))


def package_lock_alone(source: Source, found: Findings) -> None:
    """Read the root's own dependencies out of package-lock.json, for when package.json is not there."""
    for path, package in tables_of(source.mapping().get("packages")).items():
        if path == "":
            _direct(source, found, package)


def yarn_lock(source: Source, found: Findings) -> None:
    """Read yarn.lock of either generation, by entry."""
    name = ""
    for key, version in _YARN_LINE.findall(source.text):
        if key:
            name = key
        elif name:
            found.lock(source, "npm", name, version)
            name = ""


def pnpm_lock(source: Source, found: Findings) -> None:
    """Read pnpm-lock.yaml: the importers as YAML, the packages by line."""
    head, _, rest = source.text.partition("\npackages:")
    if len(head) <= _MAX_HEAD:
        try:
            lock = read_yaml(head)
        except Unreadable as error:
            lock = error.partial
        importers = tables_of(table_of(lock, "importers")) or {".": table_of(lock)}
        for importer in importers.values():
            for field in _SCOPES:
                _pnpm_resolved(source, found, importer.get(field))
    for name, version in _PNPM_PACKAGE.findall(rest):
        found.lock(source, "npm", name, version)


def pnpm_lock_alone(source: Source, found: Findings) -> None:
    """Read the root importer's dependencies out of pnpm-lock.yaml, for when package.json is not there."""
    try:
        lock = read_yaml(source.text.partition("\npackages:")[0][:_MAX_HEAD])
    except Unreadable as error:
        lock = error.partial
    importer = table_of(lock, "importers", ".") or table_of(lock)
    for field, scope in _SCOPES.items():
        for name, resolved in table_of(importer, field).items():
            found.depend(
                source, "npm", name, resolved.get("specifier", "") if isinstance(resolved, dict) else "", scope
            )


def _pnpm_resolved(source: Source, found: Findings, members: object) -> None:
    if isinstance(members, dict):
        for name, resolved in members.items():
            version = resolved.get("version") if isinstance(resolved, dict) else resolved
            if isinstance(version, str) and version[:1].isdigit():
                found.lock(source, "npm", name, version.partition("(")[0].partition("_")[0])


def bun_lock(source: Source, found: Findings) -> None:
    """Read bun.lock, by line."""
    for key, name, version in _BUN_ENTRY.findall(source.text):
        if key == name:
            found.lock(source, "npm", name, version)


def bun_lock_alone(source: Source, found: Findings) -> None:
    """Read the root workspace's dependencies out of bun.lock, for when package.json is not there."""
    for path, workspace in tables_of(source.mapping().get("workspaces")).items():
        if path == "":
            _direct(source, found, workspace)


def deno_lock(source: Source, found: Findings) -> None:
    """Read deno.lock: what is imported, and the versions it resolved to."""
    lock = source.mapping()
    packages = table_of(lock, "packages") or lock
    for wanted, resolved in strings_of(packages.get("specifiers")).items():
        ecosystem, _, rest = wanted.partition(":")
        name = rest.rpartition("@")[0] or rest
        found.lock(source, ecosystem, name, resolved.rpartition("@")[2])


def deno_lock_alone(source: Source, found: Findings) -> None:
    """Read direct imports out of deno.lock, for when deno.json is not there."""
    lock = source.mapping()
    for wanted in strings_of((table_of(lock, "packages") or lock).get("specifiers")):
        specifier(source, found, wanted)


def _direct(source: Source, found: Findings, package: dict[str, object]) -> None:
    for field, scope in _SCOPES.items():
        for name, wanted in strings_of(package.get(field)).items():
            found.depend(source, "npm", name, wanted, scope)
