"""What holds of a codebase that several instances looked at: what most of them saw.

One instance that says something else of a codebase of others changes nothing, as long as it is outnumbered or came
later.
"""

from collections import Counter
from collections.abc import Collection, Sequence


def agreed(sights: Sequence[Collection[str]]) -> set[str]:
    """Return the items that more than half of the instances saw; `sights` come one an instance, the earliest first.

    Where halves differ, the half of the earliest is right.
    """
    if not sights:
        return set()
    first = set(sights[0])
    if len(sights) == 1:
        return first
    counted = Counter(item for sight in sights for item in set(sight))
    return {
        item for item, seen in counted.items() if 2 * seen > len(sights) or (2 * seen == len(sights) and item in first)
    }
