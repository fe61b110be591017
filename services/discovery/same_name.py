"""When two names are surely the same thing: what may be taken off a name, and what must be true of the pattern then.

Conservative: a wrong alias gives every instance a wrong answer, a missed one costs a call. Pure; which patterns answer
to the guesses is `aliases`' to ask.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from centralcloud_client.naming import normalise
from centralcloud_patterns.pattern import IndicatorKind, Pattern, PatternType

DECORATION: Final = "decoration"
VERSION: Final = "version"
PLURAL: Final = "plural"

_SHORTEST: Final = 3
_MOST_DROPPED: Final = 4
#: A major version at least, set off by a space or an @: any other number belongs to a name, as in mysql2 and warp10.
_VERSIONED: Final = re.compile(r"(?i)^(.*?[^\s@:_.\-])(?:\s+v?|@v?)(\d{1,3})(?:\.\d{1,5}|\.x){0,3}$")
#: Endings that are written without a space, too.
_ATTACHED: Final = ("framework", "language", "database", "lang", "db")
#: Endings that names are written with or without.
_OF_ITS_KIND: Final = ("js", "db", "lang")
#: Letters that a name may have more than its short form: postgres, PostgreSQL.
_FEW_LETTERS: Final = 2
_LANGUAGE: Final = frozenset({"lang", "language"})
_SET_OFF: Final = re.compile(r"(?i)[\s_.\-]lang(?:uage)?\s*$")
_NOTHING_SAYING: Final = frozenset({"the"})
_SOFTWARE: Final = frozenset({PatternType.FRAMEWORK, PatternType.TECHNOLOGY})
_OF_SOFTWARE: Final = frozenset({"library", "lib"})
_OF_DESIGNS: Final = frozenset({"pattern", "patterns", "design", "architecture", "architectural"})
_OF_MICROSERVICES: Final = frozenset({"microservice", "microservices"})
#: What else a word of a category is called.
_ALSO: Final = {
    "database": ("db", "dbms", "rdbms", "server", "datastore"),
    "warehouse": ("db", "database"),
    "store": ("db", "database", "server"),
    "cache": ("server",),
    "language": ("lang", "programming"),
    "broker": ("mq", "queue", "server"),
    "queue": ("mq", "queues"),
    "server": ("servers", "webserver"),
    "orm": ("odm",),
    "framework": ("frameworks",),
    "test": ("testing", "tests"),
    "testing": ("test", "framework"),
    "manager": ("package",),
}
_JAVASCRIPT: Final = frozenset({"javascript", "typescript"})
_SPOKEN_LANGUAGES: Final = {"ts": "typescript", "golang": "go", "csharp": "c#"}
#: More languages than these, and the word tells an implementation apart.
_FEW_LANGUAGES: Final = 2
#: Successors that took the name along: what is off here makes another thing.
_APART: Final = frozenset(
    {
        *(("angular", "js"), ("angular", "1"), ("perl", "6"), ("net", "framework"), ("aspnet", "framework")),
        *(("spark", "framework"), ("visualbasic", "6")),
    }
)
#: Categories whose names end in `js` or not, as people like: reactjs, express.js.
_SCRIPTED: Final = frozenset({"web-framework", "frontend-framework", "ui-library", "backend-framework"})
#: Too ordinary to be known by: `task runner` is no way to write the name of a tool called Task.
_ORDINARY: Final = frozenset(
    {
        *("api", "app", "base", "batch", "build", "cache", "client", "cloud", "code", "container", "core", "data"),
        *("event", "form", "forms", "graph", "graphics", "http", "job", "key", "log", "logging", "message", "micro"),
        *("module", "package", "plugin", "query", "queue", "rest", "router", "script", "search", "server", "service"),
        *("state",),
        *("static", "stream", "style", "task", "test", "testing", "time", "type", "vector", "web", "workflow"),
    }
)


@dataclass(frozen=True, slots=True)
class Guess:
    """Another name that the asked one may stand for, and what was taken off it."""

    key: str
    rule: str
    dropped: tuple[str, ...] = ()
    #: The major version that was taken off.
    major: str = ""


def guesses(name: str, type_: str) -> list[Guess]:
    """Return what a name may stand for, the least changed first; `holds` must confirm each."""
    key = normalise(name)
    found: dict[str, Guess] = {}
    for guess in (*_unversioned(name), *_undecorated(name), *_unattached(name, key), *_singular(key, type_)):
        if guess.key != key and len(guess.key) >= _SHORTEST:
            found.setdefault(guess.key, guess)
    return list(found.values())


def holds(guess: Guess, pattern: Pattern) -> bool:
    """Tell whether `pattern`, which answers to the guess, is surely the same thing."""
    if guess.rule == PLURAL:
        return True
    if guess.key in _ORDINARY or not is_its_own(guess.key, pattern):
        return False
    if any((guess.key, word) in _APART for word in (*guess.dropped, guess.major)):
        return False
    if guess.major and pattern.type not in _SOFTWARE:
        return False
    return all(_goes_without_saying(word, pattern) for word in guess.dropped)


def _undecorated(name: str) -> Iterator[Guess]:
    """Take words off both ends; words are what spaces part, because hyphens make names of other packages."""
    words = [word for word in map(normalise, name.split()) if word]
    for dropped in range(1, min(_MOST_DROPPED, len(words) - 1) + 1):
        for front in range(dropped + 1):
            end = len(words) - (dropped - front)
            taken = (*words[:front], *words[end:])
            yield Guess("".join(words[front:end]), DECORATION, taken)


def _unattached(name: str, key: str) -> Iterator[Guess]:
    for ending in _ATTACHED:
        # What is written as one word reads a language, mostly: javalang parses Java.
        if key.endswith(ending) and (ending not in _LANGUAGE or _SET_OFF.search(name)):
            yield Guess(key.removesuffix(ending), DECORATION, (ending,))
    if key.endswith("js") and not name.strip().lower().endswith(("-js", "_js")):
        yield Guess(key.removesuffix("js"), DECORATION, ("js",))


def _unversioned(name: str) -> Iterator[Guess]:
    found = _VERSIONED.match(name.strip())
    if found is not None:
        base, major = found.groups()
        yield Guess(normalise(base), VERSION, major=major)
        for guess in (*_undecorated(base), *_unattached(base, normalise(base))):
            yield replace(guess, rule=VERSION, major=major)


def _singular(key: str, type_: str) -> Iterator[Guess]:
    if type_ not in _SOFTWARE:
        yield Guess(key.removesuffix("s"), PLURAL)
        yield Guess(key + "s", PLURAL)


def is_its_own(key: str, pattern: Pattern) -> bool:
    """Tell whether a key is the pattern's slug or name but for an ending of the kind; aliases may be anybody's.

    A beginning is not enough: the Vanilla framework is no Vanilla Forums.
    """
    own = {normalise(pattern.slug), normalise(pattern.name)}
    bare = {name.removesuffix(ending) for name in own for ending in _OF_ITS_KIND}
    if key in own | bare or any(key.removesuffix(ending) in own for ending in _OF_ITS_KIND):
        return True
    return any(name.startswith(key) and len(name) - len(key) <= _FEW_LETTERS for name in own)


def _goes_without_saying(word: str, pattern: Pattern) -> bool:
    """Tell whether the pattern is what the word says, so that the word adds nothing."""
    if word in _NOTHING_SAYING:
        return True
    if pattern.type not in _SOFTWARE:
        return word in _OF_DESIGNS or (pattern.type is PatternType.MICROSERVICE and word in _OF_MICROSERVICES)
    if word == "js":
        return pattern.category in _SCRIPTED and bool(_JAVASCRIPT & {one.lower() for one in pattern.languages})
    if word == pattern.type or word in _said_by_category(pattern):
        return True
    if word in _OF_SOFTWARE:
        return any(one.kind is IndicatorKind.DEPENDENCY for one in pattern.indicators)
    return _is_its_language(word, pattern) or _is_its_home(word, pattern)


def _said_by_category(pattern: Pattern) -> set[str]:
    words = (pattern.category or "").split("-")
    # Only of the last word there are others: what migrates databases is none.
    return {*words} - {"database"} | {words[-1], *_ALSO.get(words[-1], ())}


def _is_its_language(word: str, pattern: Pattern) -> bool:
    if pattern.category == "language":
        return False
    languages = {language.lower() for language in pattern.languages}
    return len(languages) <= _FEW_LANGUAGES and _SPOKEN_LANGUAGES.get(word, word) in languages


def _is_its_home(word: str, pattern: Pattern) -> bool:
    """Tell whether the word is the house that the pattern lives in: apache, hashicorp, microsoft."""
    host = urlsplit(pattern.homepage or "").hostname or ""
    return len(word) > _SHORTEST and word in host.split(".")[:-1]
