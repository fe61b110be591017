"""`centralcloud watch`: print the feed's changes as they come."""

import time
from typing import Annotated, Any

import typer

from cli.addresses import Json, NatsUrl, State
from cli.asking import print_json_line


def watch(
    *,
    since: Annotated[bool, typer.Option("--all", help="Begin with everything known.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Stop after this long.")] = None,
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Follow the feed live; Ctrl-C ends it."""
    import tempfile

    from centralcloud_client import CentralPatternsClient
    from cli.addresses import nats_url as resolve

    started = False

    def show(change: Any) -> None:
        if not started and not since:
            return
        if as_json:
            print_json_line(
                {"seq": change.seq, "op": change.op, "type": change.type, "slug": change.slug, "epoch": change.epoch}
            )
            return
        pattern = change.pattern
        about = f"{pattern.state}, confidence {pattern.confidence:.2f}, revision {pattern.revision}" if pattern else ""
        into = f"into {change.merged_into}" if change.merged_into else ""
        typer.echo(f"{change.seq:>8}  {change.op:7} {change.type}/{change.slug}  {about or into}")

    end = None if seconds is None else time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="centralcloud-watch-") as folder:
        following = CentralPatternsClient(resolve(state, nats_url), state_dir=folder, on_change=show)
        try:
            following.connect()
            while not following.wait_synced(5.0):
                typer.echo(f"waiting for {following.status().server} …", err=True)
            started = True
            typer.echo(f"up to date at change {following.status().last_seq}; following", err=True)
            while end is None or time.monotonic() < end:
                time.sleep(0.1)
        except KeyboardInterrupt:
            pass
        finally:
            following.close()
