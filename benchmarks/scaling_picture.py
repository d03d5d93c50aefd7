"""The picture of `benchmarks.scaling`: small log-log panels as SVG, written by hand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COLOURS = {"numpy": "#1f5fa8", "torch": "#c2500a"}
WIDTH, HEIGHT, GAP, LEFT, TOP, ROW = 180, 150, 24, 64, 58, 204
DASH = 'stroke-dasharray="5 4"'
STYLE = "text{font:12px system-ui,sans-serif;fill:#222}.s{font-size:10px}.m{text-anchor:middle}"


@dataclass(frozen=True)
class Curve:
    """The values of an engine, one an x."""

    engine: str
    values: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """Curves over one quantity, and a guide that grows as the work does."""

    title: str
    x: Sequence[float]
    labels: Sequence[str]
    curves: Sequence[Curve]
    guide: Sequence[float] = ()


def write_picture(path: Path, columns: Sequence[tuple[Panel, Panel]]) -> None:
    """Draw seconds above megabytes, a column a quantity; opaque white, for light and dark."""
    width, height = LEFT + len(columns) * (WIDTH + GAP), TOP + 2 * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Time and memory of a comparison against seeds, width, depth, samples and "
        "epochs, logarithmic axes</title>",
        f'<style>{STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>',
        _legend(),
    ]
    for row, unit in enumerate(("seconds", "MB")):
        panels = [column[row] for column in columns]
        low, high = _decades(panels)
        top = TOP + row * ROW
        turned = f'transform="translate(16 {top + HEIGHT / 2}) rotate(-90)"'
        parts.append(f'<text class="m" {turned}>{unit}</text>')
        for index, panel in enumerate(panels):
            left = LEFT + index * (WIDTH + GAP)
            drawn = _frame(panel, low, high, ticks=index == 0) + _lines(panel, low, high)
            parts += [f'<g transform="translate({left} {top})">', *drawn, "</g>"]
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _legend() -> str:
    parts, x = [], LEFT
    for name, colour, dash in (
        *((engine, colour, "") for engine, colour in COLOURS.items()),
        ("as the arithmetic grows: slope 1 where work is proportional", "#777", DASH),
    ):
        line = f'<path d="M{x} 18h26" stroke="{colour}" stroke-width="2" {dash}/>'
        parts.append(f'{line}<text x="{x + 32}" y="22">{name}</text>')
        x += 110
    return "".join(parts)


def _decades(panels: Sequence[Panel]) -> tuple[int, int]:
    """The powers of ten around all values drawn."""
    values = [_drawn(v) for panel in panels for curve in panel.curves for v in curve.values]
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def _drawn(value: float) -> float:
    return max(value, 1e-3)  # a logarithm of nothing is none


def _x(panel: Panel, value: float) -> float:
    first, last = math.log(panel.x[0]), math.log(panel.x[-1])
    return 8 + (WIDTH - 16) * (math.log(value) - first) / (last - first)


def _y(value: float, low: int, high: int) -> float:
    return HEIGHT * (high - math.log10(_drawn(value))) / (high - low)


def _frame(panel: Panel, low: int, high: int, ticks: bool) -> list[str]:
    parts = [f'<text class="m" x="{WIDTH / 2}" y="-8">{panel.title}</text>']
    for power in range(low, high + 1):
        y = _y(10.0**power, low, high)
        parts.append(f'<path d="M0 {y:.1f}h{WIDTH}" stroke="#ddd"/>')
        if ticks:
            label = f"{10.0**power:g}"
            parts.append(f'<text class="s" x="-6" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for value, label in zip(panel.x, panel.labels, strict=True):
        x = _x(panel, value)
        parts.append(f'<path d="M{x:.1f} {HEIGHT}v4" stroke="#777"/>')
        parts.append(f'<text class="s m" x="{x:.1f}" y="{HEIGHT + 16}">{label}</text>')
    return parts


def _lines(panel: Panel, low: int, high: int) -> list[str]:
    parts = []
    if panel.guide:
        inside = [(x, v) for x, v in zip(panel.x, panel.guide, strict=True) if v >= 10.0**low]
        path = _path(panel, [x for x, _ in inside], [v for _, v in inside], low, high)
        parts.append(f'<path d="{path}" fill="none" stroke="#777" stroke-width="1.5" {DASH}/>')
    for curve in panel.curves:
        colour = COLOURS[curve.engine]
        path = _path(panel, panel.x, curve.values, low, high)
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, value in zip(panel.x, curve.values, strict=True):
            at = f'cx="{_x(panel, x):.1f}" cy="{_y(value, low, high):.1f}"'
            parts.append(f'<circle {at} r="3" fill="{colour}"/>')
    return parts


def _path(panel: Panel, x: Sequence[float], values: Sequence[float], low: int, high: int) -> str:
    points = (f"{_x(panel, a):.1f} {_y(b, low, high):.1f}" for a, b in zip(x, values, strict=True))
    return "M" + "L".join(points)
