"""What can be said at once about a name that no pattern answers to: whether it is being found out, or why not.

Read by lookups, on their connection; writes nothing. The gateway makes replies of it.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Final

import msgspec
from sqlalchemy import Connection

from models import discoveries
from models.base import AnyRow
from services.discovery.form import is_name
from services.discovery.identity import Pair, discovery_id
from services.discovery.reasons import DISABLED, NOT_A_NAME

#: How a name was found that is no alias, but another way to write one: told so without a feed row.
FORWARDED: Final = "same"
#: Found this long ago, and still no pattern answers to the name: it went away again.
SETTLED: Final = datetime.timedelta(seconds=10)


class Word(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said about one unknown name."""

    #: Of its discovery; empty when there is none.
    id: str = ""
    #: Why it is not found out, or not now.
    reason: str = ""
    #: Whether an outcome is to come.
    runs: bool = False
    #: When it is tried (again), in milliseconds from now.
    due_ms: int = 0
    #: The pattern that it is another way to write.
    slug: str = ""


NOTHING: Final = Word()


class Teller:
    """What is said of the unknown names of one batch, asked for by `asked` spellings."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        asked: Sequence[str],
        clock: Callable[[], datetime.datetime],
        *,
        enabled: bool,
    ) -> None:
        self.pairs = pairs
        self.asked = asked
        self.words: dict[Pair, Word] = {}
        self._clock = clock
        self._enabled = enabled

    def __call__(self, connection: Connection, missing: Set[Pair]) -> dict[Pair, Word]:
        """Say it, and remember what was said."""
        names = {pair: name for pair, name in zip(self.pairs, self.asked, strict=True) if pair in missing}
        self.words = tell(connection, names, self._clock(), enabled=self._enabled)
        return self.words


def tell(
    connection: Connection, names: Mapping[Pair, str], now: datetime.datetime, *, enabled: bool
) -> dict[Pair, Word]:
    """Say what is known about finding out these (type, key), given with the names as asked.

    A name nobody asked for before counts as being found out: whoever tells so has it begun.
    """
    words = {pair: _formless(pair, name) for pair, name in names.items()}
    asked = [pair for pair, word in words.items() if word is NOTHING]
    if not asked:
        return words
    rows = {(row.type, row.key): row for row in discoveries.known(connection, asked)}
    for pair in asked:
        words[pair] = _word(pair, rows.get(pair), now, enabled=enabled)
    return words


def is_wanted(word: Word) -> bool:
    """Tell whether asking for it counts, and may begin a discovery."""
    return word.reason != NOT_A_NAME and not word.slug


def _formless(pair: Pair, name: str) -> Word:
    return NOTHING if is_name(name, pair[1]) else Word(reason=NOT_A_NAME)


def _word(pair: Pair, row: AnyRow | None, now: datetime.datetime, *, enabled: bool) -> Word:
    if row is None:
        return Word(id=discovery_id(*pair), runs=True)
    if row.state == "found" and row.slug and row.found_by == FORWARDED:
        return Word(id=row.id, slug=row.slug)
    left = max(0, int((row.due_at - now).total_seconds() * 1000))
    if row.state == "open":
        return Word(id=row.id, runs=True, due_ms=left, reason=row.reason or "" if left else "")
    if row.state == "failed" and left and not (enabled and row.reason == DISABLED):
        return Word(id=row.id, reason=row.reason or "", due_ms=left)
    # Running; or found a moment ago, which a later lookup sees; or to be tried again.
    return Word(id=row.id, runs=True)
