"""How telling an indicator is: what of it is literal, whether it has to do with the name, whether it fits anything.

Judges by form alone. Whether another pattern has the same indicator is asked of the database, in `reach`.
"""

import re
from collections.abc import Callable, Collection
from typing import Final

from centralcloud_client.collect.words import words
from centralcloud_client.naming import normalise
from centralcloud_patterns import expressions
from centralcloud_patterns.grammar import MANIFESTS
from centralcloud_patterns.languages import language_of
from centralcloud_patterns.pattern import Indicator, IndicatorKind, Pattern
from services.findings.commonplace import COMMANDS, TEXTS

#: Letters that a name and what it is recognised by must share to have to do with each other.
_SHARED: Final = 4
_COMMON_FILES: Final = frozenset(MANIFESTS) | frozenset(
    words("""
    readme readme.md license license.md changelog.md contributing.md dockerfile docker-compose.yml docker-compose.yaml
    compose.yml compose.yaml makefile .gitignore .gitattributes .editorconfig .dockerignore .env .env.example
    index.html index.js index.ts index.tsx index.php main.py main.go main.rs main.ts main.js main.java main.kt main.c
    main.cpp app.py app.js app.ts app.rb server.js server.ts tsconfig.json jsconfig.json config.json config.yml
    config.yaml config.toml settings.json settings.py __init__.py package.swift yarn.lock package-lock.json go.sum
    pnpm-lock.yaml cargo.lock poetry.lock uv.lock composer.lock gemfile.lock test.py tests.py utils.js utils.py
    """)
)
_COMMON_FOLDERS: Final = frozenset(
    words("""
    src lib libs app apps test tests spec docs doc dist build bin public static assets config conf scripts packages
    node_modules vendor main java kotlin python resources templates components pages utils internal cmd pkg server
    client .github workflows .vscode .idea examples example include
    """)
)
_COMMON_VARIABLES: Final = frozenset(
    words("""
    PORT HOST HOME PATH USER DEBUG ENV ENVIRONMENT NODE_ENV LOG_LEVEL LANG TZ PWD SHELL SECRET_KEY DATABASE_URL API_KEY
    API_URL BASE_URL APP_ENV APP_NAME APP_KEY URL TOKEN SECRET PASSWORD USERNAME CI TEST VERSION DOMAIN HOSTNAME
    """)
)
_COMMON_HOSTS: Final = frozenset(
    words("""
    localhost example.com example.org github.com gitlab.com google.com googleapis.com amazonaws.com w3.org schema.org
    """)
)
_COMMON_OBJECTS: Final = frozenset(
    words("""
    deployment service configmap secret ingress pod statefulset daemonset job cronjob namespace serviceaccount role
    rolebinding clusterrole clusterrolebinding persistentvolumeclaim persistentvolume networkpolicy list
    horizontalpodautoscaler kustomization customresourcedefinition
    """)
)
_COMMON_SCHEMES: Final = frozenset(words("http https ftp ssh file git tcp udp ws wss mailto data jdbc"))
_CLASSES: Final = re.compile(r"\\[A-Za-z]|\[[^\]]*\]|\{[^}]*\}|\(\?[^)]*\)?")
_LITERALS: Final = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_@/.:-]*")


def longest_literal(expression: str) -> str:
    """Return the longest run of plain characters in a glob or an expression."""
    plain = _CLASSES.sub(" ", expression).replace("\\", "")
    return max(_LITERALS.findall(plain), key=len, default="")


def telling_word(indicator: Indicator) -> str:
    """Return what a text must mention to support an indicator; '' when nothing of it is telling."""
    match indicator.kind:
        case IndicatorKind.FILE | IndicatorKind.STRUCTURE | IndicatorKind.CONTENT | IndicatorKind.SCRIPT:
            return longest_literal(indicator.regex or indicator.glob or indicator.path or "").strip("/.")
        case IndicatorKind.CONFIG:
            return longest_literal(indicator.path or "") or longest_literal(indicator.glob or "")
        case IndicatorKind.EXTENSION:
            return f".{(indicator.name or '').lstrip('.')}"
        case IndicatorKind.DEPENDENCY if indicator.name is None:
            return longest_literal(indicator.regex or "")
        case _:
            return indicator.name or indicator.prefix or indicator.value or ""


