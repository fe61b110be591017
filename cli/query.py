"""`centralcloud query TYPE NAME` and `centralcloud search TYPE WORDS`: ask the centre and print the answer."""

import sys
from typing import Annotated, Any, Final

import typer

from cli.addresses import NOT_FOUND, Json, NatsUrl, State
from cli.asking import client, console, counted, plain_table, print_json
from cli.main import fail

PatternType = Annotated[str, typer.Argument(metavar="TYPE", help="framework, technology, microservice or code.")]
#: Lines shown of each list of a pattern.
_MOST_LINES: Final = 20


def query(
    pattern_type: PatternType,
    name: Annotated[str, typer.Argument(help="Name, slug or alias; case and punctuation do not matter.")],
    *,
    wait_ms: Annotated[int, typer.Option(help="Milliseconds to wait for a discovery.", min=0, max=60_000)] = 2_000,
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
        reason = f" ({result.reason.replace('_', ' ')})" if result.reason else ""
        typer.echo(f"{result.status.replace('_', ' ')}: {name}{reason}{_near(result)}")
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
    elif result.patterns:
        _list(result.patterns)
    else:
        typer.echo(f"nothing found{_near(result)}")
    sys.exit(0 if result.patterns else NOT_FOUND)


def require_type(pattern_type: str) -> None:
    """Exit with 2 for a type that does not exist."""
    from centralcloud_client.subjects import TYPES

    if pattern_type not in TYPES:
        fail(f"{pattern_type!r} is no type of pattern: {', '.join(TYPES[:-1])} and {TYPES[-1]} are", 2)


def _near(result: Any) -> str:
    return f"; near names: {', '.join(result.suggestions)}" if result.suggestions else ""


def _list(patterns: Any) -> None:
    from rich.markup import escape

    table = plain_table("slug", "name", "sure", last="what it is")
    for pattern in patterns:
        cells = (pattern.slug, pattern.name, f"{pattern.confidence:.2f}", pattern.description or pattern.category or "")
        table.add_row(*(escape(cell) for cell in cells))
    console().print(table)


def _show(pattern: Any) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    out.print(
        f"[bold]{escape(pattern.name)}[/] ({pattern.type}/{pattern.slug}): {pattern.state}, confidence"
        f" {pattern.confidence:.2f}, {_vouched(pattern)}revision {pattern.revision}"
    )
    lines = {
        "description": [pattern.description or ""],
        "category": [pattern.category or ""],
        "languages": [", ".join(pattern.languages)],
        "aliases": [", ".join(pattern.aliases)],
        "homepage": [pattern.homepage or ""],
        "relations": [", ".join(f"{relation.kind} {relation.slug}" for relation in pattern.relations)],
        "indicators": [_indicator(one) for one in pattern.indicators],
        "commands": [f"{key}: {line}" for key, line in pattern.commands.items()],
        "practices": list(pattern.practices),
        "notes": list(pattern.notes),
    }
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, values in lines.items():
        shown = [value for value in values if value][:_MOST_LINES]
        if len(values) > _MOST_LINES:
            shown.append(f"… {len(values) - _MOST_LINES} more (--json has all)")
        for number, value in enumerate(shown):
            grid.add_row(f"  {name}" if number == 0 else "", escape(value))
    out.print(grid)


def _vouched(pattern: Any) -> str:
    """Say who stands behind a pattern; nothing where nobody does yet."""
    shipped = ["the catalogue"] if any(it.source == "catalogue" for it in pattern.provenance) else []
    support = ((pattern.support.instances, "instance"), (pattern.support.codebases, "codebase"))
    sources = [*shipped, *(counted(number, what) for number, what in support if number)]
    return f"from {', '.join(sources)}, " if sources else ""


def _indicator(indicator: Any) -> str:
    return f"{_checks(indicator)} ({indicator.weight:.2f})"


def _checks(indicator: Any) -> str:
    """Say what an indicator looks for; of a group, what its members do."""
    groups = {"all of": indicator.all, "any of": indicator.any, "none of": indicator.none}
    if told := [f"{how} {', '.join(map(_checks, members))}" for how, members in groups.items() if members]:
        return f"{indicator.kind}: {'; '.join(told)}"
    what = indicator.name or indicator.glob or indicator.regex or indicator.prefix or ""
    where = f"{indicator.ecosystem}:" if indicator.ecosystem else ""
    inside = [word for word in (indicator.path, indicator.value) if word]
    return " ".join(word for word in (indicator.kind, where + what, " = ".join(inside)) if word)
