"""`centralcloud llm`: what asking a model costs, whether it goes well, and an operator's stop and resume."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.addresses import Json, State
from cli.asking import console, counted, plain_table, print_json
from cli.storage import database

if TYPE_CHECKING:
    import datetime

llm = typer.Typer(help="What asking a model costs; stop and resume it.", invoke_without_command=True)

_BREAKER: Final = {
    "closed": "",
    "open": "the model's server fails: no call leaves before {until:%H:%M:%S} UTC",
    "half_open": "the model's server failed: the next call tries again",
}


@llm.callback()
def show(
    context: typer.Context,
    *,
    days: Annotated[int, typer.Option(help="Days to sum up, today included.", min=1, max=366)] = 30,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Show what was spent, the caps, what is under way, and what failed last."""
    if context.invoked_subcommand is not None:
        return
    from services.paid_calls import oversight

    with database(state) as engine:
        report = oversight.report(engine, _now(), days=days)
    if as_json:
        print_json(report)
    else:
        _show(report)


@llm.command("stop")
def stop(
    *,
    why: Annotated[str, typer.Option(help="Reason, for whoever looks later.")] = "",
    state: State = None,
    as_json: Json = False,
) -> None:
    """Let no call leave any more, whichever worker would make it; those under way end. Survives restarts."""
    from services.paid_calls import oversight

    with database(state) as engine:
        oversight.stop(engine, _now(), why[:500])
    _say("stopped", "stopped: no call leaves until `centralcloud llm resume`", as_json=as_json)


@llm.command("resume")
def resume(*, state: State = None, as_json: Json = False) -> None:
    """Let calls leave again, and try a server that failed at once."""
    from services.paid_calls import oversight

    with database(state) as engine:
        changed = oversight.resume(engine)
    _say("running", "calls may leave again" if changed else "calls may leave: nothing was stopped", as_json=as_json)


def _now() -> "datetime.datetime":
    import datetime

    return datetime.datetime.now(datetime.UTC)


def _say(word: str, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"state": word})
    else:
        typer.echo(sentence)


def _show(report: dict[str, Any]) -> None:
    out = console()
    for line in _summary(report):
        out.print(line, markup=False, soft_wrap=True)
    if report["in_flight"]:
        table = plain_table("under way", "state", "since", "purpose", "instance", last="pattern")
        for one in report["in_flight"]:
            table.add_row(*_plain(one["call_id"][:8], one["state"], _time(one["since"]), *_about(one)))
        _below(out, table)
    for by, lines in report["spending"].items():
        if lines:
            _below(out, _spending(by, lines))
    if report["failures"]:
        table = plain_table("failed", "how", "pattern", last="error", widest=32)
        for one in report["failures"]:
            pattern = f"{one['type']}/{one['key']}"
            table.add_row(*_plain(_time(one["at"]), one["code"], pattern, one["error"].replace("\n", "; ")))
        _below(out, table)


def _summary(report: dict[str, Any]) -> list[str]:
    setting, stopped, breaker = report["setting"], report["stopped"], report["breaker"]
    lines = []
    if stopped is not None:
        lines.append(f"stopped since {_time(stopped['at'])} UTC {stopped['why']}".rstrip())
    if breaker["state"] != "closed":
        said = _BREAKER[breaker["state"]].format(until=breaker["open_until"])
        lines.append(f"{said} ({breaker['last_failure']})")
    paid = counted(report["paid_today"], "paid call")
    if setting is None:
        return [*lines, f"{paid} today; no worker with a key has run here yet"]
    caps = setting["caps"]
    limits = f"{caps['per_instance_per_day']} an instance, {caps['per_pattern_per_day']} a pattern"
    return [
        *lines,
        f"{setting['model']} at {setting['server']}",
        f"{paid} today of at most {caps['per_day']} ({limits}); {caps['in_flight']} at one time",
    ]


def _spending(by: str, lines: list[dict[str, Any]]) -> Any:
    keys = [name for name in lines[0] if name not in _FIGURES]
    table = plain_table("calls", "paid", "failed", "tokens in", "tokens out", "cost", last=f"by {by}")
    for line in lines:
        figures = [f"{line[name]}" for name in _FIGURES if name != "cost"]
        name = "/".join(str(line[key]) for key in keys) or "(nobody in particular)"
        table.add_row(*_plain(*figures, f"{line['cost']:.4f}", name))
    return table


_FIGURES: Final = ("calls", "paid", "failed", "prompt_tokens", "completion_tokens", "cost")


def _below(out: Any, table: Any) -> None:
    out.print()
    out.print(table)


def _about(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["purpose"], one["instance"], f"{one['type']}/{one['key']}"


def _time(at: "datetime.datetime") -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _plain(*cells: str) -> list[str]:
    from rich.markup import escape

    return [escape(cell) for cell in cells]
