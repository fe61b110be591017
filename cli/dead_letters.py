"""`centralcloud dead-letters ls|retry`: learns that failed too often, and sending them again."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.addresses import NOT_FOUND, UNREACHABLE, Json, State, centre_password, nats_url, without_credentials
from cli.asking import console, counted, plain_table, print_json
from cli.main import fail
from cli.storage import database

if TYPE_CHECKING:
    from nats.js import JetStreamContext
    from sqlalchemy import Engine

dead_letters = typer.Typer(help="Learns that failed too often.", no_args_is_help=True)


@dead_letters.command("ls")
def list_(
    *,
    limit: Annotated[int, typer.Option(help="Most letters.", min=1, max=1_000)] = 100,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List dead letters that were not retried yet, oldest first."""
    from services.learning import dead_letters as service

    with database(state) as engine:
        letters = service.ls(engine, limit=limit)
    if as_json:
        print_json([_described(letter) for letter in letters])
    elif letters:
        _show(letters)
    else:
        typer.echo("no dead letters")


@dead_letters.command("retry")
def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="Which ones; none: all.")] = None,
    *,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Send dead letters again; each gets its attempts anew. Exit code 4: there is none of that number."""
    with database(state) as engine:
        sent, redacted = asyncio.run(_send(engine, state, ids or None))
    if not sent and ids:
        fail("no such dead letters", NOT_FOUND)
    if as_json:
        print_json({"sent": sent, "redacted": redacted})
    else:
        typer.echo(f"sent {counted(sent, 'learn')} again" if sent else "no dead letters")
        if redacted:
            typer.echo(f"{redacted} of them without the secrets that they held")


async def _send(engine: "Engine", state: Path | None, ids: list[int] | None) -> tuple[int, int]:
    """Publish each until NATS keeps it; return how many those were, and how many of them had secrets."""
    from nats.errors import Error as NatsError
    from nats.js.errors import Error as JetStreamError

    from cli.centre_connection import connect

    address, done = nats_url(state, None), Counter[bool]()
    try:
        connection = await connect(address, centre_password(state))
    except OSError as error:
        fail(f"cannot reach NATS at {without_credentials(address)}: {error}", UNREACHABLE)
    try:
        await _send_all(connection.jetstream(), engine, ids, done)
    except (NatsError, JetStreamError, OSError, TimeoutError) as error:
        fail(f"sent {done.total()}, then: {error or type(error).__name__}; the others are still listed", 1)
    finally:
        await connection.close()
    return done.total(), done[True]


async def _send_all(stream: "JetStreamContext", engine: "Engine", ids: list[int] | None, done: "Counter[bool]") -> None:
    """Publish batch after batch; what NATS keeps is struck off the list, and counted by whether it had secrets."""
    from services.learning import dead_letters as service

    last = 0
    while messages := await asyncio.to_thread(service.retry, engine, ids, above=last):
        kept = []
        try:
            for message in messages:
                await stream.publish(message.subject, message.data, headers=dict(message.headers) or None)
                kept.append(message.id)
                done[message.redacted] += 1
        finally:
            await asyncio.to_thread(service.sent, engine, kept)
        last = messages[-1].id


def _show(letters: Any) -> None:
    from rich.markup import escape

    table = plain_table("id", "died", "subject", "learn", "attempts", last="error", widest=20)
    for letter in letters:
        died = f"{letter.died_at:%Y-%m-%d %H:%M:%S}"
        subject = letter.subject.removeprefix("centralcloud.patterns.")
        cells = (str(letter.id), died, subject, letter.learn_id, str(letter.attempts), letter.error)
        table.add_row(*(escape(cell) for cell in cells))
    console().print(table)


def _described(letter: Any) -> dict[str, Any]:
    return {
        "id": letter.id,
        "learn_id": letter.learn_id,
        "subject": letter.subject,
        "headers": letter.headers,
        "data": letter.data.decode(errors="replace"),
        "redacted": letter.redacted,
        "attempts": letter.attempts,
        "error": letter.error,
        "died_at": letter.died_at,
    }
