"""Code, comments and strings apart, by language family: good enough to search one of them only.

Also what configuration comments out. Works on any text in linear time: what is left open ends with its line, or with
the file.
"""

import re
from functools import lru_cache

#: Parts of a source file that may be searched alone.
SCOPES = frozenset({"code", "comment", "string"})
MAX_TEXT = 1_000_000

_SLASHES = r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)"
_HASH = r"#[^\n]*"
_DOUBLE = r"\"(?:[^\"\\\n]|\\[\s\S])*\"?"
_SINGLE = r"'(?:[^'\\\n]|\\[\s\S])*'?"
_BACKTICK = r"`(?:[^`\\]|\\[\s\S])*`?"
_TRIPLE = r"\"\"\"[\s\S]*?(?:\"\"\"|\Z)|'''[\s\S]*?(?:'''|\Z)"

_FAMILIES: dict[str, tuple[str, str]] = {
    "python ruby perl r julia nim crystal elixir shell gdscript": (_HASH, f"{_TRIPLE}|{_DOUBLE}|{_SINGLE}"),
    "javascript typescript vue svelte astro go": (_SLASHES, f"{_BACKTICK}|{_DOUBLE}|{_SINGLE}"),
    "java kotlin scala groovy csharp swift dart c cpp objective-c": (_SLASHES, f"{_TRIPLE}|{_DOUBLE}|{_SINGLE}"),
    "php": (f"{_SLASHES}|{_HASH}", f"{_DOUBLE}|{_SINGLE}"),
    # A single quote begins a lifetime, a symbol or a character here.
    "rust zig gleam fsharp solidity": (_SLASHES, _DOUBLE),
    "haskell elm lua": (r"--[^\n]*|\{-[\s\S]*?(?:-\}|\Z)", _DOUBLE),
    "clojure": (r";[^\n]*", _DOUBLE),
    "erlang": (r"%[^\n]*", _DOUBLE),
    "ocaml": (r"\(\*[\s\S]*?(?:\*\)|\Z)", _DOUBLE),
}
_TOKENS = {
    language: re.compile(f"(?P<comment>{comment})|(?P<string>{string})")
    for languages, (comment, string) in _FAMILIES.items()
    for language in languages.split()
}
#: Comments of configuration that stand on lines of their own: what is commented out is not in use.
_LINES = r"^[ \t]*#[^\n]*"
_ALL_LINES = r"^[ \t]*(?:#|//)[^\n]*|/\*[\s\S]*?(?:\*/|\Z)"
_MARKUP = r"<!--[\s\S]*?(?:-->|\Z)"
_COMMENTS: dict[str, re.Pattern[str]] = {
    ending: re.compile(comment, re.MULTILINE)
    for endings, comment in {
        "yml yaml toml properties ini cfg conf env": _LINES,
        "tf hcl tofu gradle kts bicep prisma": _ALL_LINES,
        "xml csproj fsproj vbproj props targets config html": _MARKUP,
    }.items()
    for ending in endings.split()
}
#: What all of these begin with: most texts have none.
_SIGNS = ("#", "//", "/*", "<!--")
_NOT_NEWLINE = re.compile(r"[^\n]")


@lru_cache(maxsize=64)
def only(text: str, language: str | None, scope: str) -> str:
    """Return the text with everything blanked that is not of the scope; lines and positions stay as they are.

    Of a language whose comments are not known everything counts as code.
    """
    text = text[:MAX_TEXT]
    tokens = _TOKENS.get(language or "")
    if tokens is None:
        return text if scope == "code" else ""
    parts: list[str] = []
    end = 0
    for match in tokens.finditer(text):
        code = text[end : match.start()]
        parts.append(code if scope == "code" else _blank(code))
        parts.append(match[0] if match.lastgroup == scope else _blank(match[0]))
        end = match.end()
    parts.append(text[end:] if scope == "code" else _blank(text[end:]))
    return "".join(parts)


def in_use(text: str, basename: str) -> str:
    """Return the text with comments on lines of their own blanked, in configuration; positions stay as they are."""
    name = ".env" if basename.startswith(".env") else basename
    comments = _COMMENTS.get(name.rpartition(".")[2].lower())
    if comments is None or not any(sign in text for sign in _SIGNS):
        return text
    return comments.sub(lambda match: _blank(match[0]), text)


def _blank(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)
