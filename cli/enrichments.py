"""`centralcloud enrichments ls|retry`: learned candidates that a model is asked about, and trying again."""

from typing import Annotated, Any

import typer

from cli.addresses import NOT_FOUND, Json, State
from cli.asking import console, counted, plain_table, print_json
from cli.main import fail
from cli.storage import database

enrichments = typer.Typer(help="Learned candidates that a model is asked about.", no_args_is_help=True)


@enrichments.command("ls")
def list_(
    *,
    states: Annotated[
        list[str] | None, typer.Option("--in", help="waiting, running, failed or done; all but done when not given.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Most enrichments.", min=1, max=10_000)] = 100,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List enrichments, the latest change first."""
    from services.enrichment import operating

    wanted = tuple(states or ("waiting", "running", "failed"))
    if unknown := set(wanted) - set(operating.STATES):
        fail(f"{min(unknown)!r} is no state of an enrichment: {', '.join(operating.STATES)} are", 2)
    with database(state) as engine:
        rows = operating.ls(engine, states=wanted, limit=limit)
    if as_json:
        print_json([_described(row) for row in rows])
    elif rows:
        _show(rows)
    else:
        typer.echo("no enrichments")


@enrichments.command("retry")
def retry(
    which: Annotated[list[str] | None, typer.Argument(help="Patterns as TYPE/SLUG; none: all.")] = None,
    *,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Try again within seconds what failed or was put off. Exit code 4: none of these did."""
    import datetime

    from services.enrichment import operating

    pairs = [_pair(each) for each in which] if which else None
    with database(state) as engine:
        count = operating.retry(engine, lambda: datetime.datetime.now(datetime.UTC), pairs)
    if not count and which:
        fail("none of these failed or was put off", NOT_FOUND)
    if as_json:
        print_json({"retried": count})
    else:
        typer.echo(f"{counted(count, 'enrichment')} to be tried again")


def _pair(told: str) -> tuple[str, str]:
    type_, slash, slug = told.partition("/")
    if not slash or not slug:
        fail(f"{told!r} is no TYPE/SLUG", 2)
    return type_, slug


def _show(rows: Any) -> None:
    from rich.markup import escape

    table = plain_table("pattern", "state", "reason", "due", "failures", last="message", widest=40)
    for row in rows:
        due = f"{row.due_at:%Y-%m-%d %H:%M:%S}" if row.state in {"waiting", "running"} else ""
        cells = (f"{row.type}/{row.slug}", row.state, row.reason or "", due, str(row.failures), row.message or "")
        table.add_row(*(escape(cell) for cell in cells))
    console().print(table)


def _described(row: Any) -> dict[str, Any]:
    fields = ("type", "slug", "state", "reason", "message", "call_id", "runs", "failures", "due_at", "changed_at")
    return {field: getattr(row, field) for field in fields}
