"""`centralcloud demo`: two instances on the running system; one learns, the other knows."""

import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from cli.addresses import Json, NatsUrl, State
from cli.addresses import nats_url as resolve
from cli.asking import counted, one_line, print_json, require_connected
from cli.following import caught_up
from cli.main import fail

if TYPE_CHECKING:
    from centralcloud_client import Options

#: Nothing comes for so long: the feed cannot be followed.
_STILL_SECONDS: Final = 20.0
_HEAR_SECONDS: Final = 10.0


def demo(*, nats_url: NatsUrl = None, state: State = None, as_json: Json = False) -> None:
    """Show one instance teaching a pattern and another answering from its own cache. Exit code 1 when it fails."""
    from centralcloud_client import CentralPatternsClient

    server = resolve(state, nats_url)
    name = f"demo-framework-{uuid.uuid4().hex[:8]}"
    with (
        one_line(server),
        tempfile.TemporaryDirectory(prefix="centralcloud-demo-") as folder,
        # It teaches only, and needs no copy of everything.
        CentralPatternsClient(options=_teacher(server, Path(folder) / "a")) as first,
        CentralPatternsClient(server, instance_id="demo-b", state_dir=Path(folder) / "b") as second,
    ):
        require_connected(first)
        require_connected(second)
        report = _play(first, second, name, (lambda _line: None) if as_json else typer.echo)
    if as_json:
        print_json(report)


def _teacher(server: str, folder: Path) -> "Options":
    from centralcloud_client import Options

    return Options.of(server, instance_id="demo-a", state_dir=folder, follow=False)


def _play(first: Any, second: Any, name: str, say: Any) -> dict[str, Any]:
    say("instance B follows the feed …")
    if not caught_up(second, lambda how_far: say(f"  {how_far}"), still_seconds=_STILL_SECONDS):
        fail(f"B could not follow the feed: nothing came for {_STILL_SECONDS:.0f} s", 1)
    held = second.status()
    say(f"  B holds {counted(held.patterns, 'pattern')}, up to change {held.last_seq}")
    before = second.query("framework", name=name, prefer_cache=False, wait_ms=0)
    say(f"B asks for {name}: {before.status.replace('_', ' ')}, as it should be")
    began = time.perf_counter()
    first.learn_new_pattern("framework", {"name": name, "indicators": [f"package.json has {name}"]})
    say(f"instance A teaches {name} …")
    if not second.wait_synced(_HEAR_SECONDS, seq=held.last_seq + 1):
        fail(f"B has not heard of it within {_HEAR_SECONDS:.0f} s", 1)
    while (found := second.query("framework", name=name)).source != "local" or not found.found:
        if time.perf_counter() - began > _HEAR_SECONDS:
            fail(f"B has not heard of it within {_HEAR_SECONDS:.0f} s", 1)
        time.sleep(0.005)
    milliseconds = (time.perf_counter() - began) * 1000
    best = found.patterns[0]
    say(
        f"B answers from its own cache after {milliseconds:.0f} ms: {best.name}, {best.state}, confidence"
        f" {best.confidence:.2f}, taught by {counted(best.support.instances, 'instance')}"
    )
    return {"name": name, "milliseconds": round(milliseconds, 1), "source": found.source, "pattern": best}
