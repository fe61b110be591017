"""Tell Flower about workers that came up after it: it inspects them once, at its own start."""

import threading
import urllib.request
from contextlib import suppress

_SECONDS = 10.0


def introduce_workers(flower_url: str) -> None:
    """Ask Flower, in the background, to inspect every worker anew; its event stream keeps it up to date from there."""

    def ask() -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with suppress(OSError), opener.open(f"{flower_url}/api/workers?refresh=true", timeout=_SECONDS) as reply:
            reply.read()

    threading.Thread(target=ask, name="flower", daemon=True).start()
