"""The whole system in one state folder: servers, migration, application; what `up` runs and end-to-end tests start.

    with System(Options(state=tmp_path)) as system:       # ready, supervised by a background thread
        system.addresses.nats_url
        system.kill("learn")                              # SIGKILL; restarted with backoff
        system.hold("gateway"); system.start_again("gateway")
        system.child("lookup").pid

Owns the order of things. What each process is stands in stack.processes, keeping it alive in stack.supervisor.
"""

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from stack import reaper
from stack.child import Child, Process
from stack.environment import inherited
from stack.flower import introduce_workers
from stack.forking import AVAILABLE, ForkServer
from stack.given_servers import require_reachable, require_streams
from stack.leftovers import end_leftovers, end_marked, identity
from stack.ports import HOST
from stack.processes import ROOT, Addresses, Application, migrate_process
from stack.servers import NAMES, EmbeddedServers
from stack.spawn import StartError
from stack.state import Running, StateFolder
from stack.supervisor import Supervisor

_PREFERRED_PORTS: Final = {"nats": 4222, "redis": 6379, "flower": 5555}
_MIGRATION_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to start, and where."""

    state: Path
    #: Remove the state folder at the end.
    ephemeral: bool = False
    gateways: int = 1
    #: Worker processes by worker name.
    scale: Mapping[str, int] = field(default_factory=dict)
    #: Servers that run already; None: an embedded one.
    nats_url: str | None = None
    nats_user: str | None = None
    nats_password: str | None = None
    redis_url: str | None = None
    database_url: str | None = None
    codebase_root: Path = field(default_factory=Path.cwd)
    #: Try the well-known ports first; tests take free ones.
    well_known_ports: bool = False


#: What runs once before the application, and the application itself: other ones than the real in tests of this room.
Processes = Callable[["System"], Sequence[Process]]


class System:
    """A running system; `start`, `watch`, `stop`, or a context manager that does all three."""

    def __init__(
        self,
        options: Options,
        say: Callable[[str], None] = lambda _line: None,
        *,
        before: Processes | None = None,
        application: Processes | None = None,
    ) -> None:
        self.options = options
        self.state = StateFolder(options.state.resolve())
        self._say = say
        self._before = before or _migration
        self._application = application or _application
        self.supervisor = Supervisor(say, self._note_processes)
        self.addresses: Addresses
        self.servers: EmbeddedServers
        self.flower_port = 0
        #: Seconds from the beginning of `start` until everything was ready.
        self.started_in = 0.0
        self._watcher: threading.Thread | None = None
        self.fork_server: ForkServer | None = None

    def start(self) -> None:
        """Bring everything up and write `<state>/env`; raises StartError or AlreadyRunningError, and leaves nothing."""
        began = time.monotonic()
        self.state.hold()
        try:
            if ended := end_leftovers(self.state):
                self._say(f"ended what a killed supervisor had left: {', '.join(ended)}")
            self._start_fork_server()
            self._start_servers()
            preparations = [self._started(process) for process in self._before(self)]
            # Meanwhile: building the list loads Celery's settings, and some processes need no database.
            application = [self._child(process) for process in self._application(self)]
            self.supervisor.start_all([child for child in application if not child.process.after_migration])
            for child in preparations:
                self._finish(child)
            self.supervisor.start_all([child for child in application if child.process.after_migration])
            self.supervisor.await_ready(application)
            self.servers.ports.save()
            if workers := sum(child.process.is_worker for child in self.supervisor.children.values()):
                introduce_workers(self.addresses.flower_url, workers)
            self.state.write_env(self.addresses.public())
        except BaseException:
            self.stop()
            raise
        self.started_in = time.monotonic() - began

    def _start_fork_server(self) -> None:
        """Let what workers need be loaded while the servers start."""
        if AVAILABLE and self._application is _application:
            metrics = self.state.path / "metrics" / "fork-server"
            metrics.mkdir(parents=True, exist_ok=True)
            env = inherited(self.state.path) | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
            self.fork_server = ForkServer(env, self.state.path / "log" / "fork-server.log", ROOT)

    def _start_servers(self) -> None:
        options = self.options
        require_reachable("NATS", options.nats_url)
        require_reachable("Redis", options.redis_url)
        require_streams(options.nats_url, options.nats_user, options.nats_password)
        given = {"nats": options.nats_url, "valkey": options.redis_url, "postgres": options.database_url}
        self.servers = EmbeddedServers(
            self.state.path,
            only=[name for name in NAMES if given[name] is None],
            preferred_ports=_PREFERRED_PORTS if options.well_known_ports else {},
        )
        ports = self.servers.ports
        self.flower_port = ports.choose("flower", _PREFERRED_PORTS["flower"] if options.well_known_ports else None)
        self.servers.launch()
        self.supervisor.adopt(self.servers.children.values())
        own_nats = options.nats_url is None
        self.addresses = Addresses(
            nats_url=options.nats_url or self.servers.nats_url,
            nats_user=self.servers.nats_user if own_nats else options.nats_user,
            nats_password=self.servers.nats_password if own_nats else options.nats_password,
            redis_url=options.redis_url or self.servers.redis_url,
            database_url=options.database_url or self.servers.database_url,
            flower_url=f"http://{HOST}:{self.flower_port}",
        )
        self.supervisor.await_ready(self.servers.children.values())

    def _started(self, process: Process) -> Child:
        child = self._child(process)
        child.start()
        return child

    def _finish(self, child: Child) -> None:
        try:
            self.supervisor.await_end(child, _MIGRATION_SECONDS)
        finally:
            child.kill()
        if child.exit_code != 0:
            raise StartError(child.obituary())

    def _child(self, process: Process) -> Child:
        return Child(process, self.state.path / "log" / f"{process.name}.log")

    def watch(self) -> None:
        """Restart what dies, until `request_stop`."""
        self.supervisor.watch(also=reaper.reap_orphans if reaper.adopting() else None)

    def request_stop(self) -> None:
        """End `start` or `watch` soon; may be called from a signal handler."""
        self.supervisor.request_stop()

    def stop(self) -> None:
        """Stop the application, then the servers; nothing of this folder runs afterwards."""
        self.supervisor.request_stop()
        if self._watcher is not None:
            self._watcher.join()
        self.state.remove_env()
        servers = [name for name in NAMES if name in self.supervisor.children]
        self.supervisor.stop_all([name for name in self.supervisor.children if name not in servers])
        self.supervisor.stop_all(servers)
        if self.fork_server is not None:
            self.fork_server.close()
            self.fork_server = None
        with suppress(AttributeError):  # the start may have ended before there were any
            self.servers.forget()
        end_marked(self.state.path)
        self.state.remove_processes()
        if self.options.ephemeral:
            shutil.rmtree(self.state.path, ignore_errors=True)
        self.state.release()

    def child(self, name: str) -> Child:
        """Return one child: a server, `gateway`, a worker by its name, `beat` or `flower`."""
        return self.supervisor.children[name]

    def names_of(self, line: str) -> list[str]:
        """Return the children of one line: `learn` itself, or `learn-1`, `learn-2`, …."""
        names = self.supervisor.children
        return [name for name in names if name == line or name.rpartition("-")[0] == line]

    def kill(self, name: str) -> None:
        """SIGKILL one child; it is restarted as after any death."""
        self.supervisor.kill(name)

    def hold(self, name: str, *, by_force: bool = False) -> None:
        """Stop (or SIGKILL) one child and keep it down until `start_again`."""
        self.supervisor.hold(name, by_force=by_force)

    def start_again(self, name: str) -> None:
        """Start one child that is down and wait until it is ready."""
        self.supervisor.start_again(name)

    def _note_processes(self) -> None:
        self.state.write_processes(
            Running(child.name, child.pid, identity(child.pid), child.process.health_port)
            for child in self.supervisor.children.values()
        )

    def __enter__(self) -> Self:
        self.start()
        self._watcher = threading.Thread(target=self.watch, name="supervisor", daemon=True)
        self._watcher.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def _migration(system: System) -> list[Process]:
    return [migrate_process(system.state.path, system.addresses, system.fork_server)]


def _application(system: System) -> list[Process]:
    return Application(
        state=system.state.path,
        addresses=system.addresses,
        ports=system.servers.ports,
        flower_port=system.flower_port,
        gateways=system.options.gateways,
        scale=system.options.scale,
        codebase_root=system.options.codebase_root,
        fork_server=system.fork_server,
    ).processes()
