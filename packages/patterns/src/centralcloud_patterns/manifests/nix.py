"""Nix: the inputs of a flake, its lock, and the packages that shells and derivations list.

By expression on the text with comments taken out; nothing is evaluated.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, table_of, tables_of

_COMMENT = re.compile(r"(?<![:\w])#[^\n]*")
_URL = re.compile(
    r"\burl[ \t\n]{0,40}=[ \t\n]{0,40}\"(github|gitlab|sourcehut|git\+https)"
    r":(?://)?([\w.-]{1,100}/[\w.-]{1,100}(?:/[\w.-]{1,100})?)"
)
_LIST = re.compile(
    r"\b(buildInputs|nativeBuildInputs|packages|propagatedBuildInputs|checkInputs|nativeCheckInputs|buildTools)"
    r"[ \t\n]{0,40}=[ \t\n]{0,40}(?:with[ \t\n]{1,40}[\w.]{1,60};[ \t\n]{0,40})?\[([^\[\]]{0,4000})\]"
)
_PACKAGE = re.compile(r"(?<![\w.\"$/-])(?:pkgs\.)?([a-zA-Z][\w.-]{1,80})(?![\w\"/=-])")
_WORDS = frozenset(
    {"with", "pkgs", "lib", "self", "if", "then", "else", "in", "let", "inherit", "optional", "optionals"}
)


def nix(source: Source, found: Findings) -> None:
    """Read flake.nix, shell.nix, default.nix or devenv.nix."""
    text = _COMMENT.sub("", source.text)
    for scheme, path in _URL.findall(text):
        parts = path.split("/")
        # A plain address begins with its host, the short forms end with a branch or revision.
        owner, name = parts[-2:] if scheme == "git+https" else parts[:2]
        branch = parts[2] if len(parts) > 2 and scheme != "git+https" else ""
        found.depend(source, "nix", f"{owner}/{name.removesuffix('.git')}", branch, "build")
    for kind, members in _LIST.findall(text):
        for name in dict.fromkeys(_PACKAGE.findall(members)):
            if name not in _WORDS and not name.startswith("lib."):
                found.depend(source, "nixpkgs", name, "", "dev" if "heck" in kind else "tool")


def flake_lock(source: Source, found: Findings) -> None:
    """Read the revisions of flake.lock."""
    for node in tables_of(source.mapping().get("nodes")).values():
        locked = table_of(node, "locked")
        owner, repository, revision = (locked.get(field) for field in ("owner", "repo", "rev"))
        if isinstance(owner, str) and isinstance(revision, str):
            found.lock(source, "nix", f"{owner}/{repository}", revision[:12])
