"""`centralcloud patterns ls|show|history|proposed`: what is known, and why; an operator's word on it is in `deeds`."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from cli.addresses import Json, State
from cli.asking import console, plain_table, print_json
from cli.curating import Which, operator, pair
from cli.deeds import DEEDS

#: What an operator adopted has lines of its own.
ADOPTED: Final = "adopted"

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
        print_json(_described(shown, said))
        return
    for line in _lines(f"{type_}/{slug}", shown):
        typer.echo(line)
    if said:
        typer.echo()
        told = [it | {"counts": "yes" if it["counts"] else "no"} for it in said]
        _table(told, ("field", "instances", "counts"), last="value")


def _described(shown: Any, said: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "pattern": shown.document,
        "retired": shown.stored.retired,
        "source": shown.stored.source,
        "agreement": shown.agreement,
        "rejecting": shown.rejecting,
        "absorbed": list(shown.absorbed),
        "adopted": list(shown.adopted),
        "said": said,
    }


def _lines(which: str, shown: Any) -> Iterator[str]:
    """Yield what stands behind a pattern, a sentence a line."""
    standing = shown.stored.standing
    yield f"{which}: {shown.document.name}"
    yield (
        f"{'retired' if shown.stored.retired else standing.state.value}, confidence {standing.confidence},"
        f" revision {shown.stored.revision}, first from {shown.stored.source}"
    )
    yield (
        f"{standing.support.instances} instances in {standing.support.codebases} codebases speak for it,"
        f" {shown.rejecting} against; agreement {shown.agreement} of {shown.rungs}"
    )
    if shown.absorbed:
        yield f"merged into it: {', '.join(shown.absorbed)}"
    for it in shown.adopted:
        seen = f"precision {it.precision:.2f}, recall {it.recall:.2f} in {it.codebases} codebases"
        yield f"adopted by an operator: {it.fact}, {it.at[:10]}, with {seen}"
    for entry in shown.document.provenance:
        if entry.source == "operator" and entry.field != ADOPTED and "." not in (entry.field or ""):
            yield f"ruled by an operator: {entry.field or 'the whole'} {' '.join(entry.items)}".rstrip()


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
        told = [it | {"state": it["state"] or it["op"]} for it in listed]
        _table(told, ("revision", "seq", "at", "state", "instances", "action", "actor"), last="reason")


@patterns.command("proposed")
def proposed(
    which: Annotated[str | None, typer.Argument(help="Of this pattern only.", metavar="[TYPE/SLUG]")] = None,
    *,
    limit: Annotated[int, typer.Option(help="Most proposals.", min=1, max=10_000)] = 100,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List facts that would tell a pattern, as measured: `adopt` makes indicators of them, `decline` drops them."""
    from services.curation import adopting

    with operator(state, None) as at_work:
        rows = adopting.proposed(at_work.database, pair(which) if which else None, limit)
    listed = [dict(row._mapping) for row in rows]  # noqa: SLF001  SQLAlchemy's public way to a mapping
    if as_json:
        print_json(listed)
    elif listed:
        _table(listed, ("type", "slug", "codebases", "instances", "precision", "recall"), last="fact")
    else:
        typer.echo("nothing is proposed")


for _name, _command in DEEDS.items():
    patterns.command(_name)(_command)


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
