"""End tasks for certain.

On Python 3.11 `asyncio.wait_for` swallows a cancellation that meets its result, and a loop that was cancelled once goes
on; whoever then waited for its end would wait for ever.
"""

import asyncio
from typing import Any, Final

_AGAIN_SECONDS: Final = 0.1


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks, again and again until each has ended; what they raised is dropped."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_AGAIN_SECONDS)
    for task in tasks:
        if not task.cancelled():
            task.exception()
