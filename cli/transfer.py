"""`centralcloud import FILE` and `centralcloud export FILE`: JSON Lines in as learns, the whole authority out."""

import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.addresses import NatsUrl, State, database_url
from cli.asking import client
from cli.main import fail

_WAIT_SECONDS = 120.0


def import_(
    file: Annotated[Path, typer.Argument(help="JSON Lines, one pattern or learn a line; '-' for standard input.")],
    *,
    instance: Annotated[str, typer.Option(help="Whose knowledge this is.")],
    pattern_type: Annotated[str | None, typer.Option("--type", help="Type of lines that do not say.")] = None,
    nats_url: NatsUrl = None,
    state: State = None,
) -> None:
    """Bring an instance's old local store in, as learns with its id. Repeating it changes nothing."""
    from rich.progress import Progress

    lines = list(_lines(file))
    learns = [_learn(number, line, pattern_type, instance) for number, line in lines]
    outcomes: dict[str, int] = {}
    with client(state, nats_url, instance_id=instance) as asking, Progress(disable=not sys.stderr.isatty()) as bar:
        sending = bar.add_task("sending", total=len(learns))
        ids = []
        for type_, learn in learns:
            ids.append(asking.learn_new_pattern(type_, learn))
            bar.advance(sending)
        if not asking.flush(_WAIT_SECONDS):
            fail("NATS has not acknowledged everything; run the same import again", 1)
        applying = bar.add_task("applying", total=len(ids))
        deadline = time.monotonic() + _WAIT_SECONDS
        for line, learn_id in zip(lines, ids, strict=True):
            outcome = asking.learn_status(learn_id)
            while outcome.state not in {"applied", "rejected"} and time.monotonic() < deadline:
                time.sleep(0.05)
                outcome = asking.learn_status(learn_id)
            outcomes[outcome.state] = outcomes.get(outcome.state, 0) + 1
            if outcome.state != "applied":
                typer.echo(f"line {line[0]}: {outcome.state} {outcome.code or ''} {outcome.message or ''}", err=True)
            bar.advance(applying)
    typer.echo(", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())) or "nothing to import")
    sys.exit(0 if set(outcomes) <= {"applied"} else 1)


def export(
    file: Annotated[Path, typer.Argument(help="Where to write JSON Lines; '-' for standard output.")],
    *,
    state: State = None,
) -> None:
    """Write every live pattern, one a line, in a stable order."""
    from models import patterns
    from workers.database import build_engine

    engine = build_engine(database_url(state), "cli", pool_size=1)
    out = sys.stdout if str(file) == "-" else file.open("w", encoding="utf-8")
    count = 0
    with engine.connect() as connection:
        for document in patterns.all_documents(connection):
            out.write(document + "\n")
            count += 1
    if out is not sys.stdout:
        out.close()
        typer.echo(f"{count} patterns written to {file}")
    engine.dispose()


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import msgspec

    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            fail(f"{file}, line {number}: {error}", 2)
        if not isinstance(found, dict):
            fail(f"{file}, line {number}: a JSON object is needed", 2)
        yield number, found


def _learn(number: int, line: dict[str, Any], pattern_type: str | None, instance: str) -> tuple[str, dict[str, Any]]:
    """Turn one line, a learn or an exported pattern, into a learn whose id stays the same when repeated."""
    import msgspec

    from centralcloud_client.messages.learns import Learn
    from centralcloud_client.subjects import TYPES

    type_ = line.get("type") or pattern_type
    if type_ not in TYPES:
        fail(f"line {number}: no type of pattern ({type_!r}); give --type", 2)
    fields = set(Learn.__struct_fields__)
    known = {key: value for key, value in line.items() if key in fields and value not in (None, [], {})}
    body = msgspec.json.encode([type_, known], order="deterministic")
    known["learn_id"] = line.get("learn_id") or f"import-{hashlib.sha256(instance.encode() + body).hexdigest()[:40]}"
    return str(type_), known | {"instance_id": instance}
