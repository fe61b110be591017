"""`centralcloud dead-letters ls|retry`: learns that failed too often, and sending them again."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.addresses import NOT_FOUND, UNREACHABLE, Json, State, centre_password, nats_url
from cli.asking import console, counted, plain_table, print_json
from cli.main import fail
from cli.storage import database

if TYPE_CHECKING:
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
    """Publish each until NATS keeps it; return how many those were, and how many of them had secrets.

    Connected first, because what is taken from the list must not get lost.
    """
    from nats.errors import Error as NatsError
    from nats.js.errors import Error as JetStreamError

    from cli.centre_connection import connect
    from services.learning import dead_letters as service

    address, sent, redacted = nats_url(state, None), 0, 0
    try:
        connection = await connect(address, centre_password(state))
    except OSError as error:
        fail(f"cannot reach NATS at {address}: {error}", UNREACHABLE)
    try:
        stream = connection.jetstream()
        messages = await asyncio.to_thread(service.retry, engine, ids)
        for message in messages:
            await stream.publish(message.subject, message.data, headers=dict(message.headers) or None)
            sent += 1
            redacted += message.redacted
    except (NatsError, JetStreamError, OSError, TimeoutError) as error:
        fail(f"sent {sent} of {len(messages)}, then: {error}; the others are marked as retried", 1)
    finally:
        await connection.close()
    return sent, redacted


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
