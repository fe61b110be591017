"""`centralcloud demo`: two instances on the running system; one learns, the other knows."""

import sys
import tempfile
import time
import uuid
from pathlib import Path

import typer

from cli.addresses import NatsUrl, State
from cli.addresses import nats_url as resolve


def demo(*, nats_url: NatsUrl = None, state: State = None) -> None:
    """Show one instance teaching a pattern and another answering from its own cache. Exit code 1 when it fails."""
    from centralcloud_client import CentralPatternsClient

    server = resolve(state, nats_url)
    name = f"demo-framework-{uuid.uuid4().hex[:8]}"
    with (
        tempfile.TemporaryDirectory(prefix="centralcloud-demo-") as folder,
        CentralPatternsClient(server, instance_id="demo-a", state_dir=Path(folder) / "a") as first,
        CentralPatternsClient(server, instance_id="demo-b", state_dir=Path(folder) / "b") as second,
    ):
        typer.echo("instance B follows the feed …")
        if not second.wait_synced(20.0):
            typer.echo(f"B could not follow the feed of {server}", err=True)
            sys.exit(1)
        typer.echo(f"  B holds {second.status().patterns} patterns, up to change {second.status().last_seq}")
        before = second.query("framework", name=name, prefer_cache=False, wait_ms=0)
        typer.echo(f"B asks for {name}: {before.status}, as it should be")
        began = time.perf_counter()
        first.learn_new_pattern("framework", {"name": name, "indicators": [f"package.json has {name}"]})
        typer.echo(f"instance A teaches {name} …")
        while not (found := second.query("framework", name=name)).found or found.source != "local":
            if time.perf_counter() - began > 10:
                typer.echo("B has not heard of it within 10 s", err=True)
                sys.exit(1)
            time.sleep(0.005)
        milliseconds = (time.perf_counter() - began) * 1000
        best = found.patterns[0]
        typer.echo(
            f"B answers from its own cache after {milliseconds:.0f} ms: {best.name}, {best.state}, confidence"
            f" {best.confidence:.2f}, taught by {best.support.instances} instance"
        )
