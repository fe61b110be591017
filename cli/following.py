"""Waiting until a client that follows the feed has everything, and saying how far it is."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from centralcloud_client import CentralPatternsClient, ClientStatus

#: A word on how far it is comes so often.
_SAY_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.2


def caught_up(
    following: "CentralPatternsClient",
    say: Callable[[str], object],
    *,
    still_seconds: float | None = None,
    over: Callable[[], bool] = lambda: False,
) -> bool:
    """Wait until the client is at the head of the feed.

    False when nothing has come for `still_seconds`, or when it is `over`.
    """
    reached, moved = -1, time.monotonic()
    said = time.monotonic()
    while not following.wait_synced(_LOOK_SECONDS):
        now, status = time.monotonic(), following.status()
        if status.last_seq != reached:
            reached, moved = status.last_seq, now
        if (still_seconds is not None and now - moved > still_seconds) or over():
            return False
        if now - said >= _SAY_SECONDS:
            said = now
            say(_how_far(status))
    return True


def _how_far(status: "ClientStatus") -> str:
    if status.connected and status.last_seq and status.lag:
        return f"catching up: change {status.last_seq} of {status.head} …"
    return f"waiting for the centre behind {status.server} …"
