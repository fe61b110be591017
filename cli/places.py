"""Where the running system is: said on the command line, in the environment, or in the state folder.

Owns the order in which these count. Commands that ask as an instance need the NATS address only. Loads no library, so
that a scan starts at once; how the options are spelled is `addresses`'s.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.ending import fail

#: Exit codes beyond 0 done, 1 failed, 2 wrong usage, 3 already running.
NOT_FOUND: Final = 4
UNREACHABLE: Final = 5


@dataclass(frozen=True, slots=True)
class Addresses:
    """The servers of one system; empty where not known."""

    nats_url: str
    redis_url: str
    database_url: str
    flower_url: str
    state: Path


def addresses(state: Path | None, nats_url: str | None = None) -> Addresses:
    """Return where everything is; option, then environment, then the state folder found from here upwards."""
    from stack.state import StateFolder

    folder = _state_folder(state)
    known = StateFolder(folder).read_env()

    def one(name: str) -> str:
        return os.environ.get(name) or known.get(name, "")

    return Addresses(
        nats_url=nats_url or one("CENTRALCLOUD_NATS_URL"),
        redis_url=one("CENTRALCLOUD_REDIS_URL"),
        database_url=_with_driver(one("CENTRALCLOUD_DATABASE_URL")),
        flower_url=one("CENTRALCLOUD_FLOWER_URL"),
        state=folder,
    )


def _with_driver(url: str) -> str:
    """Name the driver that is installed where an address leaves it open, as the processes' settings do."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if separator and scheme in {"postgres", "postgresql"} else url


def nats_url(state: Path | None, given: str | None) -> str:
    """Return the NATS address, or exit with a line that says how to give one."""
    found = addresses(state, given)
    if not found.nats_url:
        fail(
            f"no system is known here ({found.state} has no env file): start one with `centralcloud up`, or give"
            " --nats-url",
            UNREACHABLE,
        )
    return found.nats_url


def without_credentials(server: str) -> str:
    """Return a server's address as it may be shown."""
    return ",".join(f"{scheme}{rest.rpartition('@')[2]}" for scheme, rest in map(_halves, server.split(",")))


def _halves(server: str) -> tuple[str, str]:
    scheme, separator, rest = server.rpartition("://")
    return scheme + separator, rest


def database_url(state: Path | None) -> str:
    """Return the database's address, or exit with a line that says how to give one."""
    found = addresses(state)
    if not found.database_url:
        fail("no database is known here: start the system, or set CENTRALCLOUD_DATABASE_URL", UNREACHABLE)
    return found.database_url


def centre_password(state: Path | None) -> str | None:
    """Return the secret of the centre's NATS user, which operators have: environment, or the state folder."""
    told = os.environ.get("CENTRALCLOUD_NATS_PASSWORD")
    if told:
        return told
    secret = _state_folder(state) / "centre.secret"
    return secret.read_text().strip() if secret.is_file() else None


def _state_folder(state: Path | None) -> Path:
    from stack.state import DEFAULT

    if state is not None:
        return state.absolute()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / DEFAULT / "env").is_file():
            return folder / DEFAULT
    return here / DEFAULT
