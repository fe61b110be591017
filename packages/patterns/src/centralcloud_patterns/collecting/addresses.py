"""Addresses in configuration: the scheme and the host of every URL, and hosts that stand behind a key which says so.

Manifests and lock files are left out: their URLs say where packages come from. So are comments.
"""

import re
from collections.abc import Iterator

import re2  # type: ignore[import-untyped]  # ships neither stubs nor a marker

from centralcloud_patterns.collecting.environment import is_env_file
from centralcloud_patterns.manifests.findings import Address, Findings, Source
from centralcloud_patterns.manifests.registry import parser_for_name

MAX_TEXT = 200_000
MAX_ADDRESSES = 300
_MAX_LINE = 2000
_CONFIGURATION = (".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".json", ".json5")
_AFTER_SCHEME = re.compile(r"://(?:[^@/\s\"'<>]{0,200}@)?([A-Za-z0-9][\w.-]{0,252})?")
_SCHEME = re.compile(r"(?<![\w+.-])[A-Za-z][\w+.-]{0,30}$")
#: Java names the kind of database behind `jdbc:`, mostly with no slashes behind it.
_JDBC = re.compile(r"\b(?:jdbc|r2dbc):(?:pool:|p6spy:|tc:)?([A-Za-z0-9]{2,30}):")
#: For text in lower case. RE2, since many beginnings at once are what it is good at.
_KEYED = re2.compile(
    r"(?m)(?:host|hostname|endpoint|server|servers|broker|brokers|address|domain)[\"']?[ \t]{0,20}[:=][ \t]{0,20}"
    r"[\"']?([a-z0-9][a-z0-9.-]{0,252})(?:[\"'\s,:\pZ\x0b\x1c-\x1f\x{85}]|$)"
)
_COMMENTS = ("#", "//", ";")
#: Behind them stands an identifier, no place that is talked to.
_NO_PLACES = frozenset({"urn", "file", "data"})


def is_configuration(name: str) -> bool:
    """Tell whether a basename is that of configuration rather than of a manifest or a lock file."""
    return is_env_file(name) or (name.lower().endswith(_CONFIGURATION) and parser_for_name(name) is None)


def addresses(source: Source, found: Findings) -> None:
    """Record the addresses of one configuration file, each once."""
    text = source.text[:MAX_TEXT]
    seen: set[tuple[str, str]] = set()
    matches = [*_keyed(text), *_urls(text)]
    for start, scheme, host in sorted(matches):
        address = (scheme, host.lower().strip(".-"))
        if address in seen or len(seen) >= MAX_ADDRESSES or scheme in _NO_PLACES or _is_comment(text, start):
            continue
        seen.add(address)
        found.addresses.append(Address(address[1], scheme, source.path, source.line_at(start)))


def _keyed(text: str) -> Iterator[tuple[int, str, str]]:
    lower = text.lower()
    # A few letters grow when lowered, and positions would no longer be the file's.
    if len(lower) == len(text):
        try:
            yield from ((match.start(), "", match[1]) for match in _KEYED.finditer(lower))
        except UnicodeError:
            return


def _urls(text: str) -> Iterator[tuple[int, str, str]]:
    for match in _AFTER_SCHEME.finditer(text):
        scheme = _SCHEME.search(text[max(0, match.start() - 32) : match.start()])
        if scheme:
            yield match.start() - len(scheme[0]), scheme[0].lower(), match[1] or ""
    if "dbc:" in text:
        for match in _JDBC.finditer(text):
            yield match.start(), match[1].lower(), ""


def _is_comment(text: str, position: int) -> bool:
    begin = text.rfind("\n", max(0, position - _MAX_LINE), position) + 1
    return text[begin : begin + 100].lstrip().startswith(_COMMENTS)
