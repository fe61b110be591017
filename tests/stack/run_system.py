"""Run a system with fake application processes until told to stop: `up` without the application.

run_system.py STATE [WAY …]   (ways of tests/stack/fake_child.py, for the child named `fake`)
"""

import signal
import sys
from pathlib import Path

from stack import reaper
from stack.system import Options, System
from tests.stack.fakes import fake


def main(state: Path, *ways: str) -> None:
    system = System(
        Options(state=state),
        lambda line: print(line, flush=True),
        before=lambda _system: [],
        application=lambda system: [fake(system.state.path, "fake", *ways)],
    )
    signal.signal(signal.SIGTERM, lambda *_: system.request_stop())
    reaper.adopt_orphans()
    system.start()
    print("ready", flush=True)
    system.watch()
    system.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
