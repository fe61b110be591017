"""docker-compose.yml as data, with its variables filled in: what the tests of this folder look at."""

import json
import re
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "docker-compose.yml"
SCHEMA: Final = Path(__file__).with_name("compose_schema.json")
#: The services that run other people's images.
SERVERS: Final = ("nats", "redis", "postgres")
_VARIABLE: Final = re.compile(r"\$\{([A-Z_]+)(?:(:?[-?+])([^}]*))?\}")
Json = Any


@cache
def compose() -> Json:
    """Return the file as it stands, merges and aliases resolved."""
    return yaml.safe_load(FILE.read_text("utf-8"))


def services() -> dict[str, Json]:
    """Return the services by name."""
    found: dict[str, Json] = compose()["services"]
    return found


def variables() -> dict[str, tuple[str, str]]:
    """Return every variable the file reads, with how (`:-`, `:?`) and the text behind."""
    return {name: (how, text) for name, how, text in _VARIABLE.findall(FILE.read_text("utf-8"))}


def filled(value: Json, given: Mapping[str, str]) -> Json:
    """Interpolate as compose does; a demanded variable that is not given is a KeyError."""
    if isinstance(value, str):
        parts: list[str] = []
        end = 0
        for found in _VARIABLE.finditer(value):
            name, how, text = found.groups()
            parts += [value[end : found.start()], given.get(name) or (text if how == ":-" else given[name])]
            end = found.end()
        return "".join(parts) + value[end:]
    if isinstance(value, list):
        return [filled(item, given) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, given) for key, item in value.items()}
    return value


def schema() -> Json:
    """Return the JSON Schema of the file."""
    return json.loads(SCHEMA.read_text("utf-8"))


def instructions(path: Path = ROOT / "Dockerfile") -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, continued lines joined."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line and not line.startswith("#")]


def words(arguments: str) -> list[str]:
    """Split the arguments of an instruction, without its flags."""
    return [word for word in shlex.split(arguments) if not word.startswith("--")]
