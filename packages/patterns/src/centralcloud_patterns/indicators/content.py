"""Indicators on the text of files: an expression, within the files of a glob. Silent where the text stayed home.

May be narrowed to files of a language, and to their code, comments or strings.
"""

from collections.abc import Iterator

from centralcloud_patterns import expressions
from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.file import keys_of_glob, matching_glob
from centralcloud_patterns.indicators.rules import Hit, Rules
from centralcloud_patterns.languages import language_of
from centralcloud_patterns.lexing import SCOPES, only
from centralcloud_patterns.pattern import Indicator
from centralcloud_patterns.words import likely_words, required_words


def _keys(indicator: Indicator) -> frozenset[str]:
    """Return the words that a match must hold, which tell more than the files do; else the files' keys.

    Those are shared by many, and may be crowded: the words it will hold in all likelihood are keys beside them.
    """
    files, regex = keys_of_glob(indicator.glob or ""), indicator.regex or ""
    return files and (required_words(regex) or files | likely_words(regex))


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    hit_in: set[str] = set()
    words = required_words(indicator.regex or "")
    for path in matching_glob(indicator.glob or "", facts, read=True):
        text = facts.files[path] or ""
        component = facts.component_of_file(path)
        if component in hit_in or (words and words.isdisjoint(facts.words.get(path, words))):
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
    return facts.files[path] or "" if "#" in (indicator.regex or "") else facts.text_in_use(path)


def _problem(indicator: Indicator) -> str | None:
    if not (indicator.glob and indicator.regex):
        return "content needs a glob and a regex"
    if indicator.scope is not None and indicator.scope not in SCOPES:
        return f"scope must be one of {', '.join(sorted(SCOPES))}"
    return None


RULES = Rules(keys=_keys, hits=_hits, problem=_problem)
