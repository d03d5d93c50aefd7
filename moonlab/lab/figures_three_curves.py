"""A figure of loss and accuracy over the epochs: on train, validation and fresh points."""

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import (
    ARCHITECTURE_COLORS,
    INK,
    axis,
    best_line,
    figure,
    heading,
    log_axis,
)
from moonlab.figure_parts import log_ticks, measured
from moonlab.figure_traces import Trace
from moonlab.lab.choosing import FreshScores
from moonlab.parameters import Floats
from moonlab.results import Group
from moonlab.wording import percent

VALIDATION_COLOR, FRESH_COLOR = ARCHITECTURE_COLORS[0], ARCHITECTURE_COLORS[2]
LEGEND = {"orientation": "h", "x": 0, "y": 1.0, "yref": "container", "yanchor": "top"}

_FIXED = {"fixedrange": True}
_MOST_ROWS = 120
_GUESSING = 50.0  # percent: where every network begins


class _Curves(NamedTuple):
    """Means over a group's runs; loss, then accuracy, on the leading axis."""

    epochs: Floats
    train: Floats  # (2, rows)
    validation: Floats  # (2, rows)
    fresh_epochs: Floats
    fresh: Floats  # (2, snapshots)


def _curves(group: Group, fresh: FreshScores) -> _Curves:
    """From the first epoch on, at epochs that a logarithmic axis shows."""
    last = fresh.epochs[-1]
    rows = np.unique(np.geomspace(1, last, _MOST_ROWS).astype(int))
    means = measured(group, rows).mean(axis=0).T.reshape(2, 2, -1)  # what, part, rows
    scores = np.stack([fresh.losses, fresh.right]).mean(axis=(1, 3))  # (2, K)
    kept = np.array(fresh.epochs) >= 1
    return _Curves(rows, means[:, 0], means[:, 1], np.array(fresh.epochs)[kept], scores[:, kept])


class Ranges(NamedTuple):
    """What the axes of several pictures span: the least and the largest value."""

    losses: tuple[float, float]
    accuracies: tuple[float, float]
    """In percent."""


def ranges(group: Group, fresh: FreshScores) -> Ranges:
    """What a group's curves span."""
    curves = _curves(group, fresh)
    every = np.concatenate([curves.train, curves.validation, curves.fresh], axis=1)  # (2, all)
    losses, accuracies = ((float(row.min()), float(row.max())) for row in every)
    return Ranges(losses, (100 * accuracies[0], 100 * accuracies[1]))


def three_curves(
    group: Group,
    fresh: FreshScores,
    spans: Ranges,
    best_possible: float,
    *,
    dark: bool = False,
) -> go.Figure:
    """Mean loss above mean accuracy over the epochs: on train, validation and fresh points.

    Parameters
    ----------
    group : Group
        Runs with validation points.
    fresh : FreshScores
        Theirs.
    spans : Ranges
        What the axes span.
    best_possible : float
        The best possible accuracy on fresh points, as a share: a dashed line.
    dark : bool
        Whether the page is dark.
    """
    curves = _curves(group, fresh)
    traces = [
        trace | {"yaxis": axis, "showlegend": axis == "y"}
        for axis, what, scale in (("y", 0, 1), ("y2", 1, 100))
        for trace in _three_lines(curves, what, scale, dark)
    ]
    low, high = np.log10(spans.losses[0]) - 0.05, np.log10(spans.losses[1]) + 0.05
    least = min(spans.accuracies[0], _GUESSING)
    return figure(
        traces,
        dark,
        height=430,
        margin={"l": 8, "r": 8, "t": 52, "b": 8},
        hovermode="x unified",
        legend=LEGEND,
        shapes=_marks(group, best_possible, dark),
        annotations=[
            heading("Loss"),
            heading("Accuracy", 0.42),
        ],
        xaxis=log_axis(
            dark,
            log_ticks(curves.epochs),
            title="Epoch",
            anchor="y2",
            range=[0, np.log10(curves.epochs[-1])],
            **_FIXED,
        ),
        yaxis=log_axis(
            dark, log_ticks(np.array(spans.losses)), range=[low, high], domain=[0.53, 1], **_FIXED
        ),
        yaxis2=axis(dark, domain=[0, 0.42], range=[least - 3, 101], ticksuffix="%", **_FIXED),
    )


def _marks(group: Group, best_possible: float, dark: bool) -> list[dict[str, Any]]:
    """An upright line at the median best epoch, a level one at the best possible accuracy."""
    epoch = float(np.median([run.best_epoch for run in group.runs]))
    upright = {"x0": epoch, "x1": epoch, "yref": "paper", "y0": 0, "y1": 1}
    level = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y2"}
    level |= {"y0": 100 * best_possible, "y1": 100 * best_possible}
    return [{"type": "line", "line": best_line(dark)} | one for one in (upright, level)]


def _three_lines(curves: _Curves, what: int, scale: float, dark: bool) -> list[Trace]:
    number = "%{y:.1f}%" if what else "%{y:.3f}"
    shared = {"type": "scatter", "hovertemplate": number}
    rows, points = {"x": curves.epochs, "mode": "lines"}, {"x": curves.fresh_epochs}
    return [
        shared
        | rows
        | {"name": "train", "y": scale * curves.train[what]}
        | {"line": {"color": INK[dark], "width": 2}},
        shared
        | rows
        | {"name": "validation", "y": scale * curves.validation[what]}
        | {"line": {"color": VALIDATION_COLOR, "width": 2, "dash": "dash"}},
        shared
        | points
        | {"name": "fresh points", "y": scale * curves.fresh[what], "mode": "lines+markers"}
        | {"line": {"color": FRESH_COLOR, "width": 2}, "marker": {"size": 5}},
    ]


def three_curves_in_words(group: Group, fresh: FreshScores) -> str:
    """The picture, for those who do not see it."""
    curves = _curves(group, fresh)
    lowest = curves.fresh_epochs[curves.fresh[0].argmin()]
    ends = [
        f"{curves_of[0, -1]:.2f} and {percent(curves_of[1, -1])} on {name}"
        for name, curves_of in zip(
            ("train", "validation", "fresh points"),
            (curves.train, curves.validation, curves.fresh),
            strict=True,
        )
    ]
    return (
        f"Loss and accuracy of {group.name} over {curves.epochs[-1]} epochs. At the end: "
        f"{', '.join(ends)}. On fresh points the loss was lowest, {curves.fresh[0].min():.2f}, at "
        f"epoch {lowest}."
    )
