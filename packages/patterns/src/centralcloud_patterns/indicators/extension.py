"""Indicators on file extensions, compound ones (`blade.php`) included."""

from collections.abc import Iterator

from centralcloud_patterns.codebase import Facts
from centralcloud_patterns.indicators.rules import Hit, Rules
from centralcloud_patterns.pattern import Indicator


def _key(indicator: Indicator) -> str:
    return f"ext:{(indicator.name or '').lstrip('.').lower()}"


def _hits(indicator: Indicator, facts: Facts) -> Iterator[Hit]:
    key = _key(indicator)
    firsts = facts.once(("first", key), lambda: facts.firsts(facts.named.under(key)))
    return (Hit(component, path, None, path) for component, path in firsts.items())


def _problem(indicator: Indicator) -> str | None:
    return None if (indicator.name or "").strip(".") else "an extension needs a name"


RULES = Rules(keys=lambda indicator: frozenset({_key(indicator)}), hits=_hits, problem=_problem)
