"""Manifests beside the usual one of their ecosystem: Makefile.PL, podspecs, Cartfile, bower.json, pixi.toml."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, table_of, tables_of
from centralcloud_patterns.manifests.small import cpanfile
from centralcloud_patterns.manifests.toolchains import engine

_PREREQ = re.compile(
    r"\b(PREREQ_PM|TEST_REQUIRES|BUILD_REQUIRES|requires|test_requires|build_requires)[\"']?[ \t]{0,20}=>[ \t]{0,20}"
    r"\{([^{}]{0,10000})\}"
)
_PREREQ_NAME = re.compile(r"[\"']?([A-Za-z][\w:]{1,100})[\"']?[ \t]{0,20}=>[ \t]{0,20}[\"']?([\d._v]{0,30})")
_PODSPEC = re.compile(
    r"\.dependency[ \t(]{1,10}[\"']([\w.+/-]{1,100})[\"'](?:[ \t]{0,10},[ \t]{0,10}[\"']([^\"'\n]{1,60})[\"'])?"
)
_CARTFILE = re.compile(
    r"^github[ \t]+\"([\w.-]{1,80}/[\w.-]{1,80})\"(?:[ \t]+[^\d\n]{0,10}([\d.]{1,20}))?", re.MULTILINE
)


def makefile_pl(source: Source, found: Findings) -> None:
    """Read what a Makefile.PL or Build.PL of Perl asks for."""
    cpanfile(source, found)
    for kind, block in _PREREQ.findall(source.text):
        scope = "prod" if kind in {"PREREQ_PM", "requires"} else "dev"
        for name, wanted in _PREREQ_NAME.findall(block):
            if name != "perl":
                found.depend(source, "cpan", name, wanted, scope)


def podspec(source: Source, found: Findings) -> None:
    """Read the dependencies of a podspec."""
    for name, wanted in _PODSPEC.findall(source.text):
        found.depend(source, "cocoapods", name.partition("/")[0], wanted)


def cartfile(source: Source, found: Findings) -> None:
    """Read a Cartfile; its GitHub names are those of Swift packages."""
    for name, version in _CARTFILE.findall(source.text):
        found.depend(source, "swift", f"github.com/{name}", version)


def bower(source: Source, found: Findings) -> None:
    """Read a bower.json; most of its names are those of npm."""
    for table, scope in {"dependencies": "prod", "devDependencies": "dev"}.items():
        for name, wanted in table_of(source.mapping(), table).items():
            found.depend(source, "bower", name, wanted, scope)


def pixi(source: Source, found: Findings) -> None:
    """Read a pixi.toml: conda packages and those of PyPI."""
    holders = [source.mapping(), *tables_of(source.mapping().get("feature")).values()]
    for number, holder in enumerate(holders):
        for table, ecosystem in {"dependencies": "conda", "pypi-dependencies": "pypi"}.items():
            for name, wanted in table_of(holder, table).items():
                version = wanted.get("version", "") if isinstance(wanted, dict) else wanted
                local = isinstance(wanted, dict) and "path" in wanted
                if name == "python":
                    engine(source, found, "python", version)
                else:
                    found.depend(source, ecosystem, name, version, "dev" if number else "prod", local=local)
    for name, task in table_of(source.mapping(), "tasks").items():
        found.command(source, str(name), task.get("cmd") if isinstance(task, dict) else task)
