"""What has no key: expressions on paths, texts and commands, found by one RE2 set for each of these subjects.

Each expression is a key of its own, and lies in the index like any other; the set says which of them the evidence has.
It may say too much, never too little: subjects are joined line by line, and whoever matches is checked anyway.
"""

from collections.abc import Callable, Collection, Iterable, Set
from functools import lru_cache

from centralcloud_patterns import expressions
from centralcloud_patterns.expression_sets import ExpressionSet

#: The key under which all lie that have such keys, for whoever loads them; no evidence has it.
MARK = "~*"
#: Expressions that one set takes; what is learned beyond them is found by other keys, or not.
MAX_EXPRESSIONS = 10_000
#: Beginnings of keys by what the expression is tried on: paths, texts as they are and without comments, commands.
PATH, SOURCE, IN_USE, COMMAND = SUBJECTS = ("path~", "source~", "text~", "command~")
#: All broad keys end so.
_END = "*"
_MAX_BYTES = 1000
_MAX_PROGRAM = 2000
#: What means another thing, or nothing, once an expression stands in a group and its subject between others.
_UNFIT = ("\\A", "\\z", "\\Z", "\\C", "\\Q", "\n", "\0")


@lru_cache(maxsize=16_384)
def key_of(subject: str, regex: str) -> str | None:
    """Return the key of an expression, None when no set should take it; `unfit` says why."""
    return None if unfit(regex) else f"{subject}{regex}{_END}"


def unfit(regex: str) -> str | None:
    """Return why an expression can't be in a set, or None."""
    if len(regex.encode("utf-8", "replace")) > _MAX_BYTES:
        return f"longer than {_MAX_BYTES} bytes"
    if any(sign in regex for sign in _UNFIT) or _switches_off(regex):
        return "speaks of the whole text's ends, or switches flags off"
    try:
        size = expressions.compiled(regex).programsize
    except (expressions.BadRegex, UnicodeError) as error:
        return str(error)
    return f"takes {size} steps, more than {_MAX_PROGRAM}" if size > _MAX_PROGRAM else None


def _switches_off(regex: str) -> bool:
    return any("-" in part.partition(":")[0].partition(")")[0] for part in regex.split("(?")[1:])


def is_keyless(key: str) -> bool:
    """Tell whether a key is an expression."""
    return "~" in key and key.startswith(SUBJECTS)


class EvidenceKeys(frozenset[str]):
    """The keys of one body of evidence; of keyless expressions, those that were tried and found."""

    __slots__ = ("found", "joined", "tried")

    #: One text of all of a subject, by the beginning of its keys.
    joined: Callable[[str], bytes]
    #: Keys of expressions, and those of them that match; of others nothing is known.
    tried: Set[str]
    found: Set[str]

    @classmethod
    def of(cls, keys: Iterable[str], joined: Callable[[str], bytes]) -> "EvidenceKeys":
        """Make keys of which no expression has been tried yet."""
        made = cls(keys)
        made.joined, made.tried, made.found = joined, frozenset(), frozenset()
        return made

    def may_have(self, expression_key: str) -> bool:
        """Tell whether an expression matches, as far as it was tried."""
        return expression_key in self.found or expression_key not in self.tried


class Residue:
    """The keyless expressions of all known patterns, ready to be tried. Made anew when they change."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        #: The keys of the expressions; of too many, the first ones.
        self.keys = frozenset(list(keys)[:MAX_EXPRESSIONS])
        self._sets: dict[str, tuple[ExpressionSet, dict[str, str]]] = {}
        for subject in SUBJECTS:
            wrapped = {_wrapped(key, subject): key for key in sorted(self.keys) if key.startswith(subject)}
            if wrapped:
                self._sets[subject] = (ExpressionSet(tuple(wrapped)), wrapped)

    def found_by(self, keys: Collection[str]) -> Set[str]:
        """Return the keys of the expressions that match the evidence whose keys these are, and remember them there."""
        if not isinstance(keys, EvidenceKeys):
            return frozenset()
        if keys.tried is not self.keys:
            keys.found = {
                wrapped[expression]
                for subject, (tried, wrapped) in self._sets.items()
                if (text := keys.joined(subject))
                for expression in tried.found_in(text)
            }
            keys.tried = self.keys
        return keys.found


def _wrapped(key: str, subject: str) -> str:
    """Return the expression of a key, with every line's begin and end for those of the text."""
    return f"(?m:{key[len(subject) : -len(_END)]})"
