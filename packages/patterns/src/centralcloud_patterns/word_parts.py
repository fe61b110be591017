r"""An expression taken apart, as far as words go: what is spelled out, what surely parts words, and the branches.

Knows the syntax of RE2. Whatever is not surely understood raises Unsure: then nothing is promised, which costs speed,
never a match. Nothing from outside is run here.
"""

import re
from collections.abc import Callable
from itertools import chain

from msgspec import Struct

ALNUM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_MAX_DEPTH = 50
#: Letters of a class that are tried one by one, as in `v[123]`.
_MAX_OPTIONS = 8
_ASCII = [chr(code) for code in range(128)]
#: Blind to case, these also match a sign that is no ASCII letter: `ſ`, and the sign for Kelvin.
_TWO_FACED = frozenset("ksKS")

_FLAGS = re.compile(r"\(\?(P?<\w+>|[imsU-]*[:)])")
#: The last letter is left where it is repeated.
_RUN = re.compile(r"[A-Za-z0-9]+(?![*+?{])")
_REPEAT = re.compile(r"(?:[*+?]|\{(\d{1,4})(,\d{0,4})?\})\??")
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": str.isdigit,
    "D": lambda sign: not sign.isdigit(),
    "s": lambda sign: sign in "\t\n\f\r ",
    "S": lambda sign: sign not in "\t\n\f\r ",
    "w": lambda sign: sign in ALNUM or sign == "_",
    "W": lambda sign: not (sign in ALNUM or sign == "_"),
}


class Unsure(ValueError):  # noqa: N818 - not an error of the expression's
    """The expression holds something that is not followed here."""


class Part(Struct, frozen=True, kw_only=True):
    """One piece of an expression: spelled letters, something that parts words, a group, or anything."""

    #: What it may be, letters and digits only; none when it is not spelled out.
    spellings: tuple[str, ...] = ()
    #: Whether it may match nothing at all. Anchors are not empty in this sense: they tell what is beside them.
    empty: bool = False
    #: Whether no letter or digit is at its beginning, seen from before it; when not empty.
    left: bool = False
    #: The same at its end, seen from behind it.
    right: bool = False
    #: Of a group: what follows each other in each of its alternatives.
    branches: tuple[list["Part"], ...] = ()


_ANYTHING = Part(empty=True)
_SOMETHING = Part()
_PARTING = Part(left=True, right=True)


def parts_of(regex: str) -> list[Part]:
    """Return the parts that follow each other in an expression; raise Unsure."""
    reader = _Reader(regex)
    parts = _one(reader.alternatives(0))
    if reader.rest:
        raise Unsure("a parenthesis too many")
    return parts


def _one(branches: list[list[Part]]) -> list[Part]:
    """Return alternatives as parts: a single one as it is."""
    if len(branches) == 1:
        return branches[0]
    return [_grouped(branches)]


def _grouped(branches: list[list[Part]]) -> Part:
    spelled = [branch[0] for branch in branches if len(branch) == 1 and branch[0].spellings]
    if len(spelled) == len(branches):
        spellings = tuple(dict.fromkeys(chain.from_iterable(part.spellings for part in spelled)))
        return Part(spellings=spellings, empty="" in spellings)
    return Part(
        branches=tuple(branches),
        empty=any(all(part.empty for part in branch) for branch in branches),
        left=all(_edge(branch, lambda part: part.left) for branch in branches),
        right=all(_edge(branch[::-1], lambda part: part.right) for branch in branches),
    )


def _edge(parts: list[Part], parted: Callable[[Part], bool]) -> bool:
    for part in parts:
        if not parted(part):
            return False
        if not part.empty:
            return True
    return True


def _joined(parts: list[Part]) -> list[Part]:
    """Return the parts with neighbouring letters put together, as long as each is spelled one way."""
    joined: list[Part] = []
    for part in parts:
        if joined and len(part.spellings) == len(joined[-1].spellings) == 1:
            joined[-1] = Part(spellings=(joined[-1].spellings[0] + part.spellings[0],))
        else:
            joined.append(part)
    return joined


