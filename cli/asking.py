"""What commands that ask as an instance share: a client for the moment, and errors as one line and an exit code."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from cli.addresses import UNREACHABLE, nats_url
from cli.main import fail


@contextmanager
def client(state: Path | None, given: str | None, *, instance_id: str = "cli") -> Iterator[Any]:
    """Yield a synchronous client whose cache lasts as long as the command."""
    from centralcloud_client import CentralPatternsClient
    from centralcloud_client.errors import CentralCloudError, RefusedError

    server = nats_url(state, given)
    with tempfile.TemporaryDirectory(prefix="centralcloud-cli-") as folder:
        asking = CentralPatternsClient(server, instance_id=instance_id, state_dir=folder)
        try:
            yield asking
        except RefusedError as error:
            fail(str(error), 1)
        except CentralCloudError as error:
            fail(f"{error} (asked {server})", UNREACHABLE)
        finally:
            asking.close()


def print_json(value: Any) -> None:
    """Print one JSON document, readable."""
    import msgspec

    encoded = value if isinstance(value, bytes) else msgspec.json.encode(value, enc_hook=str)
    typer.echo(msgspec.json.format(encoded, indent=2).decode())


def print_json_line(value: Any) -> None:
    """Print one JSON document on a line of its own."""
    import msgspec

    typer.echo(msgspec.json.encode(value, enc_hook=str).decode())


def console() -> Any:
    """Return a console that keeps its width when it is not a terminal."""
    import sys

    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, soft_wrap=False)
