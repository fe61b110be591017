"""`centralcloud stats`: knowledge about the knowledge, as tables, as JSON, or drawn."""

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.addresses import Json, State, centre_password, nats_url
from cli.asking import console, counted, plain_table, print_json
from cli.main import fail
from cli.storage import database


def stats(
    *,
    days: Annotated[int, typer.Option(help="Days of history.", min=1, max=400)] = 30,
    plot: Annotated[Path | None, typer.Option(help="Draw it into this SVG file, too.")] = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Show what is known and agreed upon, what waits, what is found out, what rises, and who is there."""
    from cli import asked
    from services.consolidation import survey

    now = datetime.datetime.now(datetime.UTC)
    with database(state) as engine:
        report = survey.report(engine, now, days=days)
    report["queries"] = asked.answered(nats_url(state, None), centre_password(state))
    if plot is not None:
        _draw(report, plot, now)
    if as_json:
        print_json(report)
    else:
        _show(report, now)


def _draw(report: dict[str, Any], file: Path, now: datetime.datetime) -> None:
    from cli.plot import drawn

    try:
        file.write_text(drawn(report, now), encoding="utf-8")
    except OSError as error:
        fail(f"{file}: {error.strerror}", 1)


def _show(report: dict[str, Any], now: datetime.datetime) -> None:
    out = console()
    for line in _summary(report):
        out.print(line, markup=False, soft_wrap=True)
    _table(out, _types(report["patterns"]), "type", "candidate", "active", "deprecated", last="")
    top = ((f"{it['type']}/{it['slug']}", f"{it['codebases']}", it["state"], it["name"]) for it in report["top"])
    _table(out, top, "in most codebases", "codebases", "state", last="name")
    for direction in ("rising", "fading"):
        trends = (
            (f"{it['type']}/{it['slug']}", f"{it['before']:.1%}", f"{it['lately']:.1%}") for it in report[direction]
        )
        _table(out, trends, direction, "before", last="lately")
    wanted = ((it["name"], it["type"], f"{it['asked']}", _ago(it["last_asked_at"], now)) for it in _wanted(report))
    _table(out, wanted, "unknown names", "type", "asked", last="last")
    instances = (
        (
            it["instance_id"] or "(anonymous)",
            _ago(it["last_seen"], now),
            "" if it["lag"] is None else f"{it['lag']}",
            f"{it['learns']}",
            f"{it['codebases']}",
            "revoked" if it["revoked"] else "",
        )
        for it in report["instances"]
    )
    _table(out, instances, "instance", "last seen", "lag", "learns", "codebases", last="")
    runs = (
        (it["job"], it["state"], _ago(it["started_at"], now), f"{it['seconds']:.1f} s", f"{it['changed']} changed")
        for it in report["runs"]
    )
    _table(out, runs, "scheduled run", "ended", "last", "took", last="")


def _summary(report: dict[str, Any]) -> Iterable[str]:
    agreement, found, queries = report["agreement"], report["discoveries"], report["queries"]
    climbed = ", ".join(f"{it['patterns']} by {it['instances']}" for it in agreement["ladder"])
    yield f"{counted(agreement['patterns'], 'live pattern')}, feed at {report['feed']['seq']}"
    share = "" if agreement["share"] is None else f"; {agreement['share']:.1%} of all words confirm"
    yield f"agreed upon: {climbed} instances or more{share}; {agreement['disputed']} disputed"
    if queries is None:
        yield "queries: no gateway answers"
    elif queries["hit_rate"] is None:
        yield f"queries: none yet at {counted(queries['gateways'], 'gateway')}"
    else:
        asked = sum(queries["outcomes"].values())
        yield f"queries: {queries['hit_rate']:.1%} of {asked} found what they asked for, since gateways started"
    success = "" if found["success"] is None else f"; {found['success']:.0%} of those that ended found something"
    states = ", ".join(f"{count} {state}" for state, count in sorted(found["states"].items()))
    yield f"discoveries: {states or 'none'}{success}"
    yield f"{counted(report['misses']['waiting'], 'unknown name')} asked for"


def _types(rows: list[dict[str, Any]]) -> Iterable[tuple[str, ...]]:
    for type_ in sorted({it["type"] for it in rows}):
        counts = {it["state"]: it["patterns"] for it in rows if it["type"] == type_}
        yield (type_, *(f"{counts.get(name, 0)}" for name in ("candidate", "active", "deprecated")), "")


def _wanted(report: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report["misses"]["most_wanted"]
    return found


def _ago(at: datetime.datetime, now: datetime.datetime) -> str:
    seconds = max(0, int((now - at).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def _table(out: Any, rows: Iterable[tuple[str, ...]], *columns: str, last: str) -> None:
    """Print a table below an empty line; nothing where there are no rows."""
    from rich.markup import escape

    table = plain_table(*columns, last=last, widest=40)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    if table.row_count:
        out.print()
        out.print(table)
