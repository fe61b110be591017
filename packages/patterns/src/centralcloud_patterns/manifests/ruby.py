"""Ruby: Gemfile, Gemfile.lock, gemspecs. Read by line; nothing is evaluated."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source
from centralcloud_patterns.manifests.toolchains import engine

_GEM = re.compile(r"^[ \t]*gem[ \t(]+[\"']([\w.-]+)[\"'](?:[ \t]*,[ \t]*[\"']([^\"']*)[\"'])?([^\n]{0,300})")
_GROUP = re.compile(r"^[ \t]*group[ \t(]+([^\n]{1,200}?)[ \t]*do\b")
_ADD = re.compile(
    r"\.add_(runtime_|development_)?dependency[ \t(]+[\"']([\w.-]+)[\"'](?:[ \t]*,[ \t]*[\"']([^\"']*)[\"'])?"
)
_LOCKED = re.compile(r"^    ([\w.-]+) \(([^)\s]+)\)", re.MULTILINE)
_DIRECT = re.compile(r"^  ([\w.-]+)!?(?: \(([^)]+)\))?[ \t]*$", re.MULTILINE)
_RUBY = re.compile(r"^[ \t]*ruby[ \t(]+[\"']([^\"'\n]{1,40})[\"']", re.MULTILINE)
_DEV = re.compile(r":?(?:development|test)")


def gemfile(source: Source, found: Findings) -> None:
    """Read a Gemfile; gems of the development and test groups are dev ones."""
    if version := _RUBY.search(source.text):
        engine(source, found, "ruby", version[1], source.line_at(version.start()))
    block = ""
    for number, line in enumerate(source.text.split("\n"), 1):
        group = _GROUP.match(line)
        if group:
            block = group[1]
        elif line.startswith("end"):
            block = ""
        elif match := _GEM.match(line):
            dev = _DEV.search(block) or re.search(r"group[s]?(?::|[ \t]*=>)[^\n]*(?:development|test)", match[3])
            local = "path:" in match[3]
            found.depend(source, "gem", match[1], match[2] or "", "dev" if dev else "prod", line=number, local=local)


def gemfile_lock(source: Source, found: Findings) -> None:
    """Read the resolved versions of a Gemfile.lock."""
    for name, version in _LOCKED.findall(source.text):
        found.lock(source, "gem", name, version)


def gemfile_lock_alone(source: Source, found: Findings) -> None:
    """Read the direct dependencies of a Gemfile.lock, for when the Gemfile is not there."""
    _, _, rest = source.text.partition("\nDEPENDENCIES\n")
    for name, wanted in _DIRECT.findall(rest.partition("\n\n")[0]):
        found.depend(source, "gem", name, wanted)


def gemspec(source: Source, found: Findings) -> None:
    """Read a gemspec."""
    for number, line in enumerate(source.text.split("\n"), 1):
        if match := _ADD.search(line[:1000]):
            scope = "dev" if match[1] == "development_" else "prod"
            found.depend(source, "gem", match[2], match[3] or "", scope, line=number)
