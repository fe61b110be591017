"""Many expressions tried on a text at once: one RE2 set, whose cost follows the text and hardly the expressions.

Owns memory and what happens when it does not suffice: a set falls into halves, and what can't be tried counts as found.
So nothing is ever missed. What the expressions stand for is `keyless`'s business.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import re2  # type: ignore[import-untyped]  # ships neither stubs nor a marker

#: Memory that the expressions and their automaton may take, all together.
MAX_MEMORY = 64 << 20
#: Of a set this small no half is made.
_FEWEST = 16
#: Matches every text: where it is not found, the automaton ran out of memory and the answer says nothing.
_CANARY = ""


class ExpressionSet:
    """Expressions compiled once; RE2 must have taken each of them before."""

    def __init__(self, expressions: Sequence[str], memory: int = MAX_MEMORY) -> None:
        self._expressions = tuple(expressions)
        self._memory = memory
        self._halves: tuple[ExpressionSet, ...] = ()
        self._set = self._compiled()
        if self._set is None:
            self._halve()

    def found_in(self, text: bytes) -> Iterator[str]:
        """Yield the expressions that match somewhere in the text, each once, in no order."""
        if self._set is not None:
            found = self._set.Match(text) or ()
            if len(self._expressions) in found:
                yield from (self._expressions[place] for place in found if place < len(self._expressions))
                return
            self._halve()
        if not self._halves:
            yield from self._expressions
        for half in self._halves:
            yield from half.found_in(text)

    def _compiled(self) -> Any:
        options = re2.Options()
        options.max_mem = self._memory
        options.log_errors = False
        made = re2.Set.SearchSet(options)
        try:
            for expression in (*self._expressions, _CANARY):
                made.Add(expression)
            made.Compile()
        except re2.error:
            return None
        return made

    def _halve(self) -> None:
        """Make two of one that is too large, each with half of its memory."""
        self._set = None
        if len(self._expressions) > _FEWEST:
            middle = len(self._expressions) // 2
            parts = (self._expressions[:middle], self._expressions[middle:])
            self._halves = tuple(ExpressionSet(part, self._memory // 2) for part in parts)
