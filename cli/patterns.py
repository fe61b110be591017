"""`centralcloud patterns ls|show|history|promote|…`: what is known, why, and an operator's word on it."""

from typing import Annotated, Any

import typer

from cli.addresses import Json, State
from cli.asking import console, plain_table, print_json
from cli.curating import By, Reason, Which, operator, pair

patterns = typer.Typer(help="What is known, why, and an operator's word on it.", no_args_is_help=True)


@patterns.command("ls")
def list_(
    *,
    states: Annotated[list[str] | None, typer.Option("--in", help="candidate, active or deprecated.")] = None,
    pattern_type: Annotated[str | None, typer.Option("--type", help="Of this type only.")] = None,
    source: Annotated[str | None, typer.Option(help="Where it first came from: catalogue, learn, operator, …")] = None,
    retired: Annotated[bool, typer.Option("--retired", help="Those out of service.")] = False,
    limit: Annotated[int, typer.Option(help="Most patterns.", min=1, max=100_000)] = 100,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List patterns, the latest change first."""
    from services.curation import showing

    with operator(state, None) as at_work:
        rows = showing.ls(
            at_work.database, type_=pattern_type, states=states or (), source=source, retired=retired, limit=limit
        )
    listed = [{name: value for name, value in row._mapping.items() if name != "document"} for row in rows]  # noqa: SLF001  SQLAlchemy's public way to a mapping
    if as_json:
        print_json(listed)
    elif listed:
        _table(listed, ("type", "slug", "state", "confidence", "source", "revision", "updated_at"), last="name")
    else:
        typer.echo("no patterns")


@patterns.command("show")
def show(which: Which, *, state: State = None, as_json: Json = False) -> None:
    """Show a pattern: its standing, who speaks for it, and everything that is said of it, agreed upon or not."""
    from services.curation import showing

    type_, slug = pair(which)
    with operator(state, None) as at_work:
        shown = showing.show(at_work.database, type_, slug, at_work.policy)
    said = [{"field": it.field, "value": it.value, "instances": it.instances, "counts": it.counts} for it in shown.said]
    if as_json:
        print_json(
            {
                "pattern": shown.document,
                "retired": shown.stored.retired,
                "source": shown.stored.source,
                "agreement": shown.agreement,
                "rejecting": shown.rejecting,
                "absorbed": list(shown.absorbed),
                "said": said,
            }
        )
        return
    standing = shown.stored.standing
    typer.echo(f"{type_}/{slug}: {shown.document.name}")
    typer.echo(
        f"{'retired' if shown.stored.retired else standing.state.value}, confidence {standing.confidence},"
        f" revision {shown.stored.revision}, first from {shown.stored.source}"
    )
    typer.echo(
        f"{standing.support.instances} instances in {standing.support.codebases} codebases speak for it,"
        f" {shown.rejecting} against; agreement {shown.agreement} of {shown.rungs}"
    )
    if shown.absorbed:
        typer.echo(f"merged into it: {', '.join(shown.absorbed)}")
    for entry in shown.document.provenance:
        if entry.source == "operator":
            typer.echo(f"ruled by an operator: {entry.field or 'the whole'} {' '.join(entry.items)}".rstrip())
    if said:
        typer.echo()
        _table(
            [it | {"counts": "yes" if it["counts"] else "no"} for it in said],
            ("field", "instances", "counts"),
            last="value",
        )


@patterns.command("history")
def history(
    which: Which,
    *,
    limit: Annotated[int, typer.Option(help="Most revisions.", min=1, max=10_000)] = 50,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List a pattern's revisions that are kept, the latest first, and who made them where somebody did."""
    from services.curation import showing

    type_, slug = pair(which)
    with operator(state, None) as at_work:
        changes = showing.history(at_work.database, type_, slug, limit)
    columns = ("revision", "seq", "at", "op", "state", "confidence", "instances", "action", "actor")
    listed = [{name: getattr(change, name) for name in (*columns, "reason")} for change in changes]
    if as_json:
        print_json(listed)
    else:
        _table(listed, columns, last="reason")


@patterns.command("promote")
def promote(which: Which, *, reason: Reason, by: By = None, state: State = None, as_json: Json = False) -> None:
    """Make a pattern active, however few agree."""
    from services.curation import ruling

    with operator(state, by) as at_work:
        _report(which, ruling.promote(at_work, *pair(which), reason), "is active", as_json=as_json)


@patterns.command("reject")
def reject(which: Which, *, reason: Reason, by: By = None, state: State = None, as_json: Json = False) -> None:
    """Make a pattern deprecated and unsure, whatever is taught of it; known it stays, or it would be taught anew."""
    from services.curation import ruling

    with operator(state, by) as at_work:
        _report(which, ruling.reject(at_work, *pair(which), reason), "is deprecated", as_json=as_json)


@patterns.command("rename")
def rename(
    which: Which,
    name: Annotated[str, typer.Argument(help="What it is called from now on.")],
    *,
    reason: Reason,
    by: By = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Give a pattern another name; it answers to the old one, too, and its slug stays."""
    from services.curation import ruling

    with operator(state, by) as at_work:
        written = ruling.rename(at_work, *pair(which), name, reason)
        _report(which, written, f"is called {name!r}", as_json=as_json)


@patterns.command("merge")
def merge(
    which: Which,
    into: Annotated[str, typer.Argument(help="The pattern that it becomes part of, as TYPE/SLUG.")],
    *,
    reason: Reason,
    by: By = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Make a pattern part of another, which answers to its names from now on."""
    from cli.main import fail
    from services.curation import joining

    (type_, gone), (other, survivor) = pair(which), pair(into)
    if type_ != other:
        fail("both must be of one type", 2)
    with operator(state, by) as at_work:
        written = joining.merge_patterns(at_work, type_, gone, survivor, reason)
        _report(into, written, f"has become one with {which}", as_json=as_json)


@patterns.command("split")
def split(
    which: Which,
    name: Annotated[str, typer.Argument(help="Name of the part.")],
    *,
    indicators: Annotated[
        list[str] | None,
        typer.Option("--indicator", help="Id of an indicator that belongs to the part; may be repeated."),
    ] = None,
    reason: Reason,
    by: By = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Take a part out of a pattern: what was merged into it under that name, or what these indicators recognise."""
    from services.curation import joining

    with operator(state, by) as at_work:
        stays, part = joining.split(at_work, *pair(which), name, indicators=indicators or (), reason=reason)
        _report(which, stays, f"has lost {part.pattern.type}/{part.pattern.slug}", as_json=as_json)


@patterns.command("retire")
def retire(which: Which, *, reason: Reason, by: By = None, state: State = None, as_json: Json = False) -> None:
    """Take a pattern out of service; what was taught of it counts no more, and who teaches it again begins anew."""
    from services.curation import ruling

    with operator(state, by) as at_work:
        _report(which, ruling.retire(at_work, *pair(which), reason), "is out of service", as_json=as_json)


@patterns.command("rollback")
def rollback(
    which: Which,
    revision: Annotated[int, typer.Argument(help="The revision to go back to.", min=1)],
    *,
    reason: Reason,
    by: By = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Return a pattern to an earlier revision, which makes a new one; what was taught in between does not count."""
    from services.curation import returning

    with operator(state, by) as at_work:
        written = returning.rollback(at_work, *pair(which), revision, reason)
        _report(which, written, f"is as it was at revision {revision}", as_json=as_json)


def _report(which: str, written: Any, what: str, *, as_json: bool) -> None:
    if as_json:
        state = written.standing.state.value
        print_json({"pattern": which, "revision": written.revision, "seq": written.seq, "state": state})
    else:
        typer.echo(f"{which} {what} (revision {written.revision})")


def _table(rows: Any, columns: tuple[str, ...], *, last: str) -> None:
    from rich.markup import escape

    table = plain_table(*columns, last=last, widest=32)
    for row in rows:
        table.add_row(*(escape(_cell(row[column])) for column in (*columns, last)))
    console().print(table)


def _cell(value: Any) -> str:
    import datetime

    import msgspec

    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else str(value)
