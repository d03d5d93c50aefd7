"""A network in small: its layers as columns of dots, as SVG."""

from collections.abc import Sequence
from itertools import pairwise

_WIDTH, _HEIGHT, _RADIUS, _MOST_DOTS = 160, 52, 3, 6
_LEFT_OUT = (-2.0, 0.0, 2.0)  # three small dots, so far from the middle


def network_svg(widths: Sequence[int], color: str) -> str:
    """An SVG of the layers, inputs left; a layer of more than six units shows six and a gap.

    Parameters
    ----------
    widths : sequence of int
        Width of every layer, input and output included.
    color : str
        Of the lines and dots.
    """
    step = (_WIDTH - 4 * _RADIUS) / max(len(widths) - 1, 1)
    columns = [
        [(2 * _RADIUS + index * step, y) for y in _rows(width)]
        for index, width in enumerate(widths)
    ]
    lines = "".join(
        f'<line x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}"/>'
        for left, right in pairwise(columns)
        for a, b in left
        for c, d in right
    )
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"/>'
        for column in columns
        for x, y in column
    )
    small = "".join(
        f'<circle cx="{column[0][0]:.1f}" cy="{_HEIGHT / 2 + y:.1f}" r="0.7"/>'
        for column, width in zip(columns, widths, strict=True)
        if width > _MOST_DOTS
        for y in _LEFT_OUT
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}">'
        f'<g stroke="{color}" stroke-opacity="0.22">{lines}</g>'
        f'<g fill="{color}" fill-opacity="0.8">{dots}{small}</g></svg>'
    )


def _rows(width: int) -> list[float]:
    """Where a layer's dots stand; of a wide one there is a gap in the middle."""
    places = min(width, _MOST_DOTS + 1)
    step = _HEIGHT / (places + 1) if places < _MOST_DOTS else (_HEIGHT - 2 * _RADIUS) / places
    first = (_HEIGHT - step * (places - 1)) / 2
    gap = places // 2 if width > _MOST_DOTS else None
    return [first + step * row for row in range(places) if row != gap]
