"""An event loop on a thread of its own, for callers that have none."""

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from centralcloud_client.ending import end
from centralcloud_client.errors import ClientClosedError

T = TypeVar("T")
#: How often a waiting caller looks whether the thread is still there.
_LOOK_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 10.0


class LoopThread:
    """Runs coroutines for other threads; belongs to the process that made it."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="centralcloud-client", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result; an interrupted caller cancels it.

        Raises ClientClosedError when the loop is stopped meanwhile.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("on_change runs on the client's own thread: it cannot call the synchronous client")
        try:
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:
            work.close()
            raise ClientClosedError("this client was closed") from None
        try:
            return self._result(future)
        except concurrent.futures.CancelledError:
            raise ClientClosedError("this client was closed") from None
        except BaseException:
            future.cancel()
            raise

    def _result(self, future: concurrent.futures.Future[T]) -> T:
        while True:
            try:
                return future.result(_LOOK_SECONDS)
            except TimeoutError:
                if future.done():
                    raise
                if not self._thread.is_alive():
                    raise ClientClosedError("this client was closed") from None

    def stop(self) -> None:
        """Cancel what runs, end the loop and its thread; does nothing in a forked child, which has neither."""
        if os.getpid() != self.pid or self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(_wind_up(), self._loop).result(_STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()


async def _wind_up() -> None:
    current = asyncio.current_task()
    await end(*(task for task in asyncio.all_tasks() if task is not current))
    await asyncio.get_running_loop().shutdown_default_executor()
