"""`centralcloud import FILE` and `centralcloud export FILE`: JSON Lines in as learns, the whole authority out."""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

import typer

from cli.addresses import Json, NatsUrl, State
from cli.asking import client, counted, print_json
from cli.import_lines import Line, read
from cli.main import fail
from cli.storage import database

_WAIT_SECONDS: Final = 120.0
#: Learns that are waited for at the same time.
_AT_ONCE: Final = 1_024
_LOOK_SECONDS: Final = 0.1
_DECIDED: Final = ("applied", "rejected")


def import_(
    file: Annotated[Path, typer.Argument(help="JSON Lines, one pattern or learn a line; '-' for standard input.")],
    *,
    instance: Annotated[str, typer.Option(help="Whose knowledge this is.")],
    pattern_type: Annotated[str | None, typer.Option("--type", help="Type of lines that do not say.")] = None,
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Bring an instance's old local store in, as learns with its id. Repeating it changes nothing."""
    lines, skipped = read(file, pattern_type=pattern_type, instance=instance)
    with client(state, nats_url, instance_id=instance) as asking:
        learn_ids = _send(asking, lines)
        outcomes = _await(asking, learn_ids)
    problems = [
        {"line": line.number, "state": outcome.state, "code": outcome.code, "message": outcome.message}
        for line, outcome in zip(lines, outcomes, strict=True)
        if outcome.state != "applied"
    ]
    counts = Counter(outcome.state for outcome in outcomes)
    if as_json:
        print_json({"learns": len(lines), "outcomes": counts, "problems": problems, "skipped": skipped})
    else:
        for one in problems:
            typer.echo(f"{file}, line {one['line']}: {_told(one)}", err=True)
        told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        typer.echo(f"{counted(len(lines), 'learn')}: {told or 'nothing to import'}")
        if skipped:
            typer.echo(f"{counted(skipped, 'pattern')} left out: without indicators or examples")
    sys.exit(1 if problems else 0)


def export(
    file: Annotated[Path, typer.Argument(help="Where to write JSON Lines; '-' for standard output.")],
    *,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Write every live pattern, one a line, in a stable order."""
    from models import patterns

    count = 0
    with database(state) as engine, engine.connect() as connection, _written(file) as out:
        for document in patterns.all_documents(connection):
            out.write(document + "\n")
            count += 1
    if as_json and str(file) != "-":
        print_json({"patterns": count, "file": str(file)})
    elif str(file) != "-":
        typer.echo(f"{counted(count, 'pattern')} written to {file}")


@contextmanager
def _written(file: Path) -> Iterator[TextIO]:
    """Yield where to write; a file appears whole or not at all."""
    if str(file) == "-":
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough; the interpreter must not flush into the void at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    draft = file.with_name(f".{file.name}.part")
    try:
        with draft.open("w", encoding="utf-8") as out:
            yield out
        draft.replace(file)
    except OSError as error:
        fail(f"{file}: {error.strerror}", 1)
    finally:
        draft.unlink(missing_ok=True)


def _send(asking: Any, lines: Sequence[Line]) -> list[str]:
    """Spool all at once, and wait until NATS has acknowledged them."""
    learn_ids: list[str] = asking.learn_new_patterns([(line.type, line.learn) for line in lines])
    with _progress("sending", len(lines)) as advance:
        deadline = time.monotonic() + _WAIT_SECONDS
        left = len(lines)
        while (waiting := asking.status().spooled) and time.monotonic() < deadline:
            if waiting < left:
                advance(left - waiting)
                left, deadline = waiting, time.monotonic() + _WAIT_SECONDS
            asking.flush(0.2)
    if left := asking.status().spooled:
        sent = f"{len(lines) - left} of {counted(len(lines), 'learn')}"
        fail(f"NATS has acknowledged {sent}; run the same import again, which sends each once", 1)
    return learn_ids


def _told(problem: dict[str, Any]) -> str:
    if problem["state"] in _DECIDED:
        return f"{problem['state']}: {problem['code']}: {problem['message']}"
    return f"kept by NATS, and not decided yet: {problem['state']}"


def _await(asking: Any, learn_ids: Sequence[str]) -> list[Any]:
    """Return the outcome of each learn, in order; gives up when none is decided for long."""
    waiting = list(dict.fromkeys(learn_ids))
    found: dict[str, Any] = {}
    deadline = time.monotonic() + _WAIT_SECONDS
    with _progress("applying", len(waiting)) as advance:
        while waiting and time.monotonic() < deadline:
            told = asking.learn_statuses(waiting[:_AT_ONCE])
            decided = {outcome.learn_id: outcome for outcome in told if outcome.state in _DECIDED}
            if len(decided) < len(told):
                time.sleep(_LOOK_SECONDS)
            if decided:
                found |= decided
                waiting = [learn_id for learn_id in waiting if learn_id not in decided]
                advance(len(decided))
                deadline = time.monotonic() + _WAIT_SECONDS
    found |= {outcome.learn_id: outcome for outcome in asking.learn_statuses(waiting)}
    return [found[learn_id] for learn_id in learn_ids]


@contextmanager
def _progress(what: str, total: int) -> Iterator[Any]:
    """Show a bar on standard error where that is a terminal; yields what advances it."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)
