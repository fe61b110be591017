"""`centralcloud templates ls|show|store`: the prompts and code templates of a running system, and bettering them."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.addresses import NOT_FOUND, UNREACHABLE, Json, NatsUrl, State, centre_password, nats_url, without_credentials
from cli.asking import console, plain_table, print_json
from cli.main import fail

if TYPE_CHECKING:
    from centralcloud_client.messages.requests import TemplatesStore

templates = typer.Typer(help="Prompts and code templates, in versions.", no_args_is_help=True)

_SECONDS: Final = 5


@templates.command("ls")
def list_(
    words: Annotated[list[str] | None, typer.Argument(help="Words that the templates hold; none: all.")] = None,
    *,
    kind: Annotated[str | None, typer.Option(help="Of this kind only: prompt, code, ….")] = None,
    language: Annotated[str | None, typer.Option(help="Of this programming language only.")] = None,
    limit: Annotated[int, typer.Option(help="Most templates.", min=1, max=1_000)] = 100,
    nats: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List the newest version of each template."""
    asked: dict[str, Any] = {"search": " ".join(words or []), "kind": kind, "language": language}
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(found) < limit:
        page = _ask(state, nats, "search", {**asked, "limit": min(200, limit - len(found)), "cursor": cursor})
        found += page["templates"]
        if (cursor := page.get("next")) is None:
            break
    if as_json:
        print_json(found)
    elif found:
        _show(found)
    else:
        typer.echo("no templates")


@templates.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Which one.")],
    *,
    version: Annotated[int | None, typer.Option(help="Which version (default: the newest).", min=1)] = None,
    nats: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Print a template's text as it is, ready to be edited and stored again. Exit code 4: there is none."""
    reply = _ask(state, nats, "get", {"name": name, "version": version})
    if not reply["templates"]:
        near = f"; there are {', '.join(reply['suggestions'])}" if reply.get("suggestions") else ""
        fail(f"no template {name!r}" + (f" in version {version}" if version else "") + near, NOT_FOUND)
    [template] = reply["templates"]
    if as_json:
        print_json(template)
    else:
        sys.stdout.write(template["body"] if template["body"].endswith("\n") else template["body"] + "\n")


@templates.command("store")
def store(
    name: Annotated[str, typer.Argument(help="Which one; a new name makes a new template.")],
    file: Annotated[str, typer.Argument(help="The file with its text; - reads from standard input.")],
    *,
    kind: Annotated[str | None, typer.Option(help="prompt, code, … (default: as before, else prompt).")] = None,
    description: Annotated[str | None, typer.Option(help="One line (default: as before).")] = None,
    language: Annotated[str | None, typer.Option(help="Programming language (default: as before).")] = None,
    nats: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Store the next version of a template, for everybody from now on; older versions stay readable."""
    from centralcloud_client.messages.requests import TemplatesStore
    from services.template_text import placeholders

    body = _read(file)
    before: dict[str, Any] = next(iter(_ask(state, nats, "get", {"name": name})["templates"]), {})
    request = TemplatesStore(
        name=name,
        kind=kind or before.get("kind", "prompt"),
        body=body,
        description=description or before.get("description"),
        language=language or before.get("language"),
        variables=tuple(dict.fromkeys(placeholders(body))),
    )
    [stored] = _store(state, nats, request)["templates"]
    if as_json:
        print_json(stored)
    else:
        typer.echo(f"{stored['name']}, version {stored['version']}")


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode()
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror or error}", 2)
    except UnicodeDecodeError as error:
        fail(f"{file} is not UTF-8: byte {error.start} is none of it", 2)


def _store(state: Path | None, given: str | None, request: "TemplatesStore") -> dict[str, Any]:
    import msgspec

    return _ask(state, given, "store", msgspec.to_builtins(request), as_centre=True)


def _ask(
    state: Path | None, given: str | None, verb: str, body: dict[str, Any], *, as_centre: bool = False
) -> dict[str, Any]:
    """Ask the centre, as the centre itself where only operators may; what is refused ends the command."""
    told = {name: value for name, value in body.items() if value is not None and value != ""}
    password = centre_password(state) if as_centre else None
    if as_centre and password is None:
        fail("only operators store templates: neither the state folder nor CENTRALCLOUD_NATS_PASSWORD has their secret")
    reply = asyncio.run(_request(nats_url(state, given), password, verb, json.dumps(told).encode()))
    if not reply["ok"]:
        error = reply["error"]
        where = f" ({error['path']})" if error.get("path") else ""
        fail(f"{error['message']}{where}", UNREACHABLE if error.get("retryable") else 1)
    return reply


async def _request(address: str, password: str | None, verb: str, data: bytes) -> dict[str, Any]:
    from nats.errors import Error as NatsError

    from centralcloud_client import subjects
    from cli.centre_connection import connect

    try:
        connection = await connect(address, password)
    except OSError as error:
        fail(f"cannot reach NATS at {without_credentials(address)}: {error}", UNREACHABLE)
    try:
        reply = await connection.request(f"{subjects.TEMPLATES}.{verb}", data, timeout=_SECONDS)
    except (NatsError, TimeoutError) as error:
        fail(f"the centre does not answer: {error or type(error).__name__}", UNREACHABLE)
    finally:
        await connection.close()
    found: dict[str, Any] = json.loads(reply.data)
    return found


def _show(found: list[dict[str, Any]]) -> None:
    from rich.markup import escape

    table = plain_table("name", "version", "kind", "language", last="description", widest=30)
    for one in found:
        cells = (one["name"], str(one["version"]), one["kind"], one.get("language", ""), one.get("description", ""))
        table.add_row(*(escape(cell) for cell in cells))
    console().print(table)
