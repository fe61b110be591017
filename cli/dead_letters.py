"""`centralcloud dead-letters ls|retry`: learns that failed too often, and sending them again."""

import sys
from typing import Annotated

import typer

from cli.addresses import Json, State, centre_password, database_url, nats_url
from cli.asking import console, print_json
from cli.main import fail

dead_letters = typer.Typer(help="Learns that failed too often.", no_args_is_help=True)


@dead_letters.command("ls")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List dead letters that were not retried yet, oldest first."""
    from rich.markup import escape
    from rich.table import Table

    from services.learning import dead_letters as service
    from workers.database import build_engine

    engine = build_engine(database_url(state), "cli", pool_size=1)
    letters = service.ls(engine, limit=limit)
    engine.dispose()
    if as_json:
        print_json([letter.described() for letter in letters])
        return
    table = Table("id", "died", "subject", "learn", "attempts", "error", box=None, pad_edge=False)
    for letter in letters:
        cells = (str(letter.id), letter.died_at, letter.subject, letter.learn_id, str(letter.attempts), letter.error)
        table.add_row(*(escape(cell) for cell in cells))
    console().print(table if letters else "no dead letters")


@dead_letters.command("retry")
def retry(
    ids: Annotated[list[int] | None, typer.Argument(help="Which ones; none: all.")] = None,
    *,
    state: State = None,
) -> None:
    """Send dead letters again; each gets five attempts anew."""
    import asyncio

    import nats

    from services.learning import dead_letters as service
    from workers.database import build_engine

    engine = build_engine(database_url(state), "cli", pool_size=1)
    messages = service.retry(engine, ids=ids or None)
    engine.dispose()
    if not messages:
        fail("no such dead letters", 4)

    async def send() -> None:
        connection = await nats.connect(
            nats_url(state, None), user="centre", password=centre_password(state), allow_reconnect=False
        )
        stream = connection.jetstream()
        for message in messages:
            await stream.publish(message.subject, message.data, headers=message.headers or None)
        await connection.close()

    asyncio.run(send())
    typer.echo(f"sent {len(messages)} again")
    sys.exit(0)
