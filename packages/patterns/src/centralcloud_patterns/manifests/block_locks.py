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


def pipfile_lock_alone(source: Source, found: Findings) -> None:
    """Take the packages that were asked for by name for dependencies, for when the Pipfile is not there."""
    for section, scope in {"default": "prod", "develop": "dev"}.items():
        packages = tables_of(source.mapping().get(section))
        # Pipenv notes the index of those it was asked for; where it noted none, all count.
        asked = {name: package for name, package in packages.items() if "index" in package} or packages
        for name in asked:
            found.depend(source, "pypi", name, "", scope)


_UV_ROOT = re.compile(
    r"^source = \{ (?:virtual|editable) = \"\.\" \}\n(?:dependencies = \[\n((?: {1,8}\{[^\n]*\n){0,2000}))?",
    re.MULTILINE,
)
_UV_NAME = re.compile(r'name = "([^"\n]+)"')


def uv_lock_alone(source: Source, found: Findings) -> None:
    """Take the root's own dependencies out of uv.lock, for when pyproject.toml is not there."""
    if root := _UV_ROOT.search(source.text):
        for name in _UV_NAME.findall(root[1] or ""):
            found.depend(source, "pypi", name)


def composer_lock(source: Source, found: Findings) -> None:
    """Read composer.lock."""
    for section in ("packages", "packages-dev"):
        for package in items_of(source.mapping().get(section)):
            if isinstance(package, dict):
                version = package.get("version")
                found.lock(
                    source, "composer", package.get("name"), version.lstrip("v") if isinstance(version, str) else None
                )
