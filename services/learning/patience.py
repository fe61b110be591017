"""Feedback on what nobody knows yet may only have overtaken the learn it speaks of: who waits, and for how long.

Several processes decide, so a batch may be decided before an earlier one. Feedback waits while something that came
before it is undecided; when nothing is, or it waited long enough, its pattern does not exist.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from services.learning.deliveries import Delivery, times_delivered

#: Seconds until the next delivery, by how often it was delivered; the last outlasts a worker that was killed.
WAITS: Final = (0.25, 2.0, 8.0, 35.0)
#: Messages on their way beyond which nobody waits: each takes the place of one that could be decided.
_ROOM: Final = 5_000


class Progress(NamedTuple):
    """How far the stream is decided."""

    #: Every message up to this number is decided.
    settled: int
    #: Messages delivered and not decided.
    on_their_way: int


#: Asks for the progress; raises OSError while there is none to be had.
Ask = Callable[[], Progress]


def early(feedback: Sequence[Delivery], batch: Collection[Delivery], progress: Progress) -> list[Delivery]:
    """Return the feedback that is to wait. `batch`: what was decided along with it.

    `progress` was asked for after the batch was found to hold it, and before its pattern is looked for again.
    """
    if progress.on_their_way > _ROOM + len(batch):
        return []
    settled = progress.settled
    for number in sorted(delivery.stream_seq for delivery in batch):
        if number == settled + 1:
            settled = number
    return [it for it in feedback if it.stream_seq > settled + 1 and times_delivered(it) <= len(WAITS)]


def seconds_to_wait(delivery: Delivery) -> float:
    """Return after how many seconds early feedback is to be delivered again."""
    return WAITS[min(times_delivered(delivery), len(WAITS)) - 1]
