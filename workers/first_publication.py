"""The sync worker's first word: it brings stream SYNC up to the feed before it says that it is ready.

Else the first change after a start could come before the stream that carries it: a stream that is made anew begins
behind the feed's head. Later publishing is `tasks.sync`'s.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

_SECONDS_BETWEEN: Final = 0.1

_log = structlog.get_logger(__name__)


def start(publish: Callable[[], object], done: Callable[[], None]) -> threading.Thread:
    """Call `publish` until it succeeds, then `done`, in a thread of its own: servers may still be away."""
    thread = threading.Thread(target=_until_published, args=(publish, done), name="first publication", daemon=True)
    thread.start()
    return thread


def _until_published(publish: Callable[[], object], done: Callable[[], None]) -> None:
    told = False
    while True:
        try:
            publish()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if not told:
                _log.warning("nothing can be published yet", error=repr(error))
            told = True
            time.sleep(_SECONDS_BETWEEN)
        else:
            done()
            return
