"""The `centralcloud` command: the list of its subcommands, and how errors become one line and an exit code.

Each subcommand is a function (or a typer.Typer of its own) in a module of this room that imports heavy libraries inside
its functions; only the module of the command that was asked for is imported, all of them for `--help`.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 already running, 4 not found, 5 the system cannot be reached.
"""

import sys
from importlib import import_module
from typing import Final, NoReturn

import typer

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


def build(names: list[str]) -> typer.Typer:
    """Return the command with these subcommands."""
    app = typer.Typer(
        name="centralcloud",
        help="One authority for what instances learn about software.",
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
    app = build([given[0]] if given[0] in COMMANDS else list(COMMANDS))
    try:
        code = app(given, prog_name="centralcloud", standalone_mode=False)
    except typer.TyperException as error:
        fail(error.format_message(), error.exit_code)
    except typer.Abort:
        fail("aborted", 130)
    sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int = 1) -> NoReturn:
    """Print one line to standard error and exit."""
    typer.echo(f"centralcloud: {message}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
