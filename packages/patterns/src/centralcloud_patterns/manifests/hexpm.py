"""Elixir, Erlang and Gleam: mix.exs, mix.lock, rebar.config, gleam.toml. Read by expression; nothing is evaluated."""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, table_of
from centralcloud_patterns.manifests.toolchains import engine

_MIX = re.compile(r"\{[ \t\n]*:([a-z]\w*)[ \t\n]*,[ \t\n]*(?:\"([^\"\n]*)\"|(?=\w+:|\[))([^{}]{0,400})")
_MIX_LOCK = re.compile(r'^[ \t]*"([a-z]\w*)":[ \t]*\{:hex,[ \t]*:\w+,[ \t]*"([^"]+)"', re.MULTILINE)
_REBAR = re.compile(r"\{[ \t]*([a-z]\w*)[ \t]*,[ \t]*(?:\"([^\"\n]*)\"|\{(?:git|hg|pkg|git_subdir|rsync)\b)")
_REBAR_NAMES = re.compile(r"\{[ \t]*(?:plugins|deps|project_plugins)[ \t]*,[ \t]*\[([^\]]{0,4000})")
_COMMENT = re.compile(r"^[ \t]*[#%][^\n]*", re.MULTILINE)
_ELIXIR = re.compile(r"\belixir:[ \t]*\"([^\"\n]{1,40})\"")
_DEV_ONLY = re.compile(r"only:[ \t]*(?:\[[^\]]*\]|:\w+)")
#: Words of rebar.config that look like a dependency.
_REBAR_WORDS = frozenset(
    {
        "deps",
        "plugins",
        "profiles",
        "relx",
        "release",
        "vsn",
        "minimum_otp_vsn",
        "require_otp_vsn",
        "tag",
        "branch",
        "ref",
        "pkg",
        "git",
    }
)


def mix_exs(source: Source, found: Findings) -> None:
    """Read the dependency tuples of a mix.exs, wherever they stand."""
    text = _COMMENT.sub("", source.text)
    if version := _ELIXIR.search(text):
        engine(source, found, "elixir", version[1])
    for match in _MIX.finditer(text):
        options = match[3].partition("\n\n")[0]
        only = _DEV_ONLY.search(options)
        scope = "dev" if only and "prod" not in only[0] else "prod"
        local = "in_umbrella: true" in options or re.search(r"\bpath:", options) is not None
        if match[2] is not None or re.search(r"\b(?:git|github|path|in_umbrella|hex|only|organization):", options):
            found.depend(source, "hex", match[1], match[2] or "", scope, local=local)


def mix_lock(source: Source, found: Findings) -> None:
    """Read mix.lock."""
    for name, version in _MIX_LOCK.findall(source.text):
        found.lock(source, "hex", name, version)


def mix_lock_alone(source: Source, found: Findings) -> None:
    """Take the locked packages for dependencies, for when mix.exs is not there."""
    for name, version in _MIX_LOCK.findall(source.text):
        found.depend(source, "hex", name, version)


def rebar_config(source: Source, found: Findings) -> None:
    """Read the dependencies and plugins of a rebar.config."""
    text = _COMMENT.sub("", source.text)
    for match in _REBAR.finditer(text):
        if match[1] not in _REBAR_WORDS:
            found.depend(source, "hex", match[1], match[2] or "")
    for block in _REBAR_NAMES.findall(text):
        for name in re.findall(r"(?:^|,)\s*([a-z]\w*)\s*(?=,|$)", block):
            found.depend(source, "hex", name)


def gleam_toml(source: Source, found: Findings) -> None:
    """Read a gleam.toml."""
    for table, scope in {"dependencies": "prod", "dev-dependencies": "dev", "dev_dependencies": "dev"}.items():
        for name, wanted in table_of(source.mapping(), table).items():
            local = isinstance(wanted, dict) and "path" in wanted
            found.depend(source, "hex", name, wanted, scope, local=local)
