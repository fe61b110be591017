"""The command lines of the application: gateway, one process per line of celeryconfig.WORKERS, beat, Flower.

The one place that knows how each is started; `up` runs them, and docker-compose.yml is checked against them. Starts
nothing itself.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stack.child import Process, answers
from stack.environment import discovery_enabled, inherited, llm_credentials
from stack.forking import ForkServer
from stack.ports import HOST, Ports

if TYPE_CHECKING:
    from celeryconfig import Worker

ROOT: Final = Path(__file__).resolve().parent.parent

#: The worker that holds the LLM key.
LLM_WORKER: Final = "discover"
#: The worker that owns stream SYNC, which begins where the feed stands.
PUBLISHER: Final = "sync"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the servers are; what every process of the centre is told."""

    nats_url: str
    nats_user: str | None
    nats_password: str | None
    redis_url: str
    database_url: str
    flower_url: str

    def public(self) -> dict[str, str]:
        """Return the variables that `<state>/env` shows to instances and tools: no secret of ours among them."""
        return {
            "CENTRALCLOUD_NATS_URL": self.nats_url,
            "CENTRALCLOUD_REDIS_URL": self.redis_url,
            "CENTRALCLOUD_DATABASE_URL": self.database_url,
            "CENTRALCLOUD_FLOWER_URL": self.flower_url,
        }

    def variables(self) -> dict[str, str]:
        """Return the variables that the centre's own processes read."""
        credentials = {"CENTRALCLOUD_NATS_USER": self.nats_user, "CENTRALCLOUD_NATS_PASSWORD": self.nats_password}
        return self.public() | {name: value for name, value in credentials.items() if value is not None}


def celery(*arguments: str) -> tuple[str, ...]:
    """Return a celery command of ours; the working folder is named, or a celeryconfig.py of the user's would win."""
    return (sys.executable, "-m", "stack.celery_command", "-A", "workers.app", "--workdir", str(ROOT), *arguments)


def gateway_arguments() -> tuple[str, ...]:
    """Return what follows `python` to run a gateway."""
    return ("-m", "gateway")


def worker_arguments(worker: "Worker", node: str) -> tuple[str, ...]:
    """Return what follows `celery -A workers.app` to run one process of this worker line as `node`."""
    return (
        "worker",
        f"--hostname={node}",
        f"--queues={','.join(worker.queues)}",
        *(f"--include={module}" for module in worker.modules),
        f"--pool={worker.pool}",
        f"--concurrency={worker.concurrency}",
        "--task-events",
        "--without-gossip",
        "--without-mingle",
        "--loglevel=INFO",
    )


def beat_arguments(schedule: Path) -> tuple[str, ...]:
    """Return what follows `celery -A workers.app` to run beat; `schedule` is where it notes its last runs."""
    return ("beat", f"--schedule={schedule}", "--loglevel=INFO")


def flower_arguments(host: str, port: int) -> tuple[str, ...]:
    """Return what follows `celery -A workers.app` to run Flower, which keeps nothing over a restart."""
    return ("flower", f"--address={host}", f"--port={port}", "--persistent=False", "--max_tasks=10000")


def migrate_process(state: Path, addresses: Addresses, fork_server: ForkServer | None = None) -> Process:
    """Return the process that brings the database up to date and loads the catalogue, then ends."""
    argv = (sys.executable, "-m", "workers.migrate")
    env = inherited(state) | addresses.variables()
    return Process(name="migrate", argv=argv, env=env, cwd=ROOT, fork_server=fork_server)


@dataclass(frozen=True, kw_only=True)
class Application:
    """How many of what to run for one state folder."""

    state: Path
    addresses: Addresses
    ports: Ports
    flower_port: int
    gateways: int = 1
    #: Processes by worker name; as the line says where none is named.
    scale: Mapping[str, int]
    #: Folder below which `path` queries may read, unless the environment names some.
    codebase_root: Path
    #: Forks the workers and beat.
    fork_server: ForkServer | None = None

    def processes(self) -> list[Process]:
        """Return every process of the application."""
        from celeryconfig import WORKERS

        gateways = [
            self._served(name, self._python(gateway_arguments())) for name in numbered("gateway", self.gateways)
        ]
        workers = [
            self._served(name, celery(*worker_arguments(worker, f"{name}@%h")), worker.name)
            for worker in WORKERS
            for name in numbered(worker.name, self.scale.get(worker.name, worker.processes))
        ]
        return [*gateways, *workers, self._beat(), self._flower()]

    def _served(self, name: str, argv: tuple[str, ...], worker: str = "") -> Process:
        """Return a process that answers /ready on a health port of its own."""
        port = self.ports.choose(f"{name}-health")
        credentials = llm_credentials() if worker == LLM_WORKER else {}
        own = self._celery_env(name) if worker else self._env(name)
        env = own | credentials | {"CENTRALCLOUD_HEALTH_PORT": str(port)}
        return Process(
            name=name,
            argv=argv,
            env=env,
            cwd=ROOT,
            ready=answers(f"http://{HOST}:{port}/ready"),
            health_port=port,
            # Workers may wait for the schema: nothing asks them before the gateway serves and beat ticks. But one
            # publishes the feed by itself.
            after_migration=worker in {"", PUBLISHER},
            is_worker=bool(worker),
            fork_server=self.fork_server if worker else None,
        )

    def _celery_env(self, name: str) -> dict[str, str]:
        """Return an environment with an empty folder in which the processes of one pool share their metrics.

        A killed worker would leave one of its own making in the temporary folder.
        """
        folder = self.state / "metrics" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return self._env(name) | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}

    def _beat(self) -> Process:
        return Process(
            name="beat",
            argv=celery(*beat_arguments(self.state / "celerybeat-schedule")),
            env=self._celery_env("beat"),
            cwd=ROOT,
            after_migration=True,
            fork_server=self.fork_server,
        )

    def _flower(self) -> Process:
        # Its API is open to whoever may reach the port, as its pages are: it listens on loopback only.
        return Process(
            name="flower",
            argv=celery(*flower_arguments(HOST, self.flower_port)),
            env=self._celery_env("flower") | {"FLOWER_UNAUTHENTICATED_API": "true"},
            cwd=ROOT,
            ready=answers(f"http://{HOST}:{self.flower_port}/healthcheck"),
            after_migration=False,
        )

    def _env(self, name: str) -> dict[str, str]:
        return {
            "CENTRALCLOUD_CODEBASE_ROOTS": str(self.codebase_root),
            **inherited(self.state),
            **self.addresses.variables(),
            "CENTRALCLOUD_PROCESS_NAME": name,
            "CENTRALCLOUD_DISCOVERY": "1" if discovery_enabled() else "0",
            "PYTHONUNBUFFERED": "1",
        }

    @staticmethod
    def _python(arguments: tuple[str, ...]) -> tuple[str, ...]:
        return (sys.executable, *arguments)


def numbered(name: str, count: int) -> list[str]:
    """Return `name` for one process, `name-1`, `name-2`, … for several."""
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
