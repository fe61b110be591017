"""A stand-in for an application process: serves /ready, and misbehaves as told.

fake_child.py PORT [slow-to-stop] [with-grandchild] [die-at-once] [die-after SECONDS]
"""

import contextlib
import http.server
import os
import signal
import subprocess
import sys
import threading


class _Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


def main(port: int, *ways: str) -> None:
    if "die-at-once" in ways:
        print("first line\nthe reason why it ended")
        sys.exit(7)
    if "slow-to-stop" in ways:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if "with-grandchild" in ways:
        # In a session of its own: neither its group nor its parent's death reaches it.
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    if "die-after" in ways:
        seconds = float(ways[ways.index("die-after") + 1])
        threading.Timer(seconds, os._exit, (9,)).start()
    with contextlib.suppress(KeyboardInterrupt):
        http.server.HTTPServer(("127.0.0.1", port), _Ready).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
