"""`centralcloud up`: run the whole system, in the foreground or detached.

Reads options, prints the supervisor's lines and the banner. What is started, and how, is the room stack's.
"""

import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.main import fail

if TYPE_CHECKING:
    from stack.system import Options

_NATS_SCHEMES = ("nats://", "tls://", "ws://", "wss://")
_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
_DATABASE_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg2://")
_MOST_PROCESSES = 64

_STATE_HELP = "Folder that keeps the data (default ./.centralcloud)."


def up(
    *,
    state: Annotated[Path | None, typer.Option(help=_STATE_HELP)] = None,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="Use a temporary state and remove it at the end.")
    ] = False,
    gateways: Annotated[int, typer.Option(help="Number of gateways.")] = 1,
    scale: Annotated[list[str] | None, typer.Option(metavar="QUEUE=N", help="Worker processes for a queue.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return when ready; stop it with `down`.")] = False,
    nats_url: Annotated[
        str | None, typer.Option(envvar="CENTRALCLOUD_NATS_URL", help="Use a NATS that already runs.")
    ] = None,
    redis_url: Annotated[
        str | None, typer.Option(envvar="CENTRALCLOUD_REDIS_URL", help="Use a Redis that already runs.")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(envvar="CENTRALCLOUD_DATABASE_URL", help="Use a PostgreSQL that already runs.")
    ] = None,
) -> None:
    """Run servers, gateway, workers, beat and Flower."""
    if ephemeral and state is not None:
        fail("--ephemeral makes a state of its own: leave --state out", 2)
    if not 1 <= gateways <= _MOST_PROCESSES:
        fail(f"--gateways must be 1 to {_MOST_PROCESSES}, not {gateways}", 2)
    counts = _scale(scale or [])
    given = _given_servers(nats_url, redis_url, database_url)
    options = _options(state, ephemeral=ephemeral, gateways=gateways, scale=counts, **given)
    if detach:
        from cli.detach import in_background

        in_background(options.state / "log" / "up.log", lambda ready: _run(options, partial(_leave, options, ready)))
    sys.exit(_run(options))


def _leave(options: "Options", ready: Callable[[], None]) -> None:
    """Say how it is stopped before the terminal is given back."""
    from stack.state import DEFAULT

    option = "" if options.state == DEFAULT.absolute() else f" --state {shlex.quote(str(options.state))}"
    _say(f"runs in the background; stop it: centralcloud down{option}")
    ready()


def _given_servers(nats: str | None, redis: str | None, database: str | None) -> dict[str, str | None]:
    """Return the addresses of servers that already run, once each is of the right kind."""
    return {
        "nats_url": _url("--nats-url", nats, _NATS_SCHEMES),
        "redis_url": _url("--redis-url", redis, _REDIS_SCHEMES),
        "database_url": _url("--database-url", database, _DATABASE_SCHEMES),
    }


def _options(state: Path | None, *, ephemeral: bool, **rest: Any) -> "Options":
    from stack.system import Options

    return Options(
        state=_state_folder(state, ephemeral),
        ephemeral=ephemeral,
        nats_user=os.environ.get("CENTRALCLOUD_NATS_USER"),
        nats_password=os.environ.get("CENTRALCLOUD_NATS_PASSWORD"),
        well_known_ports=True,
        **rest,
    )


def _run(options: "Options", ready: Callable[[], None] = lambda: None) -> int:
    """Run the system until a signal asks for its end; return the exit code. `ready` is called after the banner."""
    from stack import reaper
    from stack.spawn import StartError
    from stack.state import AlreadyRunningError
    from stack.supervisor import InterruptedStartError
    from stack.system import System

    system = System(options, _say)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: system.request_stop())
    reaper.adopt_orphans()
    _say(f"starting (state: {options.state}) …")
    try:
        system.start()
    except AlreadyRunningError as error:
        _complain(str(error))
        return 3
    except InterruptedStartError:
        _say("stopped before everything was ready")
        return 130
    except (StartError, OSError, ValueError) as error:
        _complain(f"could not start: {error}")
        return 1
    try:
        from cli.banner import banner

        _say(banner(system))
        ready()
        system.watch()
        _say("stopping …")
    finally:
        system.stop()
    _say("stopped")
    return 0


def _state_folder(state: Path | None, ephemeral: bool) -> Path:
    from stack.state import DEFAULT

    if ephemeral:
        return Path(tempfile.mkdtemp(prefix="centralcloud-"))
    folder = (state or DEFAULT).absolute()
    if folder.exists() and not folder.is_dir():
        fail(f"--state: {folder} is not a folder", 2)
    return folder


def _scale(pairs: list[str]) -> dict[str, int]:
    """Return processes by worker name from `QUEUE=N` (a queue, or the name of its worker)."""
    if not pairs:
        return {}
    from celeryconfig import WORKERS

    by_queue = {queue: worker.name for worker in WORKERS for queue in (*worker.queues, worker.name)}
    wanted: dict[str, int] = {}
    for pair in pairs:
        queue, _, count = pair.partition("=")
        if queue not in by_queue:
            fail(f"--scale {pair}: no queue {queue!r}; there are {', '.join(sorted(by_queue))}", 2)
        if not (count.isascii() and count.isdigit() and 1 <= int(count) <= _MOST_PROCESSES):
            fail(f"--scale {pair}: give a number from 1 to {_MOST_PROCESSES}, as in {queue}=2", 2)
        wanted[by_queue[queue]] = int(count)
    return wanted


def _url(option: str, value: str | None, schemes: tuple[str, ...]) -> str | None:
    if not value:
        return None
    if not value.startswith(schemes):
        fail(f"{option}: {value!r} should begin with {' or '.join(schemes)}", 2)
    return value


def _say(line: str) -> None:
    # The reader of our output may have gone; the system goes on.
    with suppress(OSError):
        print(line, flush=True)


def _complain(message: str) -> None:
    with suppress(OSError):
        print(f"centralcloud: {message}", file=sys.stderr, flush=True)
