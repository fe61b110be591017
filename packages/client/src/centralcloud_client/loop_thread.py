"""An event loop on a thread of its own, for callers that have none."""

import asyncio
import concurrent.futures
import logging
import os
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from centralcloud_client.ending import end
from centralcloud_client.errors import ClientClosedError

logger = logging.getLogger("centralcloud_client")

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
        self._loop.close()

    def require_other_thread(self) -> None:
        """Raise RuntimeError on the loop's own thread, which cannot wait for itself."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("on_change runs on the client's own thread: it cannot call the synchronous client")

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result; an interrupted caller cancels it.

        Raises ClientClosedError when the loop is stopped meanwhile.
        """
        try:
            self.require_other_thread()
        except RuntimeError:
            work.close()
            raise
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

    def stop(self, last: Coroutine[Any, Any, object]) -> None:
        """Run one last coroutine, cancel what runs, end the loop and its thread; gives up after _STOP_SECONDS.

        Does nothing in a forked child, which has neither. On the loop's own thread, where the garbage collector may
        end a forgotten client, it does not wait.
        """
        if os.getpid() != self.pid or not self._thread.is_alive():
            last.close()
            return
        asyncio.run_coroutine_threadsafe(self._end(last), self._loop)
        if threading.current_thread() is self._thread:
            return
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            logger.warning("the client's thread does not end: on_change has not returned for %g s", _STOP_SECONDS)

    async def _end(self, last: Coroutine[Any, Any, object]) -> None:
        try:
            await last
        except Exception:  # the thread ends all the same
            logger.exception("the client could not be closed well")
        current = asyncio.current_task()
        await end(*(task for task in asyncio.all_tasks() if task is not current))
        await self._loop.shutdown_default_executor()
        self._loop.stop()
