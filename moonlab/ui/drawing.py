"""A network in small: its layers as columns of dots, as SVG."""

from collections.abc import Sequence
from itertools import pairwise

_WIDTH, _HEIGHT, _RADIUS, _MOST_DOTS = 160, 52, 3, 6


def network_svg(widths: Sequence[int], color: str) -> str:
    """An SVG of the layers, inputs left; a layer of more than six units shows six.

    Parameters
    ----------
    widths : sequence of int
        Width of every layer, input and output included.
    color : str
        Of the lines and dots.
    """
    step = (_WIDTH - 4 * _RADIUS) / max(len(widths) - 1, 1)
    columns = [
        [(2 * _RADIUS + index * step, y) for y in _rows(min(width, _MOST_DOTS))]
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
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}">'
        f'<g stroke="{color}" stroke-opacity="0.22">{lines}</g>'
        f'<g fill="{color}" fill-opacity="0.8">{dots}</g></svg>'
    )


def _rows(count: int) -> list[float]:
    step = _HEIGHT / (count + 1) if count < _MOST_DOTS else (_HEIGHT - 2 * _RADIUS) / count
    first = (_HEIGHT - step * (count - 1)) / 2
    return [first + step * row for row in range(count)]
