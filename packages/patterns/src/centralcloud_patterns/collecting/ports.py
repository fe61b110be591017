"""Ports that containers listen on: EXPOSE of Dockerfiles, `ports` and `expose` of compose services.

The port inside the container counts, because the one outside is the machine's own choice.
"""

import re

from centralcloud_patterns.manifests.findings import Findings, Source, items_of, tables_of

_EXPOSE = re.compile(r"^[ \t]*EXPOSE[ \t]+([^\n]{1,200})", re.MULTILINE | re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w:.$-])(\d{1,5})(?![\d:.])")
_DEFAULT = re.compile(r"\$\{\w{1,64}:?-([^{}]{0,64})\}")
_MAX_PORTS = 200


def exposed(source: Source, found: Findings) -> None:
    """Record the ports that a Dockerfile exposes."""
    for match in _EXPOSE.finditer(source.text):
        for port in _NUMBER.findall(match[1].partition("#")[0]):
            found.port(source, port, source.line_at(match.start()), match[0].strip())


def published(source: Source, found: Findings) -> None:
    """Record the ports of compose services."""
    for service in tables_of(source.mapping().get("services")).values():
        for entry in [*items_of(service.get("ports")), *items_of(service.get("expose"))][:_MAX_PORTS]:
            inside = entry.get("target", "") if isinstance(entry, dict) else entry
            text = _DEFAULT.sub(r"\1", str(inside)[:200]).partition("/")[0]
            found.port(source, text.rpartition(":")[2].partition("-")[0], None, str(inside)[:100])
