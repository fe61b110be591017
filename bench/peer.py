"""The peer that scans are measured beside: @specfy/stack-analyser, installed by npm for the moment."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

PACKAGE: Final = "@specfy/stack-analyser"
_SCRIPT: Final = Path(__file__).with_name("peer.mjs")
_INSTALL_SECONDS: Final = 180


class Missing(Exception):  # noqa: N818  # a reason, told to the reader
    """Why the peer cannot be run here."""


def install(folder: Path) -> None:
    """Install the peer into a folder; raises Missing."""
    if not (shutil.which("npm") and shutil.which("node")):
        raise Missing("there is no npm here")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"npm did not install it within {_INSTALL_SECONDS} s") from None
    if done.returncode:
        raise Missing(f"npm could not install it: {done.stderr.strip()[-200:]}")


class Peer:
    """One process of the peer, which looks at one directory after the other."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["node", str(_SCRIPT)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def look_at(self, directory: Path) -> float:
        """Return how many seconds the peer says it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{directory}\n")
        self._process.stdin.flush()
        # It prints complaints between its answers.
        for line in self._process.stdout:
            if line.startswith('{"ms":'):
                return float(json.loads(line)["ms"]) / 1000
        raise RuntimeError(f"the peer ended with {self._process.wait()}")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        """Yield a process that ends with the block."""
        peer = cls(folder)
        try:
            yield peer
        finally:
            peer.close()


def once(folder: Path, directory: Path) -> float:
    """Return the seconds of a whole run, start included, as for a command."""
    began = time.perf_counter()
    with Peer.running(folder) as peer:
        peer.look_at(directory)
    return time.perf_counter() - began
