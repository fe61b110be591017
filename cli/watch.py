"""`centralcloud watch`: print the feed's changes as they come."""

import sys
import time
from typing import Annotated, Any

import typer

from cli.addresses import Json, NatsUrl, State
from cli.addresses import nats_url as resolve
from cli.asking import print_json_line, require_connected


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

    shown = everything

    def show(change: Any) -> None:
        if shown:
            (_show_json if as_json else _show)(change)

    end = None if seconds is None else time.monotonic() + seconds
    with (
        tempfile.TemporaryDirectory(prefix="centralcloud-watch-") as folder,
        CentralPatternsClient(resolve(state, nats_url), state_dir=folder, on_change=show) as following,
    ):
        try:
            require_connected(following)
            while not following.wait_synced(2.0) and not _over(end):
                typer.echo(f"waiting for the centre behind {following.status().server} …", err=True)
            shown = True
            typer.echo(f"up to date at change {following.status().last_seq}; following", err=True)
            while not _over(end):
                time.sleep(0.05)
        except KeyboardInterrupt:
            sys.exit(0)


def _over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


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
