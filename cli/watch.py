"""`centralcloud watch`: print the feed's changes as they come."""

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.addresses import Json, NatsUrl, State
from cli.addresses import nats_url as resolve
from cli.asking import one_line, print_json_line, require_connected
from cli.following import caught_up

if TYPE_CHECKING:
    from centralcloud_client import Changed


def watch(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Begin with everything known.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Stop after this long.", min=0.0)] = None,
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Follow the feed live; Ctrl-C ends it."""
    import tempfile

    from centralcloud_client import CentralPatternsClient

    printing = _Printing(as_json=as_json, shown=everything)
    end = None if seconds is None else time.monotonic() + seconds

    def over() -> bool:
        return printing.failed is not None or (end is not None and time.monotonic() >= end)

    server = resolve(state, nats_url)
    with (
        one_line(server),
        tempfile.TemporaryDirectory(prefix="centralcloud-watch-") as folder,
        CentralPatternsClient(server, state_dir=folder, on_change=printing) as following,
    ):
        try:
            require_connected(following)
            if caught_up(following, partial(typer.echo, err=True), over=over):
                printing.shown = True
                typer.echo(f"up to date at change {following.status().last_seq}; following", err=True)
            while not over():
                time.sleep(0.05)
        except KeyboardInterrupt:
            sys.exit(0)
    if printing.failed is not None:
        raise printing.failed


class _Printing:
    """Prints changes on the client's thread, until that fails: who reads may be gone, which the command has to hear."""

    def __init__(self, *, as_json: bool, shown: bool) -> None:
        self._print = _show_json if as_json else _show
        self.shown = shown
        self.failed: OSError | None = None

    def __call__(self, change: "Changed") -> None:
        if not self.shown or self.failed is not None:
            return
        try:
            self._print(change)
        except OSError as error:
            self.failed = error


def _show(change: Any) -> None:
    pattern = change.pattern
    about = f"{pattern.state}, confidence {pattern.confidence:.2f}, revision {pattern.revision}" if pattern else ""
    into = f"into {change.merged_into}" if change.merged_into else ""
    typer.echo(f"{change.seq:>8}  {change.op:7} {change.type}/{change.slug}  {about or into}".rstrip())
    sys.stdout.flush()


def _show_json(change: Any) -> None:
    print_json_line(
        {
            "seq": change.seq,
            "op": change.op,
            "type": change.type,
            "slug": change.slug,
            "epoch": change.epoch,
            "pattern": change.pattern,
            "merged_into": change.merged_into,
        }
    )
    sys.stdout.flush()