def is_mentioned(word: str, text: str) -> bool:
    """Tell whether a text mentions a word whole, blind to case; group:artifact and group/artifact are one."""
    if len(word.strip("./")) < 2:
        return False
    wanted, held = word.lower().replace(":", "/"), text.lower().replace(":", "/")
    start = held.find(wanted)
    while start >= 0:
        before, after = held[start - 1 : start], held[start + len(wanted) : start + len(wanted) + 1]
        if not (before.isalnum() and wanted[0].isalnum()) and not (after.isalnum() and wanted[-1].isalnum()):
            return True
        start = held.find(wanted, start + 1)
    return False


def names_of(pattern: Pattern) -> set[str]:
    """Return what a pattern is called, as names compare; aliases are for finding it only."""
    return {key for key in map(normalise, (pattern.slug, pattern.name)) if key}


def is_akin(indicator: Indicator, names: Collection[str]) -> bool:
    """Tell whether an indicator has to do with one of the names, given as they compare."""
    key = normalise(telling_word(indicator))
    parts = {normalise(part) for part in re.split(r"[/:@.]", telling_word(indicator))}
    return any(
        name in parts
        or (len(name) >= _SHARED and name in key)
        or any(len(part) >= _SHARED and part in name for part in parts)
        for name in names
    )


def is_broad(indicator: Indicator, names: Collection[str]) -> bool:
    """Tell whether an indicator would fire on codebases that have nothing to do with the pattern."""
    judge = _JUDGES.get(indicator.kind)
    return judge is not None and judge(indicator, names)


def _is_broad_file(indicator: Indicator, names: Collection[str]) -> bool:
    if indicator.glob is None:
        return len(telling_word(indicator)) < _SHARED
    return _is_broad_glob(indicator.glob, names)


def _is_broad_glob(glob: str, names: Collection[str]) -> bool:
    """Tell whether any alternative of a glob has no part that tells anything."""
    try:
        alternatives = expressions.glob(glob).alternatives
    except expressions.BadGlob:
        return True
    return any(not any(_is_telling(part, names) for part in each.split("/")) for each in alternatives)


def _is_telling(part: str, names: Collection[str]) -> bool:
    if part.lower() in _COMMON_FILES or part.lower() in _COMMON_FOLDERS or len(longest_literal(part).strip("._-")) < 3:
        return False
    only_suffix = part.startswith("*.") and expressions.is_literal(part[1:])
    return not (only_suffix and _is_of_language(f"x{part[1:]}", names))


def _is_of_language(path: str, names: Collection[str]) -> bool:
    """Tell whether a file of this name is of some language, other than the one that is spoken of."""
    language = language_of(path)
    return language is not None and normalise(language) not in names


def _is_broad_text(indicator: Indicator, names: Collection[str]) -> bool:
    regex, common = indicator.regex or "", TEXTS if indicator.kind is IndicatorKind.CONTENT else COMMANDS
    if len(telling_word(indicator)) < _SHARED or expressions.find(regex, "") is not None:
        return True
    return any(expressions.find(regex, line) is not None for line in (common, *common.split("\n")))


def _is_broad_dependency(indicator: Indicator, names: Collection[str]) -> bool:
    return indicator.regex is not None and len(expressions.required_prefix(indicator.regex).strip("@/")) < 3


def _is_broad_variable(indicator: Indicator, names: Collection[str]) -> bool:
    word = telling_word(indicator)
    return len(word) < 3 or word.upper() in _COMMON_VARIABLES


def _is_broad_host(indicator: Indicator, names: Collection[str]) -> bool:
    if indicator.name is None:
        return (indicator.value or "").lower() in _COMMON_SCHEMES
    return indicator.name.lower() in _COMMON_HOSTS


def _is_broad_object(indicator: Indicator, names: Collection[str]) -> bool:
    return not (indicator.value or indicator.prefix) and (indicator.name or "").lower() in _COMMON_OBJECTS


_JUDGES: Final[dict[IndicatorKind, Callable[[Indicator, Collection[str]], bool]]] = {
    IndicatorKind.FILE: _is_broad_file,
    IndicatorKind.EXTENSION: lambda indicator, names: _is_of_language(f"x{telling_word(indicator)}", names),
    IndicatorKind.CONTENT: _is_broad_text,
    IndicatorKind.SCRIPT: _is_broad_text,
    IndicatorKind.DEPENDENCY: _is_broad_dependency,
    IndicatorKind.ENV: _is_broad_variable,
    IndicatorKind.HOST: _is_broad_host,
    IndicatorKind.KUBERNETES: _is_broad_object,
}
