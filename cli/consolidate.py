"""`centralcloud consolidate`: upkeep of the knowledge now, instead of within the hour; or what it would do, and why."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.addresses import Json, State
from cli.asking import console, counted, plain_table, print_json
from cli.curating import now
from cli.main import fail
from cli.storage import database

if TYPE_CHECKING:
    from services.consolidation.running import Report

#: The same code as of a system that is started twice.
_BUSY: Final = 3
#: Lines of a table; the other things are counted.
_MOST_LINES: Final = 50


def consolidate(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and why; change nothing.")] = False,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Merge what is told twice, settle contradictions, retire stale claims. Exit code 3: a worker does so just now."""
    from services.consolidation import running
    from services.consolidation.running import Means
    from settings import settings
    from workers.learning_rules import learning_rules_of
    from workers.upkeep_policy import policy_of

    chosen = settings()
    with database(state) as engine:
        means = Means(engine, now, policy_of(chosen), learning_rules_of(chosen).policy)
        report = running.preview(means) if dry_run else running.run(means)
    if report is None:
        fail("a worker consolidates at this moment", _BUSY)
    if as_json:
        print_json(_described(report))
    else:
        _show(report, dry_run=dry_run)
    if report.failed:
        fail("; ".join(f"{step}: {error}" for step, error in report.failed.items()))


def _described(report: "Report") -> dict[str, Any]:
    return {
        "looked_at": report.looked_at,
        "changed": report.changed,
        "seconds": report.seconds,
        "mergers": [
            {"type": it.type, "survivor": it.survivor, "gone": it.gone, "why": it.likeness.reason}
            for it in report.mergers
        ],
        "held": [{"type": it.type, "one": it.one, "other": it.other, "why": it.likeness.apart} for it in report.held],
        "disputed": [
            {
                "type": it.type,
                "slug": it.slug,
                "facts": [
                    {
                        "fact": side.fact,
                        "for": sorted(side.speak_for),
                        "against": sorted(side.speak_against),
                        "stands": side.stands,
                    }
                    for side in it.sides
                ],
            }
            for it in report.disputed
        ],
        "stale": [{"type": it.type, "slug": it.slug, "since": it.since} for it in report.stale],
        "failed": report.failed,
    }


def _show(report: "Report", *, dry_run: bool) -> None:
    out = console()
    would = "would " if dry_run else ""
    _table(
        out,
        ((f"{it.type}/{it.gone}", f"{it.type}/{it.survivor}", it.likeness.reason) for it in report.mergers),
        ("would become part" if dry_run else "became part", "of", "because"),
    )
    disputed = (
        (f"{it.type}/{it.slug}", side.stands or "both", f"{len(side.speak_for)} for, {len(side.speak_against)} against")
        for it in report.disputed
        for side in it.sides
    )
    _table(out, disputed, ("contradicts itself", f"{would}stand" if dry_run else "stands", "instances say"))
    stale = ((f"{it.type}/{it.slug}", "", f"{it.since:%Y-%m-%d}") for it in report.stale)
    _table(out, stale, ("would be retired" if dry_run else "retired", "", "nothing since"))
    held = ((f"{it.type}/{it.one}", f"{it.type}/{it.other}", it.likeness.apart) for it in report.held)
    _table(out, held, ("looks like", "and stays apart", "because"))
    looked = counted(report.looked_at, "pattern")
    if dry_run:
        out.print(f"{looked} looked at in {report.seconds:.1f} s; nothing was changed")
    else:
        out.print(f"{looked} looked at, {report.changed} changed in {report.seconds:.1f} s")


def _table(out: Any, rows: Iterable[tuple[str, str, str]], columns: tuple[str, str, str]) -> None:
    """Print a table with an empty line below; nothing where there are no rows."""
    from rich.markup import escape

    listed = list(rows)
    if not listed:
        return
    table = plain_table(*columns[:2], last=columns[2], widest=40)
    for row in listed[:_MOST_LINES]:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)
    if len(listed) > _MOST_LINES:
        out.print(f"… and {len(listed) - _MOST_LINES} more (--json has all)")
    out.print()
