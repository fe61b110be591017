"""Run the comparison and print ratios: `python -m bench [--rounds N] [--seconds S]`.

The first figures to look at are ratios: absolute rates depend on the machine and on what else it does.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from bench import learning, lookups
from stack.system import Options, System

#: kind → (least throughput at 256 in flight, most latency at 1), as ratios to the echo.
BARS = {"cache hit": (0.70, 1.2), "miss through Celery": (0.30, 9.0)}
LEARNS_BAR = 8_000


def main() -> int:
    """Measure, print, and return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, System(Options(state=Path(folder))) as system:
        slug = lookups.prepare(system)
        with lookups.responders(system):
            # On asyncio's own loop, as instances ask; the echo and asyncpg answer on it, too.
            rows = asyncio.run(lookups.measure(system, slug, rounds=chosen.rounds, seconds=chosen.seconds))
        learned = uvloop.run(learning.measure(system, news=False))
        news = uvloop.run(learning.measure(system, news=True))
    table = Table("what", "in flight", "per second", "throughput ÷ echo", "latency ÷ echo", "bar")
    missed = False
    for row in rows:
        bar, kept = _verdict(row)
        missed |= not kept
        table.add_row(
            row.kind, str(row.in_flight), f"{row.rate:,.0f}", f"{row.throughput:.2f}", f"{row.latency:.2f}", bar
        )
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    missed |= learned.applied < LEARNS_BAR
    console.print(
        f"durable learns per second: {learned.acknowledged:,.0f} acknowledged, {learned.applied:,.0f} applied"
        f" (bar {LEARNS_BAR:,}: {'kept' if learned.applied >= LEARNS_BAR else 'missed'})"
    )
    console.print(f"the same where every learn is a voice not heard before: {news.applied:,.0f} applied")
    return int(missed)


def _verdict(row: lookups.Row) -> tuple[str, bool]:
    throughput, latency = BARS.get(row.kind, (0.0, float("inf")))
    if row.kind in BARS and row.in_flight == 256:
        return f"throughput ≥ {throughput}: {'kept' if row.throughput >= throughput else 'missed'}", (
            row.throughput >= throughput
        )
    if row.kind in BARS and row.in_flight == 1:
        return f"latency ≤ {latency}: {'kept' if row.latency <= latency else 'missed'}", row.latency <= latency
    return "", True


if __name__ == "__main__":
    raise SystemExit(main())
