"""`centralcloud learn TYPE`: teach one pattern and wait for what becomes of it."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.addresses import Json, NatsUrl, State
from cli.asking import client, print_json
from cli.main import fail
from cli.query import PatternType, require_type

_SECONDS: Final = 15.0
_DECIDED: Final = ("applied", "rejected")


def learn(
    pattern_type: PatternType,
    name: Annotated[str | None, typer.Argument(help="What it is called.")] = None,
    *,
    indicator: Annotated[list[str] | None, typer.Option("--indicator", "-i", help="e.g. 'package.json has x'.")] = None,
    example: Annotated[list[Path] | None, typer.Option("--example", help="File with an example of its use.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is.")] = None,
    language: Annotated[list[str] | None, typer.Option("--language", help="Language it belongs to.")] = None,
    file: Annotated[Path | None, typer.Option(help="JSON file with the whole learn; '-' for standard input.")] = None,
    instance: Annotated[str, typer.Option(help="Who teaches.")] = "cli",
    nats_url: NatsUrl = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Teach a pattern; exit code 0 once it is applied, 1 when it was rejected."""
    require_type(pattern_type)
    data = _object(file) if file else {}
    said = {
        "name": name,
        "indicators": [one for one in indicator or () if one.strip()],
        "examples": [_text(path) for path in example or ()],
        "description": description,
        "languages": language,
    }
    data |= {key: value for key, value in said.items() if value}
    _require_content(data)
    with client(state, nats_url, instance_id=instance) as asking:
        learn_id = asking.learn_new_pattern(pattern_type, data)
        if not asking.flush(_SECONDS):
            fail(f"NATS has not acknowledged it within {_SECONDS:.0f} s; nothing was taught", 1)
        outcome = _await(asking, learn_id)
    if as_json:
        print_json(outcome)
    elif outcome.state in _DECIDED:
        where = f" as {outcome.type}/{outcome.slug}, change {outcome.seq}" if outcome.slug else ""
        typer.echo(f"{outcome.state}{where}" + (f": {outcome.code}: {outcome.message}" if outcome.code else ""))
    else:
        typer.echo(f"kept by NATS, and not decided within {_SECONDS:.0f} s (learn_id {learn_id})")
    sys.exit(0 if outcome.state == "applied" else 1)


def _require_content(data: dict[str, Any]) -> None:
    if not data.get("name"):
        fail("what is it called? Give a NAME, or a --file that has one", 2)
    if not (data.get("indicators") or data.get("examples")):
        fail(f"how is {data['name']} recognised? Give -i INDICATOR (as 'package.json has x') or --example FILE", 2)


def _await(asking: Any, learn_id: str) -> Any:
    deadline = time.monotonic() + _SECONDS
    while True:
        outcome = asking.learn_status(learn_id)
        if outcome.state in _DECIDED or time.monotonic() > deadline:
            return outcome
        time.sleep(0.05)


def _object(file: Path) -> dict[str, Any]:
    import msgspec

    try:
        found = msgspec.json.decode(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fail(f"{file}: {error}", 2)
    if not isinstance(found, dict):
        fail(f"{file}: a JSON object is needed", 2)
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    except UnicodeDecodeError:
        fail(f"{file} is no UTF-8 text", 2)
