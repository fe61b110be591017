"""dune-project of OCaml: the packages that a project generates opam files from. S-expressions, read word by word."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source

MAX_TOKENS = 50_000
_TOKEN = re.compile(r";[^\n]*|\"(?:[^\"\\\\]|\\\\.)*\"|[()]|[^\s();\"]+")
_NAME = re.compile(r"[a-z][\w+.-]{0,80}")


def dune_project(source: Source, found: Findings) -> None:
    """Read every `(depends …)`: names, and the first version that stands with them."""
    depth, opened = 0, 0
    name, version, scope = "", "", "prod"
    previous = ""
    for word in _TOKEN.findall(source.text)[:MAX_TOKENS]:
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
            if opened and depth < opened:
                opened = 0
        elif previous == "(" and word == "depends":
            opened = depth
        elif opened and (depth == opened or (depth == opened + 1 and previous == "(")) and _NAME.fullmatch(word):
            _depend(source, found, name, version, scope)
            name, version, scope = word, "", "prod"
        elif opened and word in {":with-test", ":with-doc", ":with-dev-setup"}:
            scope = "dev"
        elif opened and word[:1].isdigit():
            version = version or word
        previous = word
        if not opened:
            _depend(source, found, name, version, scope)
            name = ""
    _depend(source, found, name, version, scope)


def _depend(source: Source, found: Findings, name: str, version: str, scope: str) -> None:
    if name and name not in {"ocaml", "dune"}:
        found.depend(source, "opam", name, version, scope)
