"""`centralcloud patterns promote|reject|adopt|…`: what operators do to patterns, each deed with its reason.

A deed says what is done and how that is told; the options that all have, and the report, are put around it here. What
only looks at patterns is in `patterns`.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_type_hints

import typer

from cli.addresses import Json, State
from cli.asking import print_json
from cli.curating import By, Reason, Which, operator, pair

#: By the name of the command.
DEEDS: Final[dict[str, Callable[..., None]]] = {}
#: What the decorator hands to a deed itself.
_AT_WORK: Final = "at_work"

Facts = Annotated[list[str], typer.Argument(help="Proposed facts, as `patterns proposed` lists them.")]


@dataclass(frozen=True, slots=True)
class Told:
    """The pattern that a deed wrote, and what is to be said of it."""

    which: str
    written: Any
    what: str


def _deed(work: Callable[..., Told]) -> Callable[..., Told]:
    """Make a command of a deed: with who does it and where, and a report as text or JSON."""
    shared = {"by": (By, None), "state": (State, None), "as_json": (Json, False)}

    def command(*, by: Any, state: Any, as_json: bool, **given: Any) -> None:
        with operator(state, by) as at_work:
            _report(work(at_work, **given), as_json=as_json)

    hints = get_type_hints(work, include_extras=True)
    own = [it for name, it in inspect.signature(work).parameters.items() if name != _AT_WORK]
    further = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in shared.items()
    ]
    command.__signature__ = inspect.Signature([*own, *further])  # type: ignore[attr-defined]  # what typer reads
    command.__annotations__ = {it.name: hints.get(it.name, it.annotation) for it in (*own, *further)}
    command.__doc__ = work.__doc__
    DEEDS[work.__name__] = command
    return work


def _report(told: Told, *, as_json: bool) -> None:
    written = told.written
    if as_json:
        state = written.standing.state.value
        print_json({"pattern": told.which, "revision": written.revision, "seq": written.seq, "state": state})
    else:
        typer.echo(f"{told.which} {told.what} (revision {written.revision})")


@_deed
def promote(at_work: Any, which: Which, *, reason: Reason) -> Told:
    """Make a pattern active, however few agree."""
    from services.curation import ruling

    return Told(which, ruling.promote(at_work, *pair(which), reason), "is active")


@_deed
def reject(at_work: Any, which: Which, *, reason: Reason) -> Told:
    """Make a pattern deprecated and unsure, whatever is taught of it; known it stays, or it would be taught anew."""
    from services.curation import ruling

    return Told(which, ruling.reject(at_work, *pair(which), reason), "is deprecated")


@_deed
def rename(
    at_work: Any,
    which: Which,
    name: Annotated[str, typer.Argument(help="What it is called from now on.")],
    *,
    reason: Reason,
) -> Told:
    """Give a pattern another name; it answers to the old one, too, and its slug stays."""
    from services.curation import ruling

    return Told(which, ruling.rename(at_work, *pair(which), name, reason), f"is called {name!r}")


@_deed
def merge(
    at_work: Any,
    which: Which,
    into: Annotated[str, typer.Argument(help="The pattern that it becomes part of, as TYPE/SLUG.")],
    *,
    reason: Reason,
) -> Told:
    """Make a pattern part of another, which answers to its names from now on."""
    from cli.main import fail
    from services.curation import joining

    (type_, gone), (other, survivor) = pair(which), pair(into)
    if type_ != other:
        fail("both must be of one type", 2)
    written = joining.merge_patterns(at_work, type_, gone, survivor, reason)
    return Told(into, written, f"has become one with {which}")


@_deed
def split(
    at_work: Any,
    which: Which,
    name: Annotated[str, typer.Argument(help="Name of the part.")],
    *,
    indicators: Annotated[
        list[str] | None,
        typer.Option("--indicator", help="Id of an indicator that belongs to the part; may be repeated."),
    ] = None,
    reason: Reason,
) -> Told:
    """Take a part out of a pattern: what was merged into it under that name, or what these indicators recognise."""
    from services.curation import joining

    stays, part = joining.split(at_work, *pair(which), name, indicators=indicators or (), reason=reason)
    return Told(which, stays, f"has lost {part.pattern.type}/{part.pattern.slug}")


@_deed
def retire(at_work: Any, which: Which, *, reason: Reason) -> Told:
    """Take a pattern out of service; what was taught of it counts no more, and who teaches it again begins anew."""
    from services.curation import ruling

    return Told(which, ruling.retire(at_work, *pair(which), reason), "is out of service")


@_deed
def rollback(
    at_work: Any,
    which: Which,
    revision: Annotated[int, typer.Argument(help="The revision to go back to.", min=1)],
    *,
    reason: Reason,
) -> Told:
    """Return a pattern to an earlier revision, which makes a new one; what was taught in between does not count."""
    from services.curation import returning

    written = returning.rollback(at_work, *pair(which), revision, reason)
    return Told(which, written, f"is as it was at revision {revision}")


@_deed
def adopt(at_work: Any, which: Which, facts: Facts, *, reason: Reason) -> Told:
    """Make indicators of facts that were proposed: they stay, and weigh what is observed from then on."""
    from services.curation import adopting

    written = adopting.adopt(at_work, *pair(which), facts, reason)
    return Told(which, written, f"is recognised by {', '.join(facts)}")


@_deed
def decline(
    at_work: Any,
    which: Which,
    facts: Facts,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Let them be proposed again.")] = False,
    reason: Reason,
) -> Told:
    """Take proposed facts off the list, so that they are not proposed again."""
    from services.curation import adopting

    listed = ", ".join(facts)
    if undo:
        return Told(which, adopting.reconsider(at_work, *pair(which), facts, reason), f"may be told by {listed} again")
    return Told(which, adopting.decline(at_work, *pair(which), facts, reason), f"is not told by {listed}")
