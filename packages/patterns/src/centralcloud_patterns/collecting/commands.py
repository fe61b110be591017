"""Commands a codebase runs beyond its package scripts: Procfile, interpreters in the first line."""

import re

from centralcloud_patterns.manifests.findings import Findings, Located, Source

_PROCESS = re.compile(r"^([A-Za-z0-9_-]{1,64}):[ \t]*([^\n]{1,2000})", re.MULTILINE)
_SHEBANG = re.compile(r"^#![ \t]*(?:/[\w./-]*/)?(?:env[ \t]+(?:-S[ \t]+)?)?([\w.+-]+)")


def procfile(source: Source, found: Findings) -> None:
    """Record the process types of a Procfile."""
    for match in _PROCESS.finditer(source.text):
        found.command(source, match[1], match[2], source.line_at(match.start()))


def shebang(source: Source, found: Findings) -> None:
    """Record the interpreter named in the first line, its version left out."""
    match = _SHEBANG.match(source.text[:300])
    if match:
        # python3.11 is python; perl6 is another language.
        name = match[1] if match[1] == "perl6" else match[1].rstrip("0123456789.") or match[1]
        found.interpreters.append(Located(name.lower(), source.path, 1, source.text[: source.text.find("\n")][:200]))
