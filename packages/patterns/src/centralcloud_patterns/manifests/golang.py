"""go.mod and go.work: required modules, tools and workspace members."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source
from centralcloud_patterns.manifests.toolchains import engine

_REQUIRE = re.compile(
    r"^[ \t]*(?:(require|tool)[ \t]+)?([\w.~-]{1,100}\.[\w~-]{2,60}(?:/[^\s()]+)?)(?:[ \t]+(v[^\s]+))?"
)
_TOOLCHAIN = re.compile(r"^(go|toolchain)[ \t]+(?:go)?(\d[\w.]{0,20})", re.MULTILINE)
_BLOCK = re.compile(r"^[ \t]*(require|exclude|replace|retract|tool|use)[ \t]*\(")
_USE = re.compile(r"^[ \t]*(?:use[ \t]+)?(\.{1,2}/[^\s()]*|\.)[ \t]*$")


def go_mod(source: Source, found: Findings) -> None:
    """Read required modules; indirect ones are other modules' dependencies and are left out."""
    named = dict(_TOOLCHAIN.findall(source.text))
    if version := named.get("toolchain") or named.get("go"):
        engine(source, found, "go", version)
    block = ""
    for number, line in enumerate(source.text.split("\n"), 1):
        opened = _BLOCK.match(line)
        if opened:
            block = opened[1]
        elif line.strip().startswith(")"):
            block = ""
        elif match := _REQUIRE.match(line[:500]):
            kind = match[1] or block
            if kind in {"require", "tool"} and "// indirect" not in line:
                version = (match[3] or "").removeprefix("v").partition("+")[0]
                found.depend(source, "golang", match[2], version, "prod" if kind == "require" else "tool", line=number)
                if version:
                    found.lock(source, "golang", match[2], version)


def go_work(source: Source, found: Findings) -> None:
    """Read the members of a Go workspace."""
    members = [match[1].removeprefix("./") for line in source.text.split("\n") if (match := _USE.match(line))]
    found.workspaces[source.directory] = members
