"""A process that has loaded what every worker loads, and forks each from itself: `python -m stack.fork_server FD`.

Loading Celery and SQLAlchemy takes most of a second; eight workers that each do so make a slow start and hold the same
memory eight times. Owns loading, forking and reaping; stack.forking is the supervisor's end of the socket. Linux only:
the children's death signal is what keeps them from outliving us.

Messages are JSON, one a packet. In: {"module", "arguments", "env", "cwd", "log", "death_signal", "name"}. Out: {"pid"}
for each of these, and {"ended", "code"} when one ends (code as in subprocess, negative for a signal).
"""

import ctypes
import gc
import importlib
import json
import os
import pkgutil
import random
import runpy
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, Final

PACKET: Final = 1024 * 1024
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_PRELOADED: Final = (
    "alembic.command",
    "celery.__main__",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.beat",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.concurrency.thread",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.control",
    "celery.worker.pidbox",
    "kombu.transport.redis",
    "migrations",
    "psycopg2.extras",
    "services.catalogue",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "workers.app",
    "workers.composition",
    "workers.health",
    "workers.migrate",
)
_libc = ctypes.CDLL(None)


def main() -> None:
    """Serve until the supervisor's end of the socket closes; in a forked child, become what was asked for."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    preload()
    job = serve(channel)
    if job is not None:
        become(job)


def preload() -> None:
    """Load what workers load, and nothing that reads settings: those are each child's own."""
    # Flower's plugin of the command line is for Flower, which starts by itself.
    sys.modules["flower.command"] = None  # type: ignore[assignment]  # None bars the import
    for name in _PRELOADED:
        importlib.import_module(name)
    tasks = importlib.import_module("tasks")
    for found in pkgutil.iter_modules(tasks.__path__):
        importlib.import_module(f"tasks.{found.name}")
    gc.collect()
    # Pages of objects that the collector never visits stay shared with the children.
    gc.freeze()


def serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork on request; return None when the supervisor is gone, and the request in the forked child."""
    waker, wakened = socket.socketpair()
    waker.setblocking(False)
    wakened.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    while True:
        readable, _, _ = select.select([channel, wakened], [], [])
        if wakened in readable:
            with suppress(BlockingIOError):
                wakened.recv(4096)
            _report_ended(channel)
        if channel in readable:
            packet = channel.recv(PACKET)
            if not packet:
                return None
            request: dict[str, Any] = json.loads(packet)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for inherited in (channel, waker, wakened):
                    inherited.close()
                return request
            channel.send(json.dumps({"pid": pid}).encode())


def _report_ended(channel: socket.socket) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            code = os.waitstatus_to_exitcode(ended[1])
            channel.send(json.dumps({"ended": ended[0], "code": code}).encode())


def become(job: dict[str, Any]) -> None:
    """Run a module as `python -m` would, with the request's environment, folder and log."""
    server = os.getppid()
    os.setsid()
    _libc.prctl(_PR_SET_PDEATHSIG, int(job["death_signal"]), 0, 0, 0)
    if os.getppid() != server:
        os._exit(1)
    _libc.prctl(_PR_SET_NAME, str(job["name"]).encode()[:15], 0, 0, 0)
    log = os.open(job["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # they are text files here
    os.environ.clear()
    os.environ.update(job["env"])
    if job["cwd"]:
        os.chdir(job["cwd"])
    sys.path[0] = os.getcwd()
    random.seed()
    sys.argv = [job["module"], *job["arguments"]]
    runpy.run_module(job["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
