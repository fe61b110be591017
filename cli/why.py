"""`centralcloud why SLUG PATH`: explain one pattern on a codebase, indicator by indicator.

The pattern comes from the centre; the evidence is collected and explained here, by the engine the centre uses.
"""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.addresses import NOT_FOUND, Json, NatsUrl, State
from cli.asking import client, console, counted, plain_table, print_json, shown
from cli.main import fail
from cli.query import require_type

#: Patterns asked for beside the one that is explained.
_MOST_RELATED: Final = 60
#: Patterns of each type that a search for the name may bring.
_SEARCHED: Final = 20
#: Types in which a name is asked for that no search finds; one that the other has is known without a model.
_ASKED_FOR: Final = ("framework", "technology")
#: Indicators shown that did not fire; --json has all.
_SILENT: Final = 12


def why(
    slug: Annotated[str, typer.Argument(help="Slug, name or alias of the pattern.")],
    path: Annotated[Path, typer.Argument(help="Directory of the codebase.")] = Path(),
    *,
    type_: Annotated[str | None, typer.Option("--type", help="framework, technology, microservice or code.")] = None,
    min_confidence: Annotated[float, typer.Option(help="What is less sure is left out.", min=0.0, max=1.0)] = 0.5,
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Explain why a pattern matches a codebase, or does not. Exit code 4: nobody knows the pattern."""
    if type_ is not None:
        require_type(type_)
    if not path.is_dir():
        fail(f"{path} is not a directory", 2)
    from centralcloud_client.collect import collect

    evidence = collect(path).evidence
    with client(state, nats_url) as asking:
        found = _find(asking, slug, type_)
        if found is None:
            fail(f"nobody knows {slug!r}", NOT_FOUND)
        related = _related(asking, found, asking.detect(evidence, min_confidence=min_confidence))
    explanation = _explain(found, related, dict(evidence.files), min_confidence)
    if as_json:
        print_json(explanation)
    else:
        _show(explanation)


def _find(asking: Any, name: str, type_: str | None) -> Any:
    """Return the pattern of this name, in any type unless told.

    Words are searched for first: a query for a name that a type does not have begins a discovery in it.
    """
    if type_ is None and (found := _searched(asking, name)) is not None:
        return found
    answers = (
        asking.query(one, name=name, wait_ms=0, prefer_cache=False) for one in ((type_,) if type_ else _ASKED_FOR)
    )
    return next((answer.best for answer in answers if answer.found), None)


def _searched(asking: Any, name: str) -> Any:
    """Return the pattern that a search in all types finds under this very slug, else under this name or alias."""
    from centralcloud_client.naming import normalise
    from centralcloud_client.subjects import TYPES

    if not (key := normalise(name)):
        return None
    patterns = [pattern for one in TYPES for pattern in asking.search(one, name, limit=_SEARCHED).patterns]
    called = [one for one in patterns if key in map(normalise, (one.slug, one.name, *one.aliases))]
    return next((one for one in called if one.slug == name.lower()), called[0] if called else None)


def _related(asking: Any, pattern: Any, detected: Any) -> list[Any]:
    """Return the patterns found that this one's relations speak of, and those that speak of it."""
    wanted: set[tuple[str | None, str]] = {(relation.type, relation.slug) for relation in pattern.relations}
    mine = [match for match in detected.matches if (match.type, match.slug) == (pattern.type, pattern.slug)]
    for match in mine:
        wanted |= {(None, match.superseded_by)} if match.superseded_by else set()
        implied = (reason.indicator for reason in match.evidence if reason.kind == "implied")
        wanted |= {(None, indicator.partition(":")[2]) for indicator in implied}
    found = {(match.type, match.slug) for match in detected.matches}
    if mine:
        found = {(type_, slug) for type_, slug in found if {(type_, slug), (None, slug)} & wanted}
    # If not, perhaps one of those found excludes it: which one, only they can say.
    related = (_find(asking, slug, type_) for type_, slug in sorted(found)[:_MOST_RELATED])
    return [one for one in related if one is not None]


def _explain(pattern: Any, related: list[Any], files: dict[str, str | None], least: float) -> Any:
    import msgspec

    from centralcloud_patterns.evidence import Evidence
    from centralcloud_patterns.explaining import explain
    from centralcloud_patterns.facts import extract
    from centralcloud_patterns.pattern import Pattern

    try:
        known = [msgspec.json.decode(msgspec.json.encode(one), type=Pattern) for one in (pattern, *related)]
    except msgspec.DecodeError as error:
        fail(f"the pattern is in the words of a newer version: {error}")
    return explain(extract(Evidence(files=files)), known[0], known[1:], min_confidence=least)


def _show(explanation: Any) -> None:
    out = console()
    support = explanation.support
    spoken = f"{counted(support.instances, 'instance')} in {counted(support.codebases, 'codebase')} speak for it"
    out.print(f"{shown(explanation.name)} is {explanation.state}, {explanation.sure:.2f} sure to be right: {spoken}")
    for place in explanation.places:
        verdict = "found" if place.told else "not found"
        out.print(
            f"[bold]{shown(explanation.name)}[/] ({explanation.type}/{explanation.slug}) in"
            f" {shown(place.path or '.')}: {verdict}, confidence {place.confidence:.2f}"
            + (f", by {place.level}" if place.level else "")
        )
        fired = [step for step in place.steps if step.fired]
        if fired:
            table = plain_table("indicator", "weight", "added", "where", last="what stands there", widest=40)
            for step in fired:
                table.add_row(*(shown(cell) for cell in _cells(step)))
            out.print(table)
        for step in place.steps:
            if step.measured is not None:
                out.print(f"  {shown(_seen(step))}", no_wrap=True, overflow="ellipsis")
            if step.adopted:
                out.print(f"  {shown(_adopted(step))}", no_wrap=True, overflow="ellipsis")
        for line in place.relations:
            out.print(f"  {shown(line)}", no_wrap=True, overflow="ellipsis")
        _show_silent([step for step in place.steps if not step.fired])


def _seen(step: Any) -> str:
    """Say what a weight follows from: observations and feedback move it from what was said at first."""
    seen = step.measured
    return (
        f"{step.kind} {step.checks} weighs {step.weight:.2f} ({seen.low:.2f} to {seen.high:.2f}), not {seen.prior:.2f}:"
        f" fired in {seen.hits + seen.misses} codebases, rightly in {seen.hits}"
    )


def _adopted(step: Any) -> str:
    return f"{step.kind} {step.checks} was adopted by an operator on {step.adopted}"


def _cells(step: Any) -> tuple[str, str, str, str, str]:
    sign = "-" if step.polarity == "against" else ""
    where = f"{step.fired.file}:{step.fired.line}" if step.fired.line else step.fired.file
    where += " (among tests)" if step.fired.among_tests else ""
    return f"{step.kind} {step.checks}", f"{sign}{step.weight:.2f}", f"{step.added:+.3f}", where, step.fired.excerpt


def _show_silent(steps: list[Any]) -> None:
    if not steps:
        return
    out = console()
    out.print(f"  {counted(len(steps), 'indicator')} did not fire:")
    for step in steps[:_SILENT]:
        note = f": {step.note}" if step.note else ""
        line = f"    {step.kind} {step.checks} ({step.weight:.2f}){note}"
        out.print(shown(line), no_wrap=True, overflow="ellipsis")
    if len(steps) > _SILENT:
        out.print(f"    … {len(steps) - _SILENT} more (--json has all)")
