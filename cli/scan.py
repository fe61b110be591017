"""`centralcloud scan PATH`: its options and their help; the work is `scanning`'s.

`quick_scan` understands the same options without the library that this module needs.
"""

from pathlib import Path
from typing import Annotated

import typer

from cli import scanning
from cli.addresses import Json, NatsUrl, State


def scan(
    path: Annotated[Path, typer.Argument(help="Directory of the codebase.")] = Path(),
    *,
    min_confidence: Annotated[float, typer.Option(help="Hide what is less sure.", min=0.0, max=1.0)] = 0.5,
    learn: Annotated[bool, typer.Option("--learn", help="Confirm what was found to the centre.")] = False,
    instance: Annotated[str, typer.Option(help="Who says so, with --learn.")] = "cli",
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Show the frameworks and technologies of a codebase, with confidence and evidence."""
    scanning.scan(
        path,
        min_confidence=min_confidence,
        learn=learn,
        instance=instance,
        nats_url=nats_url,
        state=state,
        as_json=as_json,
    )
