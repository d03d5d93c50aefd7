"""Figures of linear regions counted over many runs: against their bounds, against accuracy."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import axis, color_of, figure, log_axis
from moonlab.figure_parts import log_ticks, short
from moonlab.figure_traces import Trace
from moonlab.lab.regions import Integers
from moonlab.parameters import Floats
from moonlab.wording import percent

_FIXED = {"fixedrange": True}
_ROW = 46  # pixels


def counted_against_bounds(
    names: Sequence[str],
    counts: Sequence[Integers],
    bounds: Sequence[int],
    *,
    dark: bool = False,
) -> go.Figure:
    """A row a network: a bar over its runs' regions in view, a diamond for an upper bound.

    Parameters
    ----------
    names : sequence of str
        Of the networks.
    counts : sequence of ndarray, shape (runs,)
        Regions in view.
    bounds : sequence of int
        Upper bounds on the regions; there may be no network that reaches them.
    dark : bool
        Whether the page is dark.
    """
    every = np.concatenate([*counts, np.array(bounds)]).astype(float)
    low, high = np.log10(every.min()) - 0.5, np.log10(every.max()) + 0.5  # room for the numbers
    ticks = [tick for tick in log_ticks(every) if low <= np.log10(tick) <= high]
    rows = enumerate(zip(counts, bounds, strict=True))
    return figure(
        [trace for row, (found, most) in rows for trace in _span(row, found, most)],
        dark,
        height=_ROW * len(names) + 50,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        xaxis=log_axis(dark, ticks, title="Linear regions", range=[low, high], **_FIXED),
        yaxis=axis(
            dark,
            range=[len(names) - 0.5, -0.5],
            tickvals=list(range(len(names))),
            ticktext=[short(name, 18) for name in names],
            showgrid=False,
            **_FIXED,
        ),
    )


def _span(row: int, found: Integers, bound: int) -> list[Trace]:
    """A bar from the fewest to the most regions found, and a diamond at the bound."""
    color = color_of(row)
    shared = {"type": "scatter", "hoverinfo": "skip", "cliponaxis": False}
    return [
        shared
        | {"x": [found.min(), found.max()], "y": [row, row], "mode": "lines+text"}
        | {"text": [f"{found.min()}–{found.max()} ", ""], "textposition": "middle left"}
        | {"line": {"color": color, "width": 10}},
        shared
        | {"x": [bound], "y": [row], "mode": "markers+text", "text": [f" {bound:,}"]}
        | {"textposition": "middle right"}
        | {"marker": {"color": color, "size": 12, "symbol": "diamond-open", "line": {"width": 2}}},
    ]


def counted_against_bounds_in_words(
    names: Sequence[str], counts: Sequence[Integers], bounds: Sequence[int]
) -> str:
    """The picture, for those who do not see it."""
    listed = "; ".join(
        f"{name} {found.min()} to {found.max()} of at most {most:,}"
        for name, found, most in zip(names, counts, bounds, strict=True)
    )
    return f"Linear regions in view over {len(counts[0])} runs of each network: {listed}."


def regions_against_accuracy(
    names: Sequence[str],
    counts: Sequence[Integers],
    accuracies: Sequence[Floats],
    colors: Sequence[int],
    *,
    dark: bool = False,
) -> go.Figure:
    """A dot for each run: its regions in view, and its accuracy on fresh points.

    Parameters
    ----------
    names : sequence of str
        Of the networks.
    counts, accuracies : sequence of ndarray, shape (runs,)
        Of each network.
    colors : sequence of int
        Which of the architectures' colours each network has.
    dark : bool
        Whether the page is dark.
    """
    return figure(
        [
            {
                "type": "scatter",
                "x": found,
                "y": 100 * right,
                "mode": "markers",
                "name": short(name, 24),
                "marker": {"color": color_of(color), "size": 9, "opacity": 0.8},
                "hovertemplate": "%{x} regions, %{y:.1f}%<extra></extra>",
            }
            for name, found, right, color in zip(names, counts, accuracies, colors, strict=True)
        ],
        dark,
        height=320,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        xaxis=axis(dark, title="Linear regions in view", rangemode="tozero", **_FIXED),
        yaxis=axis(dark, title="Accuracy on fresh points", ticksuffix="%", **_FIXED),
    )


def regions_against_accuracy_in_words(
    names: Sequence[str], counts: Sequence[Integers], accuracies: Sequence[Floats]
) -> str:
    """The picture, for those who do not see it."""
    listed = "; ".join(
        f"{name}: {found.min()} to {found.max()} regions, {percent(right.min())} to "
        f"{percent(right.max())}"
        for name, found, right in zip(names, counts, accuracies, strict=True)
    )
    return f"A dot for each run, its regions against its accuracy on fresh points. {listed}."
