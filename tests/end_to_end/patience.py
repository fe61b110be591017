"""Waiting for what must come true, with a deadline and a sentence for when it does not."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_LOOK_EVERY = 0.02


def until(condition: Callable[[], object], seconds: float, failure: str) -> float:
    """Return the seconds it took until the condition held."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"{failure} ({seconds:g} s)"
        time.sleep(_LOOK_EVERY)
    return time.monotonic() - began


async def soon(condition: Callable[[], object], seconds: float, failure: str) -> None:
    """Wait without holding up the event loop; the condition runs in a thread."""

    async def look() -> object:
        return await asyncio.to_thread(condition)

    await repeated(look, seconds, failure)


async def repeated(condition: Callable[[], Awaitable[object]], seconds: float, failure: str = "it never was") -> None:
    """Wait until the coroutine says so."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"{failure} ({seconds:g} s)"
        await asyncio.sleep(_LOOK_EVERY)
