"""Tell Flower about workers that came up after it: it inspects them once, at its own start."""

import json
import threading
import time
import urllib.request
from contextlib import suppress

_ANSWER_SECONDS = 10.0
_ATTEMPTS = 10
_PAUSE_SECONDS = 0.5


def introduce_workers(flower_url: str, count: int) -> None:
    """Have Flower inspect, in the background, until it lists so many workers.

    More than once, because it answers a question asked during its first inspection with the result of that one.
    """
    threading.Thread(target=_introduce, args=(flower_url, count), name="flower", daemon=True).start()


def _introduce(flower_url: str, count: int) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(_ATTEMPTS):
        address = f"{flower_url}/api/workers?refresh=true"
        with suppress(OSError, ValueError), opener.open(address, timeout=_ANSWER_SECONDS) as reply:
            if len(json.load(reply)) >= count:
                return
        time.sleep(_PAUSE_SECONDS)
