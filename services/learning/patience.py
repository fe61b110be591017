"""Feedback on what nobody knows yet may only have overtaken the learn it speaks of: who waits, and for how long.

Several processes decide, so a batch may be decided before an earlier one. Feedback waits while a learn that came before
it is undecided; when none is, or it waited long enough, its pattern does not exist.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from services.learning.deliveries import Delivery, times_delivered

#: Seconds until the next delivery, by how often it was delivered; the last outlasts a worker that was killed.
WAITS: Final = (0.25, 2.0, 8.0, 35.0)
#: Messages on their way beyond which nobody waits: each takes the place of one that could be decided.
_ROOM: Final = 5_000


class Progress(NamedTuple):
    """How far the stream is decided."""

    #: The first learn that is undecided; None when all are decided.
    open_learn: int | None
    #: Messages delivered and not decided.
    on_their_way: int


#: Asks for the progress; raises OSError while there is none to be had.
Ask = Callable[[], Progress]


def early(feedback: Sequence[Delivery], progress: Progress) -> list[Delivery]:
    """Return the feedback that is to wait.

    `progress` was asked for after no pattern was found, and before it is looked for again.
    """
    first = progress.open_learn
    if first is None or progress.on_their_way > _ROOM:
        return []
    return [it for it in feedback if it.stream_seq > first and times_delivered(it) <= len(WAITS)]


def seconds_to_wait(delivery: Delivery) -> float:
    """Return after how many seconds early feedback is to be delivered again."""
    return WAITS[min(times_delivered(delivery), len(WAITS)) - 1]
