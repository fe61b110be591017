"""Clojure: project.clj, deps.edn, shadow-cljs.edn. Read by expression; nothing is evaluated."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source

_VECTOR = re.compile(r"\[[ \t]*([A-Za-z][\w.*+!?-]*(?:/[\w.*+!?-]+)?)[ \t\n]+\"([^\"\n]*)\"")
_EDN = re.compile(
    r"(?<![\w.*+!?/-])([A-Za-z][\w.*+!?-]{0,100}(?:/[\w.*+!?-]{1,100})?)[ \t\n]+"
    r"\{[ \t\n,]*:(mvn/version|git/\w+|local/root|sha|deps/root)[ \t\n]+\"([^\"\n]*)\""
)
_COMMENT = re.compile(r";[^\n]*")


def vectors(source: Source, found: Findings) -> None:
    """Read `[name "version"]` pairs, as project.clj, build.boot and shadow-cljs.edn have them."""
    for match in _VECTOR.finditer(_COMMENT.sub("", source.text)):
        found.depend(source, "clojars", match[1], match[2])


def deps_edn(source: Source, found: Findings) -> None:
    """Read a deps.edn."""
    for match in _EDN.finditer(_COMMENT.sub("", source.text)):
        version = match[3] if match[2] == "mvn/version" else ""
        found.depend(source, "clojars", match[1], version, local=match[2] == "local/root")
