"""`centralcloud discoveries ls|retry|forget`: what nobody knew, what became of it, and trying again."""

from typing import Annotated, Any

import typer

from cli.addresses import NOT_FOUND, Json, State
from cli.asking import console, plain_table, print_json
from cli.main import fail
from cli.storage import database

discoveries = typer.Typer(help="Names that nobody knew, and what became of finding them out.", no_args_is_help=True)


@discoveries.command("ls")
def list_(
    *,
    states: Annotated[
        list[str] | None, typer.Option("--in", help="open, running, failed or found; all but found when not given.")
    ] = None,
    pattern_type: Annotated[str | None, typer.Option("--type", help="Of this type only.")] = None,
    reason: Annotated[str | None, typer.Option(help="For this reason only.")] = None,
    limit: Annotated[int, typer.Option(help="Most discoveries.", min=1, max=10_000)] = 100,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List discoveries, the latest change first; those that found something only when asked for."""
    from centralcloud_client import subjects
    from services.discovery import operating

    wanted = tuple(states or ("open", "running", "failed"))
    if unknown := set(wanted) - set(operating.STATES):
        fail(f"{min(unknown)!r} is no state of a discovery: {', '.join(operating.STATES)} are", 2)
    if pattern_type is not None and pattern_type not in subjects.TYPES:
        fail(f"{pattern_type!r} is no type of pattern: {', '.join(subjects.TYPES)} are", 2)
    with database(state) as engine:
        rows = operating.ls(engine, states=wanted, type_=pattern_type, reason=reason, limit=limit)
    if as_json:
        print_json([dict(row._mapping) for row in rows])  # noqa: SLF001  SQLAlchemy's public way to a mapping
    elif rows:
        _show(rows)
    else:
        typer.echo("no discoveries")


@discoveries.command("retry")
def retry(
    which: Annotated[list[str] | None, typer.Argument(help="Ids, or names as TYPE/NAME; none: all.")] = None,
    *,
    reason: Annotated[str | None, typer.Option(help="Only what failed or was put off for this reason.")] = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Try again within seconds what failed or was put off, pauses forgotten. Exit code 4: none of that name did."""
    import datetime

    from services.discovery import operating

    with database(state) as engine:
        rows = operating.retry(engine, which or (), datetime.datetime.now(datetime.UTC), reason=reason)
    _report(rows, which, "tried again", "none of these failed or was put off", as_json=as_json)


@discoveries.command("forget")
def forget(
    which: Annotated[list[str], typer.Argument(help="Ids, or names as TYPE/NAME.")],
    *,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Forget discoveries: the next query begins anew. Exit code 4: there is none of that name."""
    from services.discovery import operating

    with database(state) as engine:
        rows = operating.forget(engine, which)
    _report(rows, which, "forgotten", "no such discoveries", as_json=as_json)


def _report(rows: Any, which: list[str] | None, done: str, none: str, *, as_json: bool) -> None:
    if not rows and which:
        fail(none, NOT_FOUND)
    if as_json:
        print_json([{"type": row.type, "key": row.key, "id": row.id} for row in rows])
    else:
        typer.echo(f"{len(rows)} {'discovery' if len(rows) == 1 else 'discoveries'} {done}")


def _show(rows: Any) -> None:
    from rich.markup import escape

    # Without ids, which would leave no room for reasons: TYPE/NAME says as much, and `--json` has them.
    table = plain_table("type", "name", "state", "reason", "runs", "due", last="message", widest=32)
    for row in rows:
        due = "" if row.state == "found" else f"{row.due_at:%Y-%m-%d %H:%M:%S}"
        why = row.reason or row.found_by or ""
        cells = (row.type, row.name, row.state, why, str(row.runs), due, row.message or row.slug or "")
        table.add_row(*(escape(cell) for cell in cells))
    console().print(table)
