"""Choose TCP ports on loopback and keep them.

Free ports come from below the ephemeral range: a client's outgoing connection could otherwise sit on the port of a
server that is just being restarted.
"""

import json
import random
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
_RANGE = range(11000, 32000)


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    # Some systems let two sockets bind one port when only one of them names the address.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
        caller.settimeout(0.5)
        return caller.connect_ex((HOST, port)) != 0


@dataclass
class Ports:
    """The ports of one state directory, remembered in a file so that a restart finds its servers where they were."""

    path: Path
    #: (name, wanted, got) of every well-known or kept port of a public server that was taken.
    replaced: list[tuple[str, int, int]] = field(default_factory=list)
    _kept: dict[str, int] = field(default_factory=dict)
    _given: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        with suppress(OSError, ValueError):
            kept = json.loads(self.path.read_text())
            self._kept = {str(name): int(port) for name, port in kept.items() if int(port) in range(1, 65536)}

    def choose(self, name: str, preferred: int | None = None) -> int:
        """Return the kept port of `name`, else the preferred one, else a free one."""
        wanted = self._kept.get(name, preferred)
        port = wanted if wanted is not None and wanted not in self._given and is_free(wanted) else self._free()
        if preferred is not None and wanted is not None and port != wanted:
            self.replaced.append((name, wanted, port))
        self._given.add(port)
        self._kept[name] = port
        return port

    def save(self) -> None:
        """Write the choices down."""
        self.path.write_text(json.dumps(self._kept, indent=1))

    def _free(self) -> int:
        for port in random.sample(_RANGE, 1000):
            if port not in self._given and is_free(port):
                return port
        raise OSError("no free port on 127.0.0.1")
