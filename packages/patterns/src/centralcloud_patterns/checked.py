"""Whether an indicator from outside is sound: known kind, needed fields, expressions that RE2 takes, sane limits.

Owns the limits. What each kind needs stands with the kind, in `indicators`.
"""

import math

from centralcloud_patterns import expressions
from centralcloud_patterns.indicators.registry import RULES
from centralcloud_patterns.pattern import Indicator, IndicatorKind

MAX_TEXT = 512
MAX_MEMBERS = 64
MAX_DEPTH = 4
_LOCALITIES = frozenset({"same", "hoisted", "anywhere"})
_TEXTS = ("id", "ecosystem", "name", "prefix", "path", "value", "language", "version", "scope")


class BadIndicator(ValueError):  # noqa: N818 - the word callers know it by
    """An indicator that can't be used, in one sentence."""


def check(indicator: Indicator, depth: int = 0) -> None:
    """Raise BadIndicator, or BadRegex for its expression, unless the indicator is sound."""
    if not (
        isinstance(indicator.weight, (int, float)) and math.isfinite(indicator.weight) and 0 < indicator.weight <= 1
    ):
        raise BadIndicator("weight must be above 0 and at most 1")
    if indicator.polarity not in {"for", "against"}:
        raise BadIndicator("polarity must be for or against")
    if indicator.locality not in _LOCALITIES:
        raise BadIndicator("locality must be same, hoisted or anywhere")
    for field in _TEXTS:
        _check_text(field, getattr(indicator, field))
    if indicator.regex is not None:
        expressions.compiled(indicator.regex)
    if indicator.glob is not None:
        _check_glob(indicator.glob)
    if indicator.kind is IndicatorKind.GROUP:
        _check_group(indicator, depth)
        return
    rules = RULES.get(indicator.kind)
    if rules is None:
        raise BadIndicator(f"unknown kind {indicator.kind!r}")
    if indicator.all or indicator.any or indicator.none:
        raise BadIndicator("only a group has members")
    problem = rules.problem(indicator)
    if problem:
        raise BadIndicator(problem)


def _check_text(field: str, value: str | None) -> None:
    if value is None:
        return
    if len(value) > MAX_TEXT:
        raise BadIndicator(f"{field} is longer than {MAX_TEXT} characters")
    if any(ord(character) < 32 for character in value):
        raise BadIndicator(f"{field} holds control characters")


def _check_glob(glob: str) -> None:
    try:
        compiled = expressions.glob(glob)
    except expressions.BadGlob as error:
        raise BadIndicator(str(error)) from None
    if any(not alternative.strip("*?/.") for alternative in compiled.alternatives):
        raise BadIndicator("glob matches everything")


def _check_group(group: Indicator, depth: int) -> None:
    members = (*group.all, *group.any, *group.none)
    if not (group.all or group.any):
        raise BadIndicator("a group needs all or any")
    if len(members) > MAX_MEMBERS:
        raise BadIndicator(f"a group with more than {MAX_MEMBERS} members")
    if depth >= MAX_DEPTH:
        raise BadIndicator(f"groups nested deeper than {MAX_DEPTH}")
    for member in members:
        check(member, depth + 1)
