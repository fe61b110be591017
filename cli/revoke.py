"""`centralcloud revoke INSTANCE`: from then on all is as if that instance had never spoken."""

import datetime
import sys
from typing import Annotated, Any

import typer

from cli.addresses import NOT_FOUND, Json, State
from cli.asking import counted, print_json
from cli.curating import By, Reason, now, operator
from cli.main import fail


def revoke(
    instance: Annotated[str, typer.Argument(help="The instance's id; '' for all the anonymous.")],
    *,
    since: Annotated[datetime.datetime | None, typer.Option(help="Only what it said from then on (UTC).")] = None,
    reason: Reason = "revoked by an operator",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: By = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Undo whatever an instance taught, said in feedback and saw, tell everybody, and hear it no more.

    Exit code 4: it never said anything; it is not heard from now on all the same.
    """
    from services.curation import revoking

    begin = since.replace(tzinfo=datetime.UTC) if since else None
    if begin is not None and begin > now():
        fail(f"{begin:%Y-%m-%d %H:%M:%S} UTC is still to come", 2)
    with operator(state, by) as at_work:
        found = revoking.look(at_work.database, instance, begin)
        if not yes:
            _ask(instance, found)
        found, worked = revoking.revoke(
            at_work.database,
            instance,
            since=begin,
            actor=f"operator:{at_work.name}",
            reason=reason,
            clock=at_work.clock,
            policy=at_work.policy,
            progress=_progress,
        )
    _report(instance, found, worked, as_json=as_json)
    if worked.failed:
        fail(f"{counted(worked.failed, 'pattern')} could not be derived anew; the worker tries again within the hour")
    if not found.learns and not found.codebases:
        sys.exit(NOT_FOUND)


def _report(instance: str, found: Any, worked: Any, *, as_json: bool) -> None:
    if not as_json:
        typer.echo(
            f"{instance!r} is revoked: {counted(found.learns, 'learn')} taken back,"
            f" {counted(worked.changed, 'pattern')} derived anew, {worked.retired} retired"
        )
        return
    print_json(
        {
            "instance": instance,
            "learns": found.learns,
            "codebases": found.codebases,
            "patterns": found.patterns,
            "changed": worked.changed,
            "retired": worked.retired,
            "failed": worked.failed,
            "seconds": round(worked.seconds, 2),
        }
    )


def _ask(instance: str, found: Any) -> None:
    what = f"{counted(found.learns, 'learn')} in {counted(found.patterns, 'pattern')}, and {found.codebases} codebases"
    if not sys.stdin.isatty():
        fail(f"{instance!r} said {what}: say --yes to take that back", 2)
    if not typer.confirm(f"{instance!r} said {what}. Take that back?"):
        raise typer.Abort


def _progress(left: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{left} patterns left ", nl=False, err=True)
