"""Commands of files that say how a codebase is built and run: Makefile, justfile, Taskfile, a host's own settings.

Package scripts and pipelines are read by the parsers of their manifests.
"""

import re
from collections.abc import Callable

from centralcloud_patterns.manifests.ci_commands import pipeline
from centralcloud_patterns.manifests.findings import Findings, Source

MAX_COMMANDS = 500
_MAX_TEXT = 400_000
_TARGET = re.compile(r"^([A-Za-z0-9_./%$(){}-][^:=#\n\t]{0,100})::?(?!=)")


def makefile(source: Source, found: Findings) -> None:
    """Record the recipe lines of a Makefile or justfile, under their target."""
    target, kept = "", 0
    for number, line in enumerate(source.text[:_MAX_TEXT].split("\n"), 1):
        if line[:1] in {"\t", " "}:
            command = line.strip().lstrip("@-+")
            if target and command and command[0] != "#" and kept < MAX_COMMANDS:
                found.command(source, target, command, number)
                kept += 1
        elif match := _TARGET.match(line):
            target = match[1].strip()
        elif line.strip():
            target = ""


def reader_of(name: str) -> Callable[[Source, Findings], None] | None:
    """Return what reads the commands of a file of this basename, or None."""
    if name in _MAKEFILES or name.endswith(".mk"):
        return makefile
    return pipeline if name in _SETTINGS else None


_MAKEFILES = frozenset({"Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", ".justfile"})
_SETTINGS = frozenset(
    {"Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "render.yaml", "app.yaml", "amplify.yml", "nixpacks.toml"}
)
