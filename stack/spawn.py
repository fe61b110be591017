"""Start operating-system processes that cannot outlive us.

Owns what happens between fork and exec: an own session, the parent-death signal (Linux), and the user namespace in
which PostgreSQL runs when we are root. Knows nothing about what the processes are; stack.child builds on it.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_LINUX = sys.platform == "linux"

# Loaded before any fork: a child may not load libraries between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None


class StartError(Exception):
    """A process cannot be started here; the message tells the user why."""


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path | None = None,
    death_signal: int = signal.SIGKILL,
    unprivileged: bool = False,
    keep: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, writing to `log`; it gets `death_signal` when this process dies.

    `unprivileged` hides from the program that we are root; `keep` are descriptors of ours that stay open in it. Raises
    StartError.
    """

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                argv,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=keep,
                # Safe beside threads: it only makes system calls, through a library that is loaded already.
                preexec_fn=_before_exec(death_signal, unprivileged),  # noqa: PLW1509
            )

    try:
        return _on_lasting_thread(start)
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"{argv[0]}: {error}") from error


def run(argv: Sequence[str], *, env: Mapping[str, str], unprivileged: bool = False, given: str = "") -> str:
    """Run a short program to its end and return what it wrote; raise StartError with its last lines when it fails."""
    done = subprocess.run(
        argv,
        env=dict(env),
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,
        preexec_fn=_before_exec(signal.SIGKILL, unprivileged),
    )
    if done.returncode != 0:
        raise StartError(
            f"{Path(argv[0]).name} failed ({done.returncode}):\n" + "\n".join(done.stdout.splitlines()[-20:])
        )
    return done.stdout


def _before_exec(death_signal: int, unprivileged: bool) -> Callable[[], None] | None:
    if not _LINUX:
        if unprivileged and os.geteuid() == 0:
            raise StartError("PostgreSQL does not run as root on this system: start as an ordinary user")
        return None
    identity = _stand_in() if unprivileged and os.geteuid() == 0 else None

    def prepare() -> None:
        if identity is not None:
            _enter_user_namespace(*identity)
        # After the namespace: changing credentials clears the death signal.
        assert _libc is not None
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)

    return prepare


@lru_cache(maxsize=1)
def _stand_in() -> tuple[int, int]:
    """Return an existing uid and gid other than root's, under which root appears inside the namespace."""
    entries = [entry for entry in pwd.getpwall() if entry.pw_uid != 0 and entry.pw_gid != 0]
    if not entries:
        raise StartError(
            "PostgreSQL refuses to run as root, and this system has no other user: start as an ordinary user"
        )
    chosen = next((entry for entry in entries if entry.pw_name == "nobody"), entries[0])
    probe = os.fork()
    if probe == 0:
        try:
            _enter_user_namespace(chosen.pw_uid, chosen.pw_gid)
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(probe, 0)[1] != 0:
        raise StartError(
            "PostgreSQL refuses to run as root, and user namespaces are forbidden here: start as an ordinary user, "
            "or name a server with --database-url"
        )
    return chosen.pw_uid, chosen.pw_gid


def _enter_user_namespace(uid: int, gid: int) -> None:
    """Become `uid` in a new user namespace whose single id is ours outside; files keep their owner."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    assert _libc is not None
    if _libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    for name, line in (
        ("uid_map", f"{uid} {outside_uid} 1"),
        ("setgroups", "deny"),
        ("gid_map", f"{gid} {outside_gid} 1"),
    ):
        handle = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(handle, line.encode())
        os.close(handle)


@lru_cache(maxsize=1)
def _spawner() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def _on_lasting_thread(work: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Run `work` on a thread as long-lived as the process: the death signal fires when the spawning thread ends."""
    if not _LINUX or threading.current_thread() is threading.main_thread():
        return work()
    return _spawner().submit(work).result()
