"""The `centralcloud` command: the list of its subcommands, and how errors become one line and an exit code.

Each subcommand is a function (or a typer.Typer of its own) in a module of this room that imports heavy libraries inside
its functions; only the module of the command that was asked for is imported, all of them for `--help`. `scan`, which
is to be there at once, goes without typer where its options allow.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 already running, 4 not found, 5 the system cannot be reached.
"""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

from cli.ending import fail

if TYPE_CHECKING:
    import typer

__all__ = ["build", "fail", "main"]

#: Subcommand and where its function or its own typer.Typer lives.
COMMANDS: Final[dict[str, str]] = {
    "up": "cli.up:up",
    "down": "cli.down:down",
    "status": "cli.status:status",
    "query": "cli.query:query",
    "search": "cli.query:search",
    "scan": "cli.scan:scan",
    "why": "cli.why:why",
    "learn": "cli.learn:learn",
    "import": "cli.transfer:import_",
    "export": "cli.transfer:export",
    "watch": "cli.watch:watch",
    "demo": "cli.demo:demo",
    "dead-letters": "cli.dead_letters:dead_letters",
    "templates": "cli.templates:templates",
    "enrichments": "cli.enrichments:enrichments",
    "patterns": "cli.patterns:patterns",
    "revoke": "cli.revoke:revoke",
    "discoveries": "cli.discoveries:discoveries",
    "llm": "cli.llm:llm",
    "stats": "cli.stats:stats",
    "consolidate": "cli.consolidate:consolidate",
}


def build(names: list[str]) -> "typer.Typer":
    """Return the command with these subcommands."""
    import typer

    app = typer.Typer(
        name="centralcloud",
        help="One authority for what instances learn about software. --version tells which version this is.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    # With a callback even a single subcommand keeps its name.
    app.callback()(lambda: None)
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the console entry point."""
    given = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        if given == ["--version"]:
            _print_version()
            return
        code = 0 if given[0] == "scan" and _scanned(given[1:]) else _run(given)
    except KeyboardInterrupt:
        # Before the command itself could hear of it, or while it ended.
        fail("aborted", 130)
    except OSError as error:
        # What the commands do not say themselves: a folder that may not be entered, a disk that is full.
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    sys.exit(code)


def _print_version() -> None:
    from importlib.metadata import version

    print(f"centralcloud {version('centralcloud')}")


def _run(given: list[str]) -> int:
    """Run a command by way of typer; return its exit code."""
    import typer

    app = build([given[0]] if given[0] in COMMANDS else list(COMMANDS))
    try:
        code = app(given, prog_name="centralcloud", standalone_mode=False)
    except typer.TyperException as error:
        message = error.format_message()
        if message.startswith("Usage:"):
            # A command that has others, and was given none.
            print(message, file=sys.stderr)
            return error.exit_code
        fail(message, error.exit_code)
    except typer.Abort:
        fail("aborted", 130)
    return code if isinstance(code, int) else 0


def _scanned(line: list[str]) -> bool:
    """Scan, where the rest of the command line can be understood at a glance."""
    from cli.quick_scan import arguments_of

    said = arguments_of(line)
    if said is None:
        return False
    from cli.scanning import scan

    try:
        scan(**said)
        sys.stdout.flush()
    except KeyboardInterrupt:
        fail("aborted", 130)
    except BrokenPipeError:
        # Who read has seen enough; what is left to print goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    return True


if __name__ == "__main__":
    main()
