"""`centralcloud scan PATH`: collect a codebase's evidence here, ask `detect`, and show what was found and why."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.addresses import Json, NatsUrl, State
from cli.asking import client, console, print_json
from cli.main import fail


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
    if not path.is_dir():
        fail(f"{path} is not a directory", 2)
    from centralcloud_client.collect import collect

    collected = collect(path)
    if not collected.evidence.files:
        fail(f"{path} shows no files", 1)
    with client(state, nats_url, instance_id=instance) as asking:
        began = time.perf_counter()
        result = asking.detect(collected.evidence, min_confidence=min_confidence)
        seconds = time.perf_counter() - began
        confirmed = _confirm(asking, result, collected.evidence.codebase_id) if learn else 0
    if as_json:
        print_json(result.raw)
        sys.exit(0)
    _show(result)
    told = ", ".join(f"{count} {why}" for why, count in sorted(collected.left_out.items()))
    typer.echo(
        f"{len(collected.evidence.files)} files collected in {collected.seconds * 1000:.0f} ms, matched in"
        f" {seconds * 1000:.0f} ms (feed {result.as_of})" + (f"; left out: {told}" if told else "")
    )
    if learn:
        typer.echo(f"confirmed {confirmed} findings to the centre as instance {instance!r}")


def _confirm(asking: Any, result: Any, codebase_id: str | None) -> int:
    """Report each pattern found once, as feedback that counts for this codebase."""
    found = {(match.type, match.slug): match for match in result.matches}
    for (type_, slug), match in found.items():
        asking.feedback(type_, slug, "confirmed", codebase_id=codebase_id, why=f"scan: {match.level}")
    if not asking.flush(30.0):
        fail("NATS has not acknowledged all findings within 30 s", 1)
    return len(found)


def _show(result: Any) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    if result.languages:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in list(result.languages.items())[:8])
        out.print(f"languages: {escape(shares)}", highlight=False)
    table = Table("found", "type", "where", "version", "sure", "because", box=None, pad_edge=False, header_style="bold")
    order = {"framework": 0, "technology": 1, "microservice": 2, "code": 3}
    for match in sorted(result.matches, key=lambda one: (order[one.type], -one.confidence, one.path, one.slug)):
        name = match.name + (f" (under {match.superseded_by})" if match.superseded_by else "")
        cells = (name, match.type, match.path or ".", match.version or "", f"{match.confidence:.2f}", _because(match))
        table.add_row(*(escape(cell) for cell in cells), style="dim" if match.superseded_by else None)
    out.print(table if result.matches else "nothing found", highlight=False)
    if result.unknown:
        shown = ", ".join(unknown.purl for unknown in result.unknown[:8])
        out.print(f"dependencies that no pattern claims: {len(result.unknown)} ({escape(shown)}, …)", highlight=False)
    for note in result.notes:
        out.print(f"note: {escape(note.message)}" + (f" ({escape(note.file)})" if note.file else ""), highlight=False)


def _because(match: Any) -> str:
    reasons = []
    for reason in match.evidence[:3]:
        where = f"{reason.file}:{reason.line}" if reason.file and reason.line else reason.file or ""
        reasons.append(f"{reason.detail or reason.kind}" + (f" ({where})" if where else ""))
    more = len(match.evidence) - len(reasons)
    return ", ".join(reasons) + (f", {more} more" if more else "")
