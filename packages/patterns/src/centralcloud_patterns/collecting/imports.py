"""Imports of source files whose text was sent: module names by language.

By line, not by syntax tree: good enough to know that a module is used, and safe on text that is no program.
"""

import re

from centralcloud_patterns.languages import language_of
from centralcloud_patterns.manifests.findings import Findings, Located, Source

MAX_TEXT = 400_000
MAX_IMPORTS = 400

_JAVASCRIPT = re.compile(r"""(?:\bfrom|\bimport|\brequire\(|\bimport\()[ \t]*["']([@\w][^"'\s]{0,200})["']""")
_EXPRESSIONS = {
    "python": re.compile(
        r"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import\b|import[ \t]+([A-Za-z_][\w.]*))", re.MULTILINE
    ),
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "vue": _JAVASCRIPT,
    "svelte": _JAVASCRIPT,
    "astro": _JAVASCRIPT,
    "go": re.compile(r"^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?\"([\w.~/-]+)\"[ \t]*$", re.MULTILINE),
    "rust": re.compile(
        r"^[ \t]*(?:pub[ \t]+)?(?:use[ \t]+(?:::)?|extern[ \t]+crate[ \t]+)([A-Za-z_]\w*(?:::\w+)*)", re.MULTILINE
    ),
    "elixir": re.compile(r"^[ \t]*(?:use|import|alias|require)[ \t]+([A-Z][\w.]*)", re.MULTILINE),
    "java": re.compile(r"^[ \t]*import[ \t]+(?:static[ \t]+)?([a-zA-Z_][\w.]*)", re.MULTILINE),
    "ruby": re.compile(r"^[ \t]*require[ \t(]+[\"']([\w/.-]+)[\"']", re.MULTILINE),
    "php": re.compile(r"^[ \t]*use[ \t]+(?:function[ \t]+)?\\?([A-Za-z_][\w\\]*)", re.MULTILINE),
    "csharp": re.compile(r"^[ \t]*(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?([A-Za-z_][\w.]*)[ \t]*;", re.MULTILINE),
    "clojure": re.compile(r"\[([a-z][\w.-]*)[ \t]+:(?:as|refer)\b"),
    "swift": re.compile(r"^[ \t]*import[ \t]+(\w+)", re.MULTILINE),
    "dart": re.compile(r"^[ \t]*import[ \t]+[\"']package:([\w/.]+)", re.MULTILINE),
    "haskell": re.compile(r"^import[ \t]+(?:qualified[ \t]+)?([A-Z][\w.]*)", re.MULTILINE),
}
for _language, _like in {
    "kotlin": "java",
    "scala": "java",
    "groovy": "java",
    "fsharp": "csharp",
    "erlang": "elixir",
}.items():
    _EXPRESSIONS[_language] = _EXPRESSIONS[_like]


def imports(source: Source, found: Findings) -> None:
    """Record what a source file imports, each name once."""
    language = language_of(source.path)
    expression = _EXPRESSIONS.get(language or "")
    if expression is None or len(source.text) > MAX_TEXT:
        return
    seen: set[str] = set()
    for match in expression.finditer(source.text):
        name = next((group for group in match.groups() if group), "")
        if name and name not in seen and len(seen) < MAX_IMPORTS:
            seen.add(name)
            found.imports.append(
                Located(name, source.path, source.line_at(match.start()), match[0].strip()[:200], language)
            )
