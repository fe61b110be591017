"""Lock files made of `[[package]]` blocks: Cargo.lock, poetry.lock, uv.lock, pdm.lock, pylock.toml, gleam's manifest.

Scanned by line: the TOML parser would take a second for each megabyte.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, tables_of

_LINE = re.compile(r'^(?:\[\[(packages?)\]\]|name = "([^"\n]+)"|version = "([^"\n]+)")', re.MULTILINE)
_INLINE = re.compile(r'\{ ?name = "([^"\n]+)", version = "([^"\n]+)"')
_ECOSYSTEMS = {"Cargo.lock": "cargo", "manifest.toml": "hex"}


def block_lock(source: Source, found: Findings) -> None:
    """Record name and version of every block."""
    ecosystem = _ECOSYSTEMS.get(source.basename, "pypi")
    current = ""
    for block, name, version in _LINE.findall(source.text):
        if block:
            current = ""
        elif name:
            current = current or name
        elif current:
            found.lock(source, ecosystem, current, version)
    if source.basename == "manifest.toml":
        for name, version in _INLINE.findall(source.text):
            found.lock(source, "hex", name, version)


def pipfile_lock(source: Source, found: Findings) -> None:
    """Read Pipfile.lock."""
    for section in ("default", "develop"):
        for name, package in tables_of(source.mapping().get(section)).items():
            version = package.get("version")
            found.lock(source, "pypi", name, version.lstrip("=") if isinstance(version, str) else None)


def composer_lock(source: Source, found: Findings) -> None:
    """Read composer.lock."""
    for section in ("packages", "packages-dev"):
        for package in items_of(source.mapping().get(section)):
            if isinstance(package, dict):
                version = package.get("version")
                found.lock(
                    source, "composer", package.get("name"), version.lstrip("v") if isinstance(version, str) else None
                )
