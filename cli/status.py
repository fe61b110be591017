"""`centralcloud status`: is everything up, is anything waiting. Exit code 0 healthy, 1 degraded, 2 down.

Down is a system that answers nobody: without NATS, or without any gateway.
"""

import sys
from itertools import zip_longest
from typing import Annotated, Any, Final

import typer

from cli.addresses import Addresses, Json, State, addresses, centre_password
from cli.asking import console, counted, print_json

#: What keeps paid calls from leaving, by the word for it: only a server that fails is nobody's will.
_PAID_CALLS: Final = {
    "stopped": "paid calls: an operator stopped them {since:%Y-%m-%d %H:%M} UTC {why} (centralcloud llm resume)",
    "cap": "paid calls: the cap of {cap_per_day} is reached until midnight UTC (centralcloud llm)",
    "circuit_open": "paid calls: the model's server fails, none leaves before {until:%H:%M:%S} UTC: {why}",
    "probing": "paid calls: the model's server failed, the next one tries again: {why}",
}
_OF_THE_SERVER: Final = frozenset({"circuit_open", "probing"})


def status(
    *,
    state: State = None,
    lag: Annotated[int, typer.Option(help="Unpublished changes that still count as healthy.")] = 1_000,
    age: Annotated[float, typer.Option(help="Seconds a task may wait and still count as healthy.")] = 30.0,
    as_json: Json = False,
) -> None:
    """Show processes, servers, queues with depth and age, and the feed's lag."""
    found = addresses(state)
    if not found.nats_url and not found.database_url:
        if as_json:
            print_json({"health": "down", "why": [f"nothing runs on {found.state}"]})
        else:
            typer.echo(f"down: nothing runs on {found.state}")
        sys.exit(2)
    report = gather(found, centre_password(state))
    troubles = _troubles(report, lag, age)
    health = "healthy" if not troubles else "degraded" if report["nats"].get("served") else "down"
    report = {"health": health, "why": troubles, "notes": _notes(report), **report}
    if as_json:
        print_json(report)
    else:
        _show(report)
    sys.exit({"healthy": 0, "degraded": 1, "down": 2}[health])


def gather(found: Addresses, password: str | None) -> dict[str, Any]:
    """Ask every process and server once, each with a short timeout."""
    from cli import probing

    report: dict[str, Any] = {
        "processes": probing.processes(found.state),
        "redis": probing.redis(found.redis_url),
        "database": probing.database(found.database_url),
        "nats": probing.nats(found.nats_url, password),
    }
    head, published = report["database"].get("feed_head"), report["nats"].get("published")
    report["feed_lag"] = max(0, head - published) if head is not None and published is not None else None
    return report


def _troubles(report: dict[str, Any], lag: int, age: float) -> list[str]:
    troubles = [f"{process['name']} is {process['state']}" for process in report["processes"] if not process["ok"]]
    troubles += [f"{name}: {report[name]['error']}" for name in ("nats", "redis", "database") if not report[name]["ok"]]
    if report["nats"].get("served") is False:
        troubles.append("no gateway answers")
    troubles += [
        f"queue {queue['name']}: the oldest of {queue['depth']} tasks waits for {queue['age']:.0f} s"
        for queue in report["redis"].get("queues", ())
        if queue["age"] is not None and queue["age"] > age
    ]
    if report["feed_lag"] is not None and report["feed_lag"] > lag:
        troubles.append(f"{report['feed_lag']} changes are not published yet")
    if report["database"].get("paid_calls", {}).get("state") in _OF_THE_SERVER:
        troubles.append(_on_paid_calls(report))
    if report["database"].get("dead_letters"):
        letters = counted(report["database"]["dead_letters"], "dead letter")
        troubles.append(f"{letters} (centralcloud dead-letters ls)")
    return troubles


def _notes(report: dict[str, Any]) -> list[str]:
    """Return what is worth knowing and as somebody wants it."""
    state = report["database"].get("paid_calls", {}).get("state")
    return [_on_paid_calls(report)] if state in _PAID_CALLS.keys() - _OF_THE_SERVER else []


def _on_paid_calls(report: dict[str, Any]) -> str:
    found = report["database"]["paid_calls"]
    said = {**found, "why": (found.get("why") or "").replace("\n", "; ")[:200]}
    return _PAID_CALLS[found["state"]].format(**said).replace("  ", " ").rstrip(": ")


def _show(report: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    said = (*report["why"], *report["notes"])
    out.print(f"[bold]{report['health']}[/]" + "".join(f"\n  {escape(why)}" for why in said))
    table = Table("process", "state", "pid", "", "queue", "waiting", "oldest", box=None, pad_edge=False)
    table.header_style = "bold"
    processes = [(one["name"], one["state"], str(one["pid"])) for one in report["processes"]]
    queues = [
        (one["name"], str(one["depth"]), "" if one["age"] is None else f"{one['age']:.1f} s")
        for one in report["redis"].get("queues", ())
    ]
    for process, queue in zip_longest(processes, queues, fillvalue=("", "", "")):
        table.add_row(*process, "  ", *queue)
    out.print(table)
    database, nats = report["database"], report["nats"]
    if database["ok"]:
        out.print(f"{counted(database['patterns'], 'live pattern')}, feed at {database['feed_head']}", end="")
        lag = report["feed_lag"]
        out.print("" if lag is None else f", {lag or 'nothing'} of it unpublished", end="")
    if "learns_waiting" in nats:
        out.print(f"{', ' if database['ok'] else ''}{counted(nats['learns_waiting'], 'learn')} waiting", end="")
    out.print()
