"""`centralcloud query TYPE NAME` and `centralcloud search TYPE WORDS`: ask the centre and print the answer."""

import sys
from typing import Annotated, Any

import typer

from cli.addresses import NOT_FOUND, Json, NatsUrl, State
from cli.asking import client, console, print_json

PatternType = Annotated[str, typer.Argument(metavar="TYPE", help="framework, technology, microservice or code.")]


def query(
    pattern_type: PatternType,
    name: Annotated[str, typer.Argument(help="Name, slug or alias; case and punctuation do not matter.")],
    *,
    wait_ms: Annotated[int, typer.Option(help="Milliseconds to wait for a discovery.")] = 2_000,
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Ask for a pattern by name. Exit code 4: nobody knows it."""
    require_type(pattern_type)
    with client(state, nats_url) as asking:
        result = asking.query(pattern_type, name=name, wait_ms=wait_ms, prefer_cache=False)
    if as_json:
        print_json(result.raw)
    elif result.found:
        for pattern in result.patterns:
            _show(pattern)
    else:
        near = f"; near names: {', '.join(result.suggestions)}" if result.suggestions else ""
        typer.echo(f"{result.status.replace('_', ' ')}: {name} ({result.reason or 'no reason given'}){near}")
    sys.exit(0 if result.found else NOT_FOUND)


def search(
    pattern_type: PatternType,
    words: Annotated[list[str], typer.Argument(help="Words to look for.")],
    *,
    limit: Annotated[int, typer.Option(help="Most results.", min=1, max=200)] = 20,
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Find patterns by words. Exit code 4: nothing found."""
    require_type(pattern_type)
    with client(state, nats_url) as asking:
        result = asking.search(pattern_type, " ".join(words), limit=limit)
    if as_json:
        print_json({"patterns": result.patterns, "suggestions": result.suggestions})
    for pattern in () if as_json else result.patterns:
        typer.echo(f"{pattern.slug:28} {pattern.confidence:.2f}  {pattern.description or pattern.name}")
    if not result.patterns and not as_json:
        typer.echo("nothing found" + (f"; near names: {', '.join(result.suggestions)}" if result.suggestions else ""))
    sys.exit(0 if result.patterns else NOT_FOUND)


def require_type(pattern_type: str) -> None:
    """Exit with 2 for a type that does not exist."""
    from centralcloud_client.subjects import TYPES
    from cli.main import fail

    if pattern_type not in TYPES:
        fail(f"{pattern_type!r} is no type of pattern: {', '.join(TYPES)} are", 2)


def _show(pattern: Any) -> None:
    from rich.markup import escape

    out = console()
    out.print(
        f"[bold]{escape(pattern.name)}[/] ({pattern.type}/{pattern.slug}, {pattern.state}, confidence"
        f" {pattern.confidence:.2f}, {pattern.support.instances} instances, {pattern.support.codebases} codebases,"
        f" revision {pattern.revision})"
    )
    rows = {
        "description": pattern.description,
        "category": pattern.category,
        "languages": ", ".join(pattern.languages),
        "aliases": ", ".join(pattern.aliases),
        "homepage": pattern.homepage,
        "relations": ", ".join(f"{relation.kind} {relation.slug}" for relation in pattern.relations),
        "indicators": "\n              ".join(_indicator(one) for one in pattern.indicators[:20]),
        "commands": "\n              ".join(f"{key}: {line}" for key, line in pattern.commands.items()),
        "practices": "\n              ".join(pattern.practices),
        "notes": "\n              ".join(pattern.notes),
    }
    for name, value in rows.items():
        if value:
            out.print(f"  {name:11} {escape(str(value))}", highlight=False)


def _indicator(indicator: Any) -> str:
    what = indicator.name or indicator.glob or indicator.regex or indicator.prefix or indicator.path or "group"
    where = f"{indicator.ecosystem}:" if indicator.ecosystem else ""
    return f"{indicator.kind} {where}{what} ({indicator.weight:.2f})"
