"""Collect a codebase's evidence here, ask `detect`, and show what was found and why.

The work of `centralcloud scan`, whose words are `scan`'s. Loads what it needs when it needs it: how soon an answer is
there is most of what a scan of a small codebase is.
"""

import time
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from cli.asking import client, console, counted, detect_once, plain_table, print_json, shown
from cli.ending import fail

_ORDER: Final = {"framework": 0, "technology": 1, "microservice": 2, "code": 3}
#: Characters shown of what stands in a file.
_DETAIL: Final = 44
_NOTES: Final = 5


def scan(
    path: Path,
    *,
    min_confidence: float = 0.5,
    learn: bool = False,
    instance: str = "cli",
    nats_url: str | None = None,
    state: Path | None = None,
    as_json: bool = False,
) -> None:
    """Show the frameworks and technologies of a codebase, with confidence and evidence."""
    confirmed = 0
    if not path.is_dir():
        fail(f"{path} is not a directory", 2)
    from centralcloud_client.collect import collect

    collected = collect(path)
    if not collected.evidence.files:
        fail(f"{path} shows no files", 1)
    if learn:
        with client(state, nats_url, instance_id=instance) as asking:
            began = time.perf_counter()
            result = asking.detect(collected.evidence, min_confidence=min_confidence)
            seconds = time.perf_counter() - began
            confirmed = _confirm(asking, result, collected.evidence.codebase_id)
    else:
        result, seconds = detect_once(
            state, nats_url, collected.evidence, instance_id=instance, min_confidence=min_confidence
        )
    if as_json:
        took = {"collecting_ms": round(collected.seconds * 1000, 1), "answering_ms": round(seconds * 1000, 1)}
        scan = {"files": len(collected.evidence.files), **took, "left_out": collected.left_out}
        print_json(result.raw | {"scan": scan} | ({"confirmed": confirmed} if learn else {}))
        return
    _show(result)
    print(_work(collected, seconds))
    if learn:
        print(f"confirmed {counted(confirmed, 'finding')} to the centre as instance {instance!r}")


def _work(collected: Any, seconds: float) -> str:
    """Say what was collected, what was not, and how long it took."""
    left_out = ", ".join(f"{count} {why}" for why, count in sorted(collected.left_out.items()))
    return (
        f"{counted(len(collected.evidence.files), 'file')} collected in {collected.seconds * 1000:.0f} ms, answered in"
        f" {seconds * 1000:.0f} ms" + (f"; left out: {left_out}" if left_out else "")
    )


def _confirm(asking: Any, result: Any, codebase_id: str | None) -> int:
    """Report each pattern found once, as feedback that counts for this codebase."""
    found = {(match.type, match.slug): match for match in result.matches}
    for (type_, slug), match in found.items():
        asking.feedback(type_, slug, "confirmed", codebase_id=codebase_id, why=f"scan: {match.level}")
    if not asking.flush(30.0):
        fail("NATS has not acknowledged all findings within 30 s", 1)
    return len(found)


def _show(result: Any) -> None:
    out = console()
    if result.languages:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in result.languages.items() if share >= 0.01)
        out.print(f"languages: {shown(shares)}")
    table = plain_table("found", "type", "sure", "version", "where", last="because", widest=20)
    for best, places in _findings(result.matches):
        name = best.name + (f" (under {best.superseded_by})" if best.superseded_by else "")
        cells = (name, best.type, f"{best.confidence:.2f}", best.version or "", _where(places), _because(best))
        table.add_row(*(shown(cell) for cell in cells), style="dim" if best.superseded_by else None)
    out.print(table if result.matches else "nothing found")
    if result.unknown:
        names = ", ".join(unknown.purl.removeprefix("pkg:") for unknown in result.unknown)
        line = f"dependencies that no pattern claims ({len(result.unknown)}): {names}"
        out.print(shown(line), no_wrap=True, overflow="ellipsis")
    for note in result.notes[:_NOTES]:
        line = f"note: {note.message}" + (f" ({note.file})" if note.file else "")
        out.print(shown(line), no_wrap=True, overflow="ellipsis")
    if len(result.notes) > _NOTES:
        out.print(f"… {len(result.notes) - _NOTES} more notes (--json has all)")


def _findings(matches: Any) -> list[tuple[Any, list[str]]]:
    """Return each pattern's surest match with every path it was found at, leading ones of a type first."""
    by_pattern = sorted(matches, key=lambda one: (one.type, one.slug, -one.confidence, len(one.path), one.path))
    found = []
    for _, group in groupby(by_pattern, key=lambda one: (one.type, one.slug)):
        same = list(group)
        found.append((same[0], [match.path or "." for match in same]))
    found.sort(
        key=lambda one: (_ORDER[one[0].type], bool(one[0].superseded_by), -one[0].confidence, one[0].name.lower())
    )
    return found


def _where(places: list[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} +{len(places) - 1}"


def _because(match: Any) -> str:
    """Say the first reason and how many more there are, short enough for a line."""
    if not match.evidence:
        return ""
    reason = match.evidence[0]
    detail = reason.detail or reason.kind
    if len(detail) > _DETAIL:
        detail = detail[: _DETAIL - 1] + "…"
    where = f"{reason.file}:{reason.line}" if reason.file and reason.line else reason.file or ""
    said = where if detail == reason.file else f"{detail} in {where}" if where else detail
    more = len(match.evidence) - 1
    return said + (f" (+{more})" if more else "")
