"""Figures about the knowledge as one SVG picture: bars of what is, lines of how it came to be. No library is needed."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

_WIDTH: Final = 460
_HEIGHT: Final = 280
_COLUMNS: Final = 2
_TOP: Final = 46
_LEFT: Final = 150
_EDGE: Final = 16
_ROW: Final = 20
_MOST_BARS: Final = 10
_COLOURS: Final = {"active": "#2a7f62", "candidate": "#e0a030", "deprecated": "#999999"}
_PLAIN: Final = "#3b6ea5"
#: Lines of history that are drawn, and what of a figure's name is told.
_LINES: Final = (("active", "#2a7f62"), ("candidate", "#e0a030"))
_LONGEST: Final = 20

#: A label, and parts of its bar, each a number and a colour.
Bar = tuple[str, Sequence[tuple[float, str]]]


def drawn(report: dict[str, Any], now: datetime.datetime) -> str:
    """Return a report of `services.consolidation.survey` as an SVG document."""
    panels = [
        _bars("patterns by type and state", _by_type(report["patterns"])),
        _lines("patterns over time", report["history"]),
        _bars("in most codebases", _plain((it["slug"], it["codebases"]) for it in report["top"])),
        _bars("agreed upon by so many instances", _ladder(report["agreement"])),
        _bars("discoveries", _plain(sorted(report["discoveries"]["states"].items()))),
        _bars("unknown names, by how often asked", _plain(_asked(report))),
    ]
    rows = -(-len(panels) // _COLUMNS)
    width, height = _COLUMNS * _WIDTH, rows * _HEIGHT + 30
    placed = (
        f'<g transform="translate({place % _COLUMNS * _WIDTH},{place // _COLUMNS * _HEIGHT + 30})">{panel}</g>'
        for place, panel in enumerate(panels)
    )
    title = f"CentralCloud, feed at {report['feed']['seq']}, {now:%Y-%m-%d %H:%M} UTC"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="12" fill="#222">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{_text(_EDGE, 22, title, size=14)}\n'
        + "\n".join(placed)
        + "\n</svg>\n"
    )


def _by_type(rows: Sequence[dict[str, Any]]) -> list[Bar]:
    return [
        (
            type_,
            [(it["patterns"], _COLOURS[state]) for state in _COLOURS for it in rows if _is(it, type_, state)],
        )
        for type_ in sorted({it["type"] for it in rows})
    ]


def _is(row: dict[str, Any], type_: str, state: str) -> bool:
    return (row["type"], row["state"]) == (type_, state)


def _ladder(agreement: dict[str, Any]) -> list[Bar]:
    return _plain((f"{it['instances']} at {it['confidence']}", it["patterns"]) for it in agreement["ladder"])


def _asked(report: dict[str, Any]) -> Iterable[tuple[str, float]]:
    return ((it["name"], it["asked"]) for it in report["misses"]["most_wanted"])


def _plain(rows: Iterable[tuple[str, float]]) -> list[Bar]:
    return [(label, [(value, _PLAIN)]) for label, value in rows]


def _bars(title: str, bars: Sequence[Bar]) -> str:
    shown = bars[:_MOST_BARS]
    most = max((sum(value for value, _colour in parts) for _label, parts in shown), default=0)
    drawing = [_title(title)] if shown else [_title(title), _text(_EDGE, _TOP + 14, "nothing yet")]
    for place, (label, parts) in enumerate(shown):
        y, x = _TOP + place * _ROW, float(_LEFT)
        drawing.append(_text(_LEFT - 8, y + 12, _short(label), anchor="end"))
        for value, colour in parts:
            wide = (_WIDTH - _LEFT - 70) * value / most if most else 0.0
            drawing.append(f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{_ROW - 6}" fill="{colour}"/>')
            x += wide
        drawing.append(_text(x + 6, y + 12, f"{sum(value for value, _colour in parts):,.0f}"))
    return "".join(drawing)


def _lines(title: str, history: Sequence[dict[str, Any]]) -> str:
    sums: dict[str, dict[datetime.datetime, float]] = {}
    for it in history:
        kind, _, rest = it["name"].partition(".")
        if kind == "patterns":
            of_state = sums.setdefault(rest.rpartition(".")[2], {})
            of_state[it["at"]] = of_state.get(it["at"], 0.0) + it["value"]
    times = sorted({at for of_state in sums.values() for at in of_state})
    if len(times) <= 1:
        return _title(title) + _text(_EDGE, _TOP + 14, "one hour or less so far")
    most = max(max(of_state.values()) for of_state in sums.values()) or 1.0
    left, right, bottom = 60, _WIDTH - 80, _HEIGHT - 46
    span = (times[-1] - times[0]).total_seconds()
    drawing = [_title(title), f'<path d="M{left},{_TOP}V{bottom}H{right}" fill="none" stroke="#999"/>']
    drawing += [_text(left - 6, _TOP + 10, f"{most:,.0f}", anchor="end"), _text(left - 6, bottom, "0", anchor="end")]
    drawing += [_text(left, bottom + 18, f"{times[0]:%Y-%m-%d}")]
    drawing += [_text(right, bottom + 18, f"{times[-1]:%Y-%m-%d}", anchor="end")]
    for state, colour in _LINES:
        if state in sums:
            points = [
                (
                    left + (right - left) * (at - times[0]).total_seconds() / span,
                    bottom - (bottom - _TOP) * value / most,
                )
                for at, value in sorted(sums[state].items())
            ]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            drawing.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
            drawing.append(_text(points[-1][0] + 6, points[-1][1] + 4, state, colour=colour))
    return "".join(drawing)


def _title(text: str) -> str:
    return _text(_EDGE, 30, text, size=13, weight="bold")


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 12,
    weight: str = "normal",
    colour: str = "#222",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
        f' fill="{colour}">{escape(_printable(text))}</text>'
    )


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _printable(text: str) -> str:
    """Return text without signs that XML cannot hold: names come from outside."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
