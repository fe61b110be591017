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
    for name, wanted in table_of(workspace, "dependencies").items():
        version = wanted.get("version") if isinstance(wanted, dict) else wanted
        found.property(source, f"cargo.{name}", version if isinstance(version, str) else "")
    if members := [glob for glob in items_of(workspace.get("members")) if isinstance(glob, str)]:
        found.workspaces[source.directory] = members


def _members(source: Source, found: Findings, members: object, scope: str) -> None:
    for name, wanted in members.items() if isinstance(members, dict) else ():
        if isinstance(wanted, dict):
            real = wanted.get("package", name)
            kind = "optional" if wanted.get("optional") is True and scope == "prod" else scope
            # What the workspace says of a package is filled in once its root is read.
            version = f"${{cargo.{name}}}" if wanted.get("workspace") is True else wanted.get("version", "")
            found.depend(source, "cargo", real, version, kind, local="path" in wanted)
            for feature in items_of(wanted.get("features")):
                found.depend(source, "cargo-feature", f"{real}/{feature}", "", "tool")
        else:
            found.depend(source, "cargo", name, wanted, scope)
