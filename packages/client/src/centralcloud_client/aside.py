"""Run what blocks beside the event loop, on threads of our own.

Not `asyncio.to_thread`: its pool takes no more work as soon as the main thread ends, while a client lives on until the
interpreter's exit closes it, and may be used by threads that outlive the main one.
"""

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
#: Threads of one loop; what comes beyond waits for its turn.
_AT_ONCE: Final = 8
_turns: Final["weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]"] = weakref.WeakKeyDictionary()


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `work` returns or raises; once begun, it goes on even if the caller is cancelled."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the caller has it
            _tell(loop, done, done.set_exception, error)
        else:
            _tell(loop, done, done.set_result, result)

    async with _turns.setdefault(loop, asyncio.Semaphore(_AT_ONCE)):
        try:
            threading.Thread(target=run, name="aside", daemon=True).start()
        except RuntimeError:
            # Python 3.12 makes no thread any more once the main one has ended: the loop waits instead.
            run()
        return await done


def _tell(
    loop: asyncio.AbstractEventLoop, done: "asyncio.Future[Any]", settle: Callable[[Any], None], outcome: Any
) -> None:
    def settle_if_wanted() -> None:
        if not done.done():
            settle(outcome)

    # A loop that is closed has nobody who waits.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(settle_if_wanted)
