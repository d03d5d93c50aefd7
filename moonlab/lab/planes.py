"""What one network says of the plane, as SVG: its boundary to the last digit, and its points."""

import base64
import struct
import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moonlab.boundary import Grid
from moonlab.dataset import Data
from moonlab.figure_look import CLASS_COLORS
from moonlab.functional import expit
from moonlab.lab.pieces import boundary_segments
from moonlab.lab.regions import View, linear_regions
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats, unpack
from moonlab.spec import Architecture

WIDTH = 320
_COLUMNS = 96
_TINT = 0.6
_RIGHT = '<circle cx="{:.1f}" cy="{:.1f}" r="3"/>'
_WRONG = '<path d="M{:.1f} {:.1f}m-3-3l6 6m0-6l-6 6" stroke-width="2"/>'


class Plane(NamedTuple):
    """A picture of the plane."""

    svg: str
    """In the classes' colours, for light and dark paper; the boundary has the text's colour."""
    places: Floats
    """Where each training point lies in the picture, in its own units, shape (n, 2)."""


def plane(parameters: Floats, architecture: Architecture, data: Data) -> Plane:
    """A network's boundary over its tinted probability, and the points it learns from.

    Parameters
    ----------
    parameters : ndarray, shape (P,)
        Flat parameters.
    architecture : Architecture
        The network, with ReLU: the boundary is drawn from its linear regions.
    data : Data
        Its training points are drawn, a cross for each wrong one.

    Raises
    ------
    SpecError
        If the activation is another, or there are too many regions.
    """
    grid = Grid.over([data], 4)
    view = (float(grid.x[0]), float(grid.x[-1]), float(grid.y[0]), float(grid.y[-1]))
    weights = unpack(parameters, architecture.widths)
    segments = boundary_segments(linear_regions(weights, view, architecture.activation))
    ends = _placed(segments, view).reshape(-1, 4)
    places = _placed(data.X_train, view)
    z = logits(parameters[np.newaxis], architecture, data.X_train)[0]
    line = "".join("M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*four) for four in ends)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_height(view):.1f}">'
        f"{_tint(parameters, architecture, view)}"
        f'<path d="{line}" fill="none" stroke="currentColor" stroke-width="1.8"/>'
        f"{_marks(places, data.y_train, (z > 0) == (data.y_train == 1))}</svg>"
    )
    return Plane(svg, places)


def _height(view: View) -> float:
    x0, x1, y0, y1 = view
    return WIDTH * (y1 - y0) / (x1 - x0)


def _placed(points: Floats, view: View) -> Floats:
    """Points (..., 2) of the plane in the units of the picture, which counts downwards."""
    scale = WIDTH / (view[1] - view[0])
    return scale * np.stack([points[..., 0] - view[0], view[3] - points[..., 1]], axis=-1)


def _marks(places: Floats, y: NDArray[np.int64], right: NDArray[np.bool_]) -> str:
    """A dot or, where the network is wrong, a cross for each point, in its class's colour."""
    return "".join(
        f'<g fill="{color}" stroke="{color}" stroke-width="0">'
        + "".join(
            (_RIGHT if is_right else _WRONG).format(*place)
            for place, is_right in zip(places[y == label], right[y == label], strict=True)
        )
        + "</g>"
        for label, color in enumerate(CLASS_COLORS)
    )


def _tint(parameters: Floats, architecture: Architecture, view: View) -> str:
    """The colour of the class that is more probable, as strong as it is sure, as an image."""
    x0, x1, y0, y1 = view
    rows = round(_COLUMNS * (y1 - y0) / (x1 - x0))
    x = x0 + (x1 - x0) * (np.arange(_COLUMNS) + 0.5) / _COLUMNS  # the middles of pixels
    y = y1 - (y1 - y0) * (np.arange(rows) + 0.5) / rows
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    p = expit(logits(parameters[np.newaxis], architecture, points)[0]).reshape(rows, _COLUMNS)
    colors = [[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in CLASS_COLORS]
    pixels = np.empty((rows, _COLUMNS, 4), np.uint8)
    pixels[..., :3] = np.array(colors)[(p > 0.5).astype(int)]
    pixels[..., 3] = np.round(255 * _TINT * np.abs(2 * p - 1))
    image = base64.b64encode(png(pixels)).decode()
    return (
        f'<image href="data:image/png;base64,{image}" width="{WIDTH}" '
        f'height="{_height(view):.1f}" preserveAspectRatio="none"/>'
    )


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of pixels (rows, columns, 4): red, green, blue and opacity, from 0 to 255."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    n_rows, n_columns, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)  # each line: no filter, its pixels
    header = struct.pack(">IIBBBBB", n_columns, n_rows, 8, 6, 0, 0, 0)  # 8 bits, with opacity
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
