"""Find known code patterns in one snippet, by the indicators that look at code.

The snippet is matched as a file of its language; structural rules and nearest snippets are not looked at here.
"""

from typing import Final

from sqlalchemy import Engine

from centralcloud_client.messages.replies import QueryReply
from centralcloud_patterns.evidence import Evidence
from services.detection import detect
from services.known_patterns import KnownPatterns

#: A file extension for each language a snippet may be said to be in.
EXTENSIONS: Final = {
    "c": "c",
    "cpp": "cpp",
    "csharp": "cs",
    "clojure": "clj",
    "dart": "dart",
    "elixir": "ex",
    "erlang": "erl",
    "go": "go",
    "haskell": "hs",
    "java": "java",
    "javascript": "js",
    "kotlin": "kt",
    "lua": "lua",
    "ocaml": "ml",
    "perl": "pl",
    "php": "php",
    "python": "py",
    "ruby": "rb",
    "rust": "rs",
    "scala": "scala",
    "shell": "sh",
    "sql": "sql",
    "swift": "swift",
    "typescript": "ts",
}


def match_code(
    database: Engine,
    known: KnownPatterns,
    code: str,
    *,
    type_: str,
    language: str | None,
    min_confidence: float | None,
) -> QueryReply:
    """Answer which patterns of a type show in a snippet, each with the lines where it shows."""
    extension = EXTENSIONS.get((language or "").lower(), "txt")
    evidence = Evidence(files={f"snippet.{extension}": code})
    return detect(database, known, evidence, type_=type_, min_confidence=min_confidence)
