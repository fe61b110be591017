"""Languages by file name: which one a file is written in, and each one's share of a codebase.

Counts files, not bytes: of most files only the name is known. Markup, data and documentation don't count.
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_EXTENSIONS = {
    "python": "py pyi pyx",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts tsx mts cts",
    "elixir": "ex exs heex leex",
    "erlang": "erl hrl",
    "gleam": "gleam",
    "ruby": "rb rake erb",
    "rust": "rs",
    "go": "go",
    "java": "java",
    "kotlin": "kt kts",
    "scala": "scala sc",
    "groovy": "groovy gradle",
    "clojure": "clj cljs cljc",
    "csharp": "cs cshtml razor",
    "fsharp": "fs fsx",
    "visual-basic": "vb",
    "php": "php",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh hxx",
    "objective-c": "m mm",
    "swift": "swift",
    "dart": "dart",
    "haskell": "hs lhs",
    "ocaml": "ml mli",
    "julia": "jl",
    "r": "r rmd",
    "perl": "pl pm",
    "lua": "lua",
    "zig": "zig",
    "nim": "nim",
    "crystal": "cr",
    "d": "d",
    "elm": "elm",
    "purescript": "purs",
    "rescript": "res resi",
    "solidity": "sol",
    "cobol": "cbl cob cpy",
    "fortran": "f f90 f95 for",
    "pascal": "pas pp",
    "ada": "adb ads",
    "scheme": "scm ss",
    "racket": "rkt",
    "common-lisp": "lisp",
    "emacs-lisp": "el",
    "prolog": "pro",
    "tcl": "tcl",
    "shell": "sh bash zsh fish",
    "powershell": "ps1 psm1",
    "sql": "sql",
    "terraform": "tf",
    "vue": "vue",
    "svelte": "svelte",
    "astro": "astro",
    "css": "css scss sass less",
    "html": "html htm",
    "apex": "apex",
    "vhdl": "vhd vhdl",
    "verilog": "v sv",
}
_NAMES = {
    "Rakefile": "ruby",
    "Gemfile": "ruby",
    "Makefile": "make",
    "Dockerfile": "docker",
    "Jenkinsfile": "groovy",
    "BUILD": "starlark",
    "BUILD.bazel": "starlark",
}
#: What source code may be written in beside a "real" language; left out of the shares when one is there.
_MARKUP = frozenset({"html", "css", "sql", "make", "docker", "shell"})
_BY_EXTENSION = {extension: language for language, all_of in _EXTENSIONS.items() for extension in all_of.split()}


def language_of(path: str) -> str | None:
    """Return the language a file is written in by its name, or None."""
    return _by_name(path.rpartition("/")[2])


@lru_cache(maxsize=65_536)
def _by_name(name: str) -> str | None:
    return _NAMES.get(name) or _BY_EXTENSION.get(name.rpartition(".")[2].lower() if "." in name else "")


def shares_of(counts: Counter[str]) -> dict[str, float]:
    """Return each language's share of the files, largest first; markup counts only where nothing else is there."""
    real = {language: count for language, count in counts.items() if language not in _MARKUP} or dict(counts)
    total = sum(real.values())
    return {
        language: round(count / total, 4)
        for language, count in sorted(real.items(), key=lambda item: (-item[1], item[0]))
    }


def count(paths: Iterable[str]) -> Counter[str]:
    """Return how many files each language has."""
    return Counter(language for path in paths if (language := language_of(path)))