def _repeated(part: Part, least: int, most: int | None) -> Part:
    if (least, most) == (1, 1):
        return part
    if part.spellings:
        if (least, most) == (0, 1):
            return Part(spellings=(*part.spellings, ""), empty=True)
        return Part(empty=least == 0 or part.empty)
    return Part(left=part.left, right=part.right, branches=part.branches, empty=part.empty or least == 0)


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, regex: str) -> None:
        self._regex = regex
        self._at = 0
        self._blind = "(?" in regex and bool(re.search(r"\(\?[a-zA-Z]*i", regex))

    @property
    def rest(self) -> str:
        """Return what is still to be read."""
        return self._regex[self._at :]

    def alternatives(self, depth: int) -> list[list[Part]]:
        """Read up to the end of a group; each branch is what follows each other in it."""
        if depth > _MAX_DEPTH:
            raise Unsure("nested too deep")
        branches: list[list[Part]] = [[]]
        while self._at < len(self._regex) and self._regex[self._at] != ")":
            if self._regex[self._at] == "|":
                self._at += 1
                branches.append([])
            else:
                branches[-1] += self._repeats(self._piece(depth))
        return [_joined(branch) for branch in branches]

    def _repeats(self, parts: list[Part]) -> list[Part]:
        found = _REPEAT.match(self._regex, self._at)
        if not found:
            return parts
        self._at = found.end()
        if not parts or _REPEAT.match(self._regex, self._at):
            raise Unsure("repeated twice, or flags repeated")
        sign = found[0][0]
        least = int(found[1]) if sign == "{" else int(sign == "+")
        most = 1 if sign == "?" or (sign == "{" and (found[2] or f",{least}") == ",1") else None
        if sign == "{" and not found[2] and least == 1:
            return parts
        part = parts[0] if len(parts) == 1 else _grouped([parts])
        return [_repeated(part, least, most)]

    def _piece(self, depth: int) -> list[Part]:
        run = None if self._blind else _RUN.match(self._regex, self._at)
        if run:
            self._at = run.end()
            return [Part(spellings=(run[0].lower(),))]
        sign = self._regex[self._at]
        return self._group(depth) if sign == "(" else [self._class() if sign == "[" else self._sign(sign)]

    def _sign(self, sign: str) -> Part:
        self._at += 1
        if sign == "\\":
            return self._escape()
        if sign in "^$":
            return _PARTING
        if sign == ".":
            return _SOMETHING
        if sign in "*+?":
            raise Unsure("nothing to repeat")
        return self._letter(sign)

    def _letter(self, sign: str) -> Part:
        if sign in ALNUM:
            return _SOMETHING if self._blind and sign in _TWO_FACED else Part(spellings=(sign.lower(),))
        return _PARTING if sign.isascii() else _SOMETHING

    def _group(self, depth: int) -> list[Part]:
        if self._regex.startswith("(?", self._at):
            flags = _FLAGS.match(self._regex, self._at)
            if not flags:
                raise Unsure("a group of another kind")
            self._at = flags.end()
            if flags[0].endswith(")"):
                return []
        else:
            self._at += 1
        parts = _one(self.alternatives(depth + 1))
        if not self.rest:
            raise Unsure("a parenthesis is missing")
        self._at += 1
        return parts or [_ANYTHING]

    def _escape(self) -> Part:
        sign = self._regex[self._at : self._at + 1]
        self._at += 1
        if sign in _CLASSES:
            return _PARTING if sign in "sW" else _SOMETHING
        if sign and sign in "bAz":
            return _PARTING
        if sign == "B":
            return _ANYTHING
        if sign and sign in "tnrfva":
            return _PARTING
        if not sign or not sign.isascii() or sign.isalnum():
            raise Unsure("an escape of another kind")
        return self._letter(sign)

    def _class(self) -> Part:
        """Read `[…]`: what parts words, a few letters, or anything."""
        end, body = self._class_end()
        self._at = end
        negated = body.startswith("^")
        if body.isascii() and "[" not in body:
            holds = _members(body[1:] if negated else body)
            matched = [sign for sign in _ASCII if (sign in holds) != negated]
            letters = [sign for sign in matched if sign in ALNUM]
            if not letters:
                return _PARTING
            if len(letters) == len(matched) <= _MAX_OPTIONS and not negated:
                found = [self._letter(sign) for sign in letters]
                if all(part.spellings for part in found):
                    return Part(spellings=tuple(dict.fromkeys(part.spellings[0] for part in found)))
        return _SOMETHING

    def _class_end(self) -> tuple[int, str]:
        position = self._at + 1
        if self._regex.startswith("^", position):
            position += 1
        if self._regex.startswith("]", position):
            position += 1
        while position < len(self._regex) and self._regex[position] != "]":
            if self._regex.startswith("[:", position):
                raise Unsure("a named class")
            position += 2 if self._regex[position] == "\\" else 1
        if position >= len(self._regex):
            raise Unsure("a class without an end")
        return position + 1, self._regex[self._at + 1 : position]


def _members(body: str) -> frozenset[str]:
    """Return the ASCII signs that a class names; raise Unsure for an escape of another kind."""
    signs: list[str] = []
    found: set[str] = set()
    position = 0
    while position < len(body):
        sign = body[position]
        position += 1
        if sign == "\\":
            sign = body[position : position + 1]
            position += 1
            if sign in _CLASSES and sign:
                found.update(filter(_CLASSES[sign], _ASCII))
                signs.append("")
                continue
            if sign and sign in "tnrfva":
                sign = " "
            elif not sign or sign.isalnum():
                raise Unsure("an escape of another kind")
        elif sign == "-" and signs and signs[-1] and position < len(body):
            first, last = signs.pop(), body[position]
            position += 1
            if last == "\\":
                raise Unsure("a range up to an escape")
            found.update(sign for sign in _ASCII if first <= sign <= last)
            signs.append("")
            continue
        signs.append(sign)
    return frozenset(found.union(signs) - {""})
