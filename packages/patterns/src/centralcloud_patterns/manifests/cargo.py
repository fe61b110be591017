"""Cargo.toml: dependencies of every table, of targets and of the workspace."""

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, table_of, tables_of
from centralcloud_patterns.manifests.toolchains import engine

_TABLES = {"dependencies": "prod", "dev-dependencies": "dev", "build-dependencies": "build"}


def cargo_toml(source: Source, found: Findings) -> None:
    """Read a Cargo.toml; a renamed package counts by its real name."""
    manifest = source.mapping()
    found.declare("cargo", table_of(manifest, "package").get("name"))
    if version := table_of(manifest, "package").get("rust-version"):
        engine(source, found, "rust", version)
    for holder in (manifest, *tables_of(manifest.get("target")).values()):
        for table, scope in _TABLES.items():
            _members(source, found, holder.get(table), scope)
    workspace = table_of(manifest, "workspace")
    _members(source, found, workspace.get("dependencies"), "prod")
    if members := [glob for glob in items_of(workspace.get("members")) if isinstance(glob, str)]:
        found.workspaces[source.directory] = members


def _members(source: Source, found: Findings, members: object, scope: str) -> None:
    for name, wanted in members.items() if isinstance(members, dict) else ():
        if isinstance(wanted, dict):
            real = wanted.get("package", name)
            kind = "optional" if wanted.get("optional") is True and scope == "prod" else scope
            found.depend(source, "cargo", real, wanted.get("version", ""), kind, local="path" in wanted)
            for feature in items_of(wanted.get("features")):
                found.depend(source, "cargo-feature", f"{real}/{feature}", "", "tool")
        else:
            found.depend(source, "cargo", name, wanted, scope)
