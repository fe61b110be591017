"""What commands that ask as an instance share: a client for the moment, and errors as one line and an exit code."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.ending import fail
from cli.places import UNREACHABLE, nats_url, without_credentials

if TYPE_CHECKING:
    from centralcloud_client import CentralPatternsClient
    from centralcloud_client.messages.requests import Evidence
    from centralcloud_client.once import Answered

#: How long a server may take to take the connection, and how long one that refused it may take to think better.
_CONNECT_SECONDS: Final = 4.0
_REFUSED_SECONDS: Final = 1.5
#: Columns where nobody said how many there are.
_WIDTH: Final = 120
#: Columns of a terminal in which names are shown whole.
_WIDE: Final = 100
#: Columns that every cell has, where there is something in it.
_NARROWEST: Final = 7


@contextmanager
def client(state: Path | None, given: str | None, *, instance_id: str = "cli") -> Iterator[Any]:
    """Yield a connected synchronous client that asks the centre, and keeps nothing beyond the command."""
    import tempfile

    from centralcloud_client import CentralPatternsClient
    from centralcloud_client.options import Options

    server = nats_url(state, given)
    with tempfile.TemporaryDirectory(prefix="centralcloud-cli-") as folder, one_line(server):
        options = Options.of(server, instance_id=instance_id, state_dir=folder, follow=False)
        asking = CentralPatternsClient(options=options)
        try:
            require_connected(asking)
            yield asking
        finally:
            asking.close()


def detect_once(
    state: Path | None, given: str | None, evidence: "Evidence", *, instance_id: str, **ask: Any
) -> "Answered":
    """Return what the centre detects, asked without a client's cache and spool, which take longer to make."""
    from centralcloud_client import once
    from centralcloud_client.options import Options

    server = nats_url(state, given)
    with one_line(server):
        # Nothing is written there.
        options = Options.of(server, instance_id=instance_id, state_dir=Path())
        return once.detect(evidence, options, **ask)


@contextmanager
def one_line(server: str) -> Iterator[None]:
    """End the command with one line where the centre cannot be asked, or refuses."""
    from centralcloud_client.errors import AddressError, CentralCloudError, RefusedError

    try:
        yield
    except AddressError as error:
        fail(str(error), 2)
    except RefusedError as error:
        fail(str(error), UNREACHABLE if error.retryable else 1)
    except CentralCloudError as error:
        fail(f"{error} (asked {without_credentials(server)})", UNREACHABLE)


def require_connected(asking: "CentralPatternsClient") -> None:
    """Wait a moment for the connection to NATS; exit with one line when there is none."""
    asking.connect()
    began = time.monotonic()
    while not (status := asking.status()).connected:
        if time.monotonic() - began > (_REFUSED_SECONDS if status.last_error else _CONNECT_SECONDS):
            fail(f"cannot reach NATS at {status.server}: {status.last_error or 'no answer'}", UNREACHABLE)
        time.sleep(0.02)


def print_json(value: Any) -> None:
    """Print one JSON document, readable."""
    import msgspec

    encoded = value if isinstance(value, bytes) else _encoded(value)
    print(msgspec.json.format(encoded, indent=2).decode())


def _encoded(value: Any) -> bytes:
    import msgspec

    try:
        return msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:
        from centralcloud_client.plain_text import plain_throughout

        # Made here from evidence, which may say half of a surrogate pair.
        return msgspec.json.encode(plain_throughout(msgspec.to_builtins(value, enc_hook=str)))


def shown(text: str) -> str:
    """Return text from outside as a console shows it: no markup, nothing that steers a terminal."""
    from rich.markup import escape

    from centralcloud_client.plain_text import plain

    return escape(plain(text))


def print_json_line(value: Any) -> None:
    """Print one JSON document on a line of its own."""
    import msgspec

    print(msgspec.json.encode(value, enc_hook=str).decode(), flush=True)


def console() -> Any:
    """Return a console as wide as the terminal, or as COLUMNS says where there is none."""
    from rich.console import Console

    told = os.environ.get("COLUMNS", "")
    width = int(told) if told.isdigit() and int(told) > 0 else _WIDTH
    return Console(width=None if sys.stdout.isatty() else width, highlight=False)


def plain_table(*columns: str, last: str, widest: int = 28) -> Any:
    """Return a table of one line a row: columns as wide as their content, the last one takes the rest and is cut."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    if (width := console().width) < _WIDE:
        # In a narrow terminal all columns give way, not the last one alone.
        widest = min(widest, max(_NARROWEST, width // (len(columns) + 1)))
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ellipsis", max_width=widest)
    table.add_column(last, no_wrap=True, overflow="ellipsis", ratio=1)
    return table


def counted(count: int, noun: str) -> str:
    """Return `1 change`, `2 changes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
