"""Words: what a text is made of, and which of them every match of an expression must hold whole.

A word is a run of ASCII letters and digits, in lower case; everything else, `_` included, parts words. They are keys
of the inverted index: an expression that promises a word is tried only where the text has it. How an expression is
taken apart is `word_parts`'s work.
"""

from collections.abc import Iterable
from functools import lru_cache

from centralcloud_patterns.word_parts import Part, Unsure, parts_of

#: Shorter words stand in every text; longer ones are hashes and encoded data.
MIN_LENGTH = 3
MAX_LENGTH = 64
#: Ways to spell one run of letters, as `(next|nuxt)js?` has four.
_MAX_SPELLINGS = 16

#: Each byte as it counts in a word: in lower case, and blank where words part.
_PARTED = bytes(ord(chr(byte).lower()) if byte < 128 and chr(byte).isalnum() else 32 for byte in range(256))
_EVERYWHERE = """
cluster configuration connector enabled format frontend management manager monitoring release runtime security
add and api app apps apiversion build class com config const css data default dependencies dependency dev docker
engines env export false file files for from function github google group html http https image import include
index input io java js json kind language let lib main microsoft module name net new node none npm null object
open org output package packages path plugin plugins port private public python react require return run script
scripts server service services src start static string target test tests text the this tool tools true type url
use user using uses value version void web with workspaces www xml yaml yml
"""
#: Words of any project: an expression is better found by another one that it promises.
COMMON = frozenset(_EVERYWHERE.split())

Words = frozenset[str]


def words_in(text: str) -> set[str]:
    """Return the words of a text."""
    runs = text.encode("ascii", "replace").translate(_PARTED).decode("ascii").split()
    return {word for word in set(runs) if len(word) >= MIN_LENGTH}


@lru_cache(maxsize=16_384)
def required_words(regex: str, least: int = MIN_LENGTH) -> Words:
    """Return words of which every match of the expression holds at least one whole; none when nothing is sure.

    Words shorter than `least` promise nothing.
    """
    return _promised(regex, least, sure=True)


@lru_cache(maxsize=16_384)
def telling_words(regex: str) -> Words:
    """Return what is required of a text, unless one of the words stands in those of every project."""
    words = required_words(regex)
    return words if words.isdisjoint(COMMON) else frozenset()


@lru_cache(maxsize=16_384)
def likely_words(regex: str) -> Words:
    """Return words of which nearly every match holds one, as if all that is spelled stood by itself."""
    return _promised(regex, MIN_LENGTH, sure=False)


def _promised(regex: str, least: int, *, sure: bool) -> Words:
    try:
        return _promises(parts_of(regex), least, sure=sure) or frozenset()
    except Unsure:
        return frozenset()


@lru_cache(maxsize=16_384)
def telling_word(text: str) -> str:
    """Return the word of a short text that says most; '' when all are too short."""
    found = [word for word in words_in(text) if len(word) <= MAX_LENGTH]
    return min(found, key=lambda word: _breadth(frozenset({word})), default="")


def _best(promises: Iterable[Words | None]) -> Words | None:
    return min((words for words in promises if words), key=_breadth, default=None)


def _breadth(words: Words) -> tuple[bool, int, int, list[str]]:
    """Order promises: what stands in every project last, few words before many, long ones before short ones."""
    return (not COMMON.isdisjoint(words), len(words), -min(map(len, words)), sorted(words))


def _promises(parts: list[Part], least: int, *, sure: bool) -> Words | None:
    """Return the most telling promise of parts that follow each other; of a group, one for each of its branches."""
    promises: list[Words | None] = [_every(part, least, sure=sure) for part in parts if part.branches]
    position = 0
    while position < len(parts):
        end = position
        while end < len(parts) and parts[end].spellings:
            end += 1
        if end > position and not (sure and _is_open(parts[:position], parts[end:])):
            promises.append(_spelled(parts[position:end], least))
        position = max(end, position + 1)
    return _best(promises)


def _every(part: Part, least: int, *, sure: bool) -> Words | None:
    if part.empty:
        return None
    found: Words = frozenset()
    for branch in part.branches:
        words = _promises(branch, least, sure=sure)
        if words is None:
            return None
        found |= words
    return found if len(found) <= _MAX_SPELLINGS else None


def _is_open(before: list[Part], behind: list[Part]) -> bool:
    """Tell whether a run may go on, one way or the other, as part of a longer word."""
    return not (_parted_before(before) and _parted_behind(behind))


def _parted_before(parts: list[Part]) -> bool:
    """Tell whether the last thing before a run surely is no letter or digit."""
    for part in reversed(parts):
        if not part.right:
            return False
        if not part.empty:
            return True
    return False


def _parted_behind(parts: list[Part]) -> bool:
    for part in parts:
        if not part.left:
            return False
        if not part.empty:
            return True
    return False


def _spelled(run: list[Part], least: int) -> Words | None:
    spelled = [""]
    for part in run:
        spelled = [before + after for before in spelled for after in part.spellings]
        if len(spelled) > _MAX_SPELLINGS:
            return None
    return frozenset(spelled) if all(least <= len(word) <= MAX_LENGTH for word in spelled) else None
