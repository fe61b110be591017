"""composer.json: required packages and scripts."""

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, strings_of, table_of
from centralcloud_patterns.manifests.toolchains import engine


def composer_json(source: Source, found: Findings) -> None:
    """Read a composer.json; platform requirements (php, ext-…) count as tools."""
    manifest = source.mapping()
    found.declare("composer", manifest.get("name"))
    for field, scope in {"require": "prod", "require-dev": "dev"}.items():
        for name, wanted in strings_of(manifest.get(field)).items():
            found.depend(source, "composer", name, wanted, scope if "/" in name else "tool")
            if name == "php" and scope == "prod":
                engine(source, found, "php", wanted)
    for name, command in table_of(manifest, "scripts").items():
        for line in items_of(command):
            found.command(source, str(name), line)


def composer_lock_alone(source: Source, found: Findings) -> None:
    """Take the locked packages for dependencies, for when composer.json is not there."""
    for field, scope in {"packages": "prod", "packages-dev": "dev"}.items():
        for package in items_of(source.mapping().get(field)):
            if isinstance(package, dict):
                found.depend(source, "composer", package.get("name"), package.get("version", ""), scope)
