"""What figures are made of before anything is drawn: numbers, their texts, and places."""

import html
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from moonlab.judgement import Judgement
from moonlab.parameters import Floats
from moonlab.results import CURVES, Group
from moonlab.wording import bounds, digits_of, percent

_MOST_ROWS = 1500  # of one line: more than a screen has dots
_MOST_TICKS = 8
_LINE_LENGTH = 36  # characters that fit a box on a phone
_LETTER, _LINE, _GAP, _MARKER = 6.5, 16.0, 7.0, 7.0  # pixels, of a font of 13
_PLACES = {  # where a label can stand: columns to the right, rows up
    "top center": (0, 1),
    "bottom center": (0, -1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, 1),
    "top left": (-1, 1),
    "bottom right": (1, -1),
    "bottom left": (-1, -1),
}


class Mean(NamedTuple):
    """A group's accuracy on fresh points, averaged over its seeds, with its interval, in shares."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def percent(self) -> str:
        """Such as "98.7%"."""
        return percent(self.mean, self.digits)

    @property
    def interval(self) -> str:
        """Such as "98.2–99.1"."""
        return bounds(self.low, self.high, self.digits)

    @property
    def seeds(self) -> str:
        """Such as "20 seeds"."""
        return f"{self.n} {'seed' if self.n == 1 else 'seeds'}"

    @property
    def digits(self) -> int:
        """Decimals of a percentage, as many as the interval supports."""
        return digits_of(self)


def means(groups: Sequence[Group], judged: Judgement) -> list[Mean]:
    """The mean of each group; an interval of seeds is cut where it leaves what is possible."""
    return [
        Mean(
            float(np.mean([run.scores.test.accuracy for run in group.runs])),
            max(interval.low, 0.0),
            min(interval.high, 1.0),
            len(group.runs),
        )
        for group, interval in zip(groups, judged.intervals, strict=True)
    ]


def kept_rows(group: Group, most: int) -> Floats:
    """Rows of a group's histories, evenly thinned to so many or a few more, with the last one."""
    n_rows = max(len(run.curves) for run in group.runs)
    every = max(1, -(-n_rows // min(max(most, 1), _MOST_ROWS)))
    return np.union1d(np.arange(0, n_rows, every), np.arange(n_rows)[-1:])


def measured(group: Group, rows: Floats) -> Floats:
    """These rows of every run that has any, shape (seeds, rows, 4), the last one carried on."""
    kept = [
        run.curves[np.minimum(rows, len(run.curves) - 1)] for run in group.runs if len(run.curves)
    ]
    return np.reshape(kept, (len(kept), len(rows), len(CURVES)))


def log_ticks(values: Floats) -> list[float]:
    """Round values over the range of the positive ones: 1, 2, 5 a decade, or fewer of them."""
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return []
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    decades = np.arange(low, high + 1)
    if len(decades) > _MOST_TICKS:
        return [float(10.0**d) for d in decades[:: -(-len(decades) // _MOST_TICKS)]]
    digits = (1, 2, 5) if 3 * len(decades) <= _MOST_TICKS + 3 else (1,)
    return [float(f"{digit}e{d:.0f}") for d in decades for digit in digits]


def escaped(text: str) -> str:
    """A text from outside for plotly: no tags, no placeholders, no formulas."""
    return html.escape(text, quote=False).replace("%", "&#37;").replace("$", "&#36;")


def cut(name: str, most: int) -> str:
    """A name cut to so many characters."""
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def short(name: str, most: int) -> str:
    """A name for plotly, cut to so many characters."""
    return escaped(cut(name, most))


def wrapped(text: str) -> str:
    """A text from outside for plotly, in lines that fit a box on a phone."""
    return "<br>".join(escaped(line) for line in textwrap.wrap(text, _LINE_LENGTH))


def swarm(values: Floats, apart: float) -> list[int]:
    """For each value the track 0, 1, −1, 2, … on which it is so far apart from all others."""
    last: list[float] = []  # on each track taken so far
    tracks = [0] * len(values)
    for index in np.argsort(values, kind="stable"):
        value = values[index]
        free = next((t for t, before in enumerate(last) if value - before >= apart), len(last))
        last[free : free + 1] = [value]
        tracks[index] = (free + 1) // 2 * (1 if free % 2 else -1)
    return tracks


def efficient(sizes: Sequence[int], scores: Sequence[float]) -> list[int]:
    """Those that none betters in size or score without being worse in the other, by size."""
    points = list(zip(sizes, scores, strict=True))
    kept = [
        index
        for index, (size, score) in enumerate(points)
        if not any(a <= size and b >= score and (a, b) != (size, score) for a, b in points)
    ]
    return sorted(kept, key=points.__getitem__)


class Box(NamedTuple):
    """A rectangle, in pixels."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def area(self) -> float:
        """0 if the sides have changed places."""
        return max(self.right - self.left, 0.0) * max(self.top - self.bottom, 0.0)

    def shared(self, other: "Box") -> float:
        """The area that both cover."""
        return Box(
            max(self.left, other.left),
            min(self.right, other.right),
            max(self.bottom, other.bottom),
            min(self.top, other.top),
        ).area


def place_labels(
    labels: Sequence[str], x: Floats, y: Floats, lines: Sequence[Box], frame: Box
) -> list[str]:
    """Plotly's `textposition` for each label, one after the other where least is in its way.

    Parameters
    ----------
    labels : sequence of str
        What stands beside each mark.
    x, y : ndarray, shape (n,)
        The marks, in pixels, rightwards and upwards.
    lines : sequence of Box
        What else is drawn.
    frame : Box
        What the labels should not leave.
    """
    taken = [*lines, *(_around(a, b, _MARKER, _MARKER) for a, b in zip(x, y, strict=True))]
    places = []
    for label, a, b in zip(labels, x, y, strict=True):
        width = _LETTER * len(label) / 2
        covered = {}
        for place, (columns, rows) in _PLACES.items():
            center = a + columns * (width + _GAP), b + rows * (_LINE / 2 + _GAP)
            box = _around(*center, width, _LINE / 2)
            in_the_way = sum(box.shared(other) for other in taken)
            covered[place] = (box.area - box.shared(frame) + in_the_way, box)
        place = min(covered, key=lambda name: covered[name][0])
        taken.append(covered[place][1])
        places.append(place)
    return places


def _around(x: float, y: float, half_width: float, half_height: float) -> Box:
    return Box(x - half_width, x + half_width, y - half_height, y + half_height)
