"""The options that say where the running system is, and what they lead to (`places`)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.places import (
    NOT_FOUND,
    UNREACHABLE,
    Addresses,
    addresses,
    centre_password,
    database_url,
    nats_url,
    without_credentials,
)

NatsUrl = Annotated[str | None, typer.Option("--nats-url", help="NATS of the system (default: the state folder's).")]
State = Annotated[Path | None, typer.Option("--state", help="State folder of the system (default ./.centralcloud).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

__all__ = [
    "NOT_FOUND",
    "UNREACHABLE",
    "Addresses",
    "Json",
    "NatsUrl",
    "State",
    "addresses",
    "centre_password",
    "database_url",
    "nats_url",
    "without_credentials",
]
