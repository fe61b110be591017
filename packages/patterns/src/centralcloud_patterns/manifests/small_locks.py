"""Lock files that take a few lines each: rebar, CocoaPods, Swift, Julia, stack, cabal, Terraform, Helm, Crystal."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, tables_of

_REBAR = re.compile(
    r"<<\"([a-z]\w{0,80})\">>,[ \t\n]{0,40}\{pkg,[ \t]{0,10}<<\"\w{1,80}\">>,[ \t\n]{0,40}<<\"([\w.+-]{1,60})\">>"
)
_POD = re.compile(r"^  - \"?([\w.+-]{1,100})(?:/[\w.+/-]{1,100})? \(([\w.+-]{1,60})\)", re.MULTILINE)
_STACK = re.compile(
    r"^[ \t]*-[ \t]+\"?([A-Za-z][A-Za-z0-9-]{0,80}?)-(\d[\d.]{0,30})(?:@[\w:,]{1,100})?\"?[ \t]*$", re.MULTILINE
)
_FREEZE = re.compile(r"\bany\.([A-Za-z][\w-]{0,80}) ==([\d.]{1,30})")
_PROVIDER = re.compile(
    r"^provider[ \t]+\"[\w.-]{1,100}/([\w-]{1,80}/[\w-]{1,80})\"[ \t]*\{[ \t]*\n"
    r"[ \t]*version[ \t]*=[ \t]*\"([\w.+-]{1,40})\"",
    re.MULTILINE,
)
_JULIA = re.compile(r"^\[\[(?:deps\.)?([A-Za-z]\w{0,80})\]\]((?:\n(?!\[)[^\n]*){0,20})", re.MULTILINE)
_JULIA_VERSION = re.compile(r"^version[ \t]*=[ \t]*\"([\w.+-]{1,40})\"", re.MULTILINE)


def rebar_lock(source: Source, found: Findings) -> None:
    """Read rebar.lock."""
    for name, version in _REBAR.findall(source.text):
        found.lock(source, "hex", name, version)


def podfile_lock(source: Source, found: Findings) -> None:
    """Read Podfile.lock; a part of a pod has the version of the whole."""
    for name, version in _POD.findall(source.text):
        found.lock(source, "cocoapods", name, version)


def swift_resolved(source: Source, found: Findings) -> None:
    """Read Package.resolved, both of its shapes."""
    document = source.mapping()
    holder = document.get("object") if isinstance(document.get("object"), dict) else document
    for pin in items_of(holder.get("pins") if isinstance(holder, dict) else None):
        if isinstance(pin, dict):
            url = pin.get("location") or pin.get("repositoryURL")
            state = pin.get("state")
            if isinstance(url, str) and isinstance(state, dict):
                bare = re.sub(r"^(?:https?://|git@|ssh://git@)", "", url).removesuffix(".git").replace(":", "/")
                found.lock(source, "swift", bare, state.get("version"))


def stack_yaml(source: Source, found: Findings) -> None:
    """Read the extra packages of stack.yaml, which are pinned."""
    for name, version in _STACK.findall(source.text):
        found.lock(source, "hackage", name, version)


def cabal_freeze(source: Source, found: Findings) -> None:
    """Read cabal.project.freeze."""
    for name, version in _FREEZE.findall(source.text):
        found.lock(source, "hackage", name, version)


def terraform_lock(source: Source, found: Findings) -> None:
    """Read .terraform.lock.hcl."""
    for name, version in _PROVIDER.findall(source.text):
        found.lock(source, "terraform", name, version)


def helm_lock(source: Source, found: Findings) -> None:
    """Read Chart.lock or requirements.lock of Helm."""
    for member in items_of(source.mapping().get("dependencies")):
        if isinstance(member, dict):
            found.lock(source, "helm", member.get("name"), member.get("version"))


def julia_manifest(source: Source, found: Findings) -> None:
    """Read Manifest.toml of Julia by its blocks."""
    for name, block in _JULIA.findall(source.text):
        if version := _JULIA_VERSION.search(block):
            found.lock(source, "julia", name, version[1])


def shard_lock(source: Source, found: Findings) -> None:
    """Read shard.lock of Crystal."""
    for name, shard in tables_of(source.mapping().get("shards")).items():
        found.lock(source, "shards", name, str(shard.get("version", "")))
