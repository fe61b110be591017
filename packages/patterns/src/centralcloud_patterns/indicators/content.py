"""Indicators on the text of files: an expression, within the files of a glob. Silent where the text stayed home.

May be narrowed to files of a language, and to their code, comments or strings.
"""

from collections.abc import Iterable, Iterator

from centralcloud_patterns import expressions, keyless
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.file import keys_of_glob, matching_glob
from centralcloud_patterns.indicators.rules import Hit, Rules
from centralcloud_patterns.languages import language_of
from centralcloud_patterns.lexing import SCOPES, only
from centralcloud_patterns.pattern import Indicator
from centralcloud_patterns.words import COMMON, likely_words, required_words, telling_words


def _keys(indicator: Indicator) -> frozenset[str]:
    """Return the words that a match must hold, which tell more than the files do; else the expression itself."""
    files, regex = keys_of_glob(indicator.glob or ""), indicator.regex or ""
    return files and (telling_words(regex) or _keyless(indicator, regex, files))


def _keyless(indicator: Indicator, regex: str, files: frozenset[str]) -> frozenset[str]:
    """Return the expression's own key, and the words it will hold in all likelihood: a set takes no more than it can.

    Where no set takes it, what is left are its files, and the words of every project.
    """
    key = _expression_key(indicator, regex)
    if key:
        return likely_words(regex) - COMMON | {key}
    return required_words(regex) or files | likely_words(regex)


def _expression_key(indicator: Indicator, regex: str) -> str | None:
    if indicator.scope is not None:
        return None
    return keyless.key_of(keyless.SOURCE if _reads_comments(regex) else keyless.IN_USE, regex)


def _reads_comments(regex: str) -> bool:
    return "#" in regex


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    key = _expression_key(indicator, indicator.regex or "")
    if key and not facts.keys.may_have(key):
        # The set tried it on all texts.
        return
    hit_in: set[str] = set()
    words = required_words(indicator.regex or "")
    paths: Iterable[str] = matching_glob(indicator.glob or "", facts, read=True)
    if words and paths:
        having = facts.having(words)
        paths = [path for path in paths if path in having]
    for path in paths:
        text = facts.files[path] or ""
        component = facts.component_of_file(path)
        if component in hit_in:
            continue
        language = language_of(path)
        if indicator.language and indicator.language.lower() != language:
            continue
        searched = (
            only(text, language, indicator.scope) if indicator.scope in SCOPES else _searched(indicator, path, facts)
        )
        position = expressions.find(indicator.regex or "", searched)
        if position is not None:
            hit_in.add(component)
            line = text.count("\n", 0, position) + 1
            start, end = text.rfind("\n", 0, position) + 1, text.find("\n", position)
            yield Hit(component, path, line, text[start : end if end >= 0 else None].strip()[:160])


def _searched(indicator: Indicator, path: str, facts: Facts) -> str:
    """Return the text to search: what is commented out tells nothing, unless the expression asks for comments."""
    return facts.files[path] or "" if _reads_comments(indicator.regex or "") else facts.text_in_use(path)


def _problem(indicator: Indicator) -> str | None:
    if not (indicator.glob and indicator.regex):
        return "content needs a glob and a regex"
    if indicator.scope is not None and indicator.scope not in SCOPES:
        return f"scope must be one of {', '.join(sorted(SCOPES))}"
    return None


RULES = Rules(keys=_keys, hits=_hits, problem=_problem)
