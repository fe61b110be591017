"""NATS, Valkey and PostgreSQL of our own: on loopback, from the installed wheels, as children of this process.

`up` runs them in the state folder, tests in a temporary one:

    with EmbeddedServers() as servers:
        connect(servers.nats_url)            # as an instance; servers.centre_url for the centre's own user
        servers.kill("nats")                 # SIGKILL; the data stays
        servers.start("nats")                # same port, same data
        servers.restart("postgres")          # in order
        servers.suspend("valkey"); servers.resume("valkey")

`EmbeddedServers(only=("postgres",))` starts fewer. It migrates nothing: the database is empty.
"""

import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from stack.child import Child, Process
from stack.environment import inherited
from stack.nats_permissions import CENTRE
from stack.nats_server import nats_process
from stack.ports import HOST, Ports
from stack.postgres_server import database_url, postgres_process, remove_short_socket_folder
from stack.secret import centre_password
from stack.valkey_server import valkey_process

NAMES: Final = ("nats", "valkey", "postgres")


class EmbeddedServers:
    """The servers of one folder; a context manager that starts them ready and leaves nothing running."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        only: Collection[str] = NAMES,
        preferred_ports: Mapping[str, int] | None = None,
    ) -> None:
        self.only = tuple(name for name in NAMES if name in only)
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="centralcloud-"))
        (self.folder / "log").mkdir(mode=0o700, parents=True, exist_ok=True)
        preferred = preferred_ports or {}
        self.ports = Ports(self.folder / "ports.json")
        self._nats_port = self.ports.choose("nats", preferred.get("nats")) if "nats" in only else 0
        self._monitoring_port = self.ports.choose("nats-monitoring") if "nats" in only else 0
        self._redis_port = self.ports.choose("redis", preferred.get("redis")) if "valkey" in only else 0
        self.nats_user: Final = CENTRE
        self.nats_password = centre_password(self.folder / "centre.secret")
        self.children: dict[str, Child] = {}

    @property
    def nats_url(self) -> str:
        """Where instances connect, without credentials."""
        return f"nats://{HOST}:{self._nats_port}"

    @property
    def centre_url(self) -> str:
        """Where the centre's own processes connect: the same with `nats_user` and `nats_password` in it."""
        return f"nats://{self.nats_user}:{self.nats_password}@{HOST}:{self._nats_port}"

    @property
    def monitoring_url(self) -> str:
        """NATS's own HTTP address (`/varz`, `/jsz`)."""
        return f"http://{HOST}:{self._monitoring_port}"

    @property
    def redis_url(self) -> str:
        """Valkey, database 0."""
        return f"redis://{HOST}:{self._redis_port}/0"

    @property
    def database_url(self) -> str:
        """PostgreSQL as an SQLAlchemy URL with psycopg2, over its Unix socket."""
        return database_url(self.folder / "postgres")

    def launch(self) -> None:
        """Start all at once without waiting; raises StartError."""
        self.ports.save()
        env = inherited(self.folder)
        makers: dict[str, Callable[[], Process]] = {
            "nats": lambda: nats_process(
                self.folder / "nats", env, self._nats_port, self._monitoring_port, self.nats_password
            ),
            "valkey": lambda: valkey_process(self.folder / "valkey", env, self._redis_port),
            "postgres": lambda: postgres_process(self.folder / "postgres", env),
        }
        for name in self.only:
            self.children[name] = Child(makers[name](), self.folder / "log" / f"{name}.log")
            self.children[name].start()

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Wait until every server answers; raises StartError with the last lines of one that does not."""
        deadline = time.monotonic() + seconds
        for child in self.children.values():
            child.wait_ready(max(0.1, deadline - time.monotonic()))

    def stop_all(self) -> None:
        """Stop every server in order, all at once; remove a temporary folder."""
        for child in self.children.values():
            child.ask_to_stop()
        for child in self.children.values():
            child.await_end(time.monotonic() + child.process.grace)
        self.forget()

    def forget(self) -> None:
        """Remove what a stopped set of servers leaves outside of a lasting folder."""
        remove_short_socket_folder(self.folder / "postgres")
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self, name: str) -> None:
        """SIGKILL one server."""
        self.children[name].kill()

    def stop(self, name: str) -> None:
        """Stop one server in order."""
        self.children[name].stop()

    def start(self, name: str) -> None:
        """Start one stopped or killed server on its port and data, and wait until it answers."""
        self.children[name].start_ready()

    def restart(self, name: str) -> None:
        """Stop one server in order and start it again."""
        self.stop(name)
        self.start(name)

    def suspend(self, name: str) -> None:
        """SIGSTOP one server: connections stay open, nothing answers."""
        self.children[name].signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT one server."""
        self.children[name].signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        try:
            self.launch()
            self.wait_ready()
        except BaseException:
            self.stop_all()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop_all()
