"""The names a pattern answers to, as rows: its slug, its name, other names, and behind them what only instances said.

Pure; who answers to a name is found by `models.pattern_writes` and `models.patterns`.
"""

from collections.abc import Iterator
from typing import Any, Final

from centralcloud_client.naming import normalise
from centralcloud_patterns.merging import learned_names
from centralcloud_patterns.pattern import Pattern
from models import pattern_writes

#: How far names that only instances gave stand behind the others.
_BEHIND: Final = pattern_writes.LEARNED_NAME - 1


def rows_of_names(pattern: Pattern, identity: int) -> Iterator[dict[str, Any]]:
    """Yield what a pattern answers to, each name once, by its best rank: type, key, pattern_id, rank."""
    ranks: dict[str, int] = {}
    learned = learned_names(pattern)
    for rank, name in ((0, pattern.slug), (1, pattern.name), *((2, alias) for alias in pattern.aliases)):
        if key := normalise(name):
            place = rank + _BEHIND if rank and name in learned else rank
            ranks[key] = min(place, ranks.get(key, place))
    for key, rank in ranks.items():
        yield {"type": pattern.type, "key": key, "pattern_id": identity, "rank": rank}
