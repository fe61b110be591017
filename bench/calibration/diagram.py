"""The reliability diagram as SVG: how sure against how often right, before and after, with the pairs in each bin.

Colours follow the reader's light or dark scheme. Figures are `measuring`'s; nothing is computed here but places.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from bench.calibration.measuring import Bin

_LEFT: Final = 70
_TOP: Final = 82
_SIDE: Final = 400
_COUNTS: Final = 90
_GAP: Final = 54
_WIDTH: Final = _LEFT + _SIDE + 30
_HEIGHT: Final = _TOP + _SIDE + _GAP + _COUNTS + 56
_STYLE: Final = """
  .paper { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e } text { font: 13px sans-serif }
  .title { font-weight: bold }
  .grid { stroke: #d1d9e0; stroke-width: 1 } .ideal { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .after { fill: #0969da; stroke: #0969da } .before { fill: none; stroke: #bc4c00; stroke-width: 2 }
  .line { fill: none; stroke: #0969da; stroke-width: 2 } .bar { fill: #0969da; opacity: .55 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #f0f6fc } .faint { fill: #9198a1 }
    .grid { stroke: #3d444d } .ideal { stroke: #9198a1 }
    .after { fill: #58a6ff; stroke: #58a6ff } .before { stroke: #f0883e } .line { stroke: #58a6ff }
    .bar { fill: #58a6ff }
  }
"""


def drawn(before: Sequence[Bin], after: Sequence[Bin], title: str, figures: Sequence[str]) -> str:
    """Return the diagram; both sequences of bins are of one width over 0..1, figures are lines below the title."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
        f' role="img" aria-label="{title}: {"; ".join(figures)}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>',
        _text(_LEFT, 24, title, "ink title"),
        *(_text(_LEFT, 44 + 18 * number, line, "faint") for number, line in enumerate(figures)),
        *_axes(),
        *_curve(before, after),
        *_counts(after),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(value: float) -> float:
    return round(_LEFT + value * _SIDE, 1)


def _y(value: float) -> float:
    return round(_TOP + (1 - value) * _SIDE, 1)


def _text(x: float, y: float, words: str, style: str, *, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'


def _axes() -> Iterator[str]:
    for step in range(0, 11, 2):
        value = step / 10
        yield f'<line class="grid" x1="{_x(value)}" y1="{_y(0)}" x2="{_x(value)}" y2="{_y(1)}"/>'
        yield f'<line class="grid" x1="{_x(0)}" y1="{_y(value)}" x2="{_x(1)}" y2="{_y(value)}"/>'
        yield _text(_x(value), _y(0) + 18, f"{value:.1f}", "faint", anchor="middle")
        yield _text(_x(0) - 8, _y(value) + 4, f"{value:.1f}", "faint", anchor="end")
    yield f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    yield _text(_x(0.5), _y(0) + 38, "confidence", "ink", anchor="middle")
    middle = _TOP + _SIDE / 2
    yield (
        f'<text class="ink" x="22" y="{middle}" text-anchor="middle" transform="rotate(-90 22 {middle})">'
        "share of the pairs that are true</text>"
    )


def _curve(before: Sequence[Bin], after: Sequence[Bin]) -> Iterator[str]:
    points = " ".join(f"{_x(each.confidence)},{_y(each.true)}" for each in after if each.count)
    yield f'<polyline class="line" points="{points}"/>'
    for each in before:
        if each.count:
            yield (
                f'<circle class="before" cx="{_x(each.confidence)}" cy="{_y(each.true)}" r="5">'
                f"<title>weights alone: {_told(each)}</title></circle>"
            )
    for each in after:
        if each.count:
            yield (
                f'<circle class="after" cx="{_x(each.confidence)}" cy="{_y(each.true)}" r="5">'
                f"<title>calibrated: {_told(each)}</title></circle>"
            )
    yield f'<circle class="after" cx="{_x(0.04)}" cy="{_y(0.95)}" r="5"/>'
    yield _text(_x(0.07), _y(0.95) + 4, "calibrated", "ink")
    yield f'<circle class="before" cx="{_x(0.04)}" cy="{_y(0.89)}" r="5"/>'
    yield _text(_x(0.07), _y(0.89) + 4, "weights alone", "ink")


def _told(each: Bin) -> str:
    return f"{each.count} pairs, sure {each.confidence:.2f}, true {each.true:.2f}"


def _counts(after: Sequence[Bin]) -> Iterator[str]:
    base = _TOP + _SIDE + _GAP + _COUNTS
    most = max(each.count for each in after)
    for number, each in enumerate(after):
        left, wide = _x(number / len(after)) + 2, _SIDE / len(after) - 4
        # Square roots, or the last bin would leave nothing of the others.
        tall = round(_COUNTS * 0.8 * (each.count / most) ** 0.5, 1)
        yield f'<rect class="bar" x="{left}" y="{base - tall}" width="{wide}" height="{tall}"/>'
        yield _text(left + wide / 2, base - tall - 4, str(each.count), "faint", anchor="middle")
    yield f'<line class="grid" x1="{_x(0)}" y1="{base}" x2="{_x(1)}" y2="{base}"/>'
    yield _text(_x(0.5), base + 20, "pairs in each bin, calibrated (height by square root)", "ink", anchor="middle")
