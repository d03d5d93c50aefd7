"""Figures of what remedies against overfitting gain, and of how a choice flatters."""

from collections.abc import Sequence

import plotly.graph_objects as go

from moonlab.figure_look import INK, axis, figure, heading, log_axis
from moonlab.figure_traces import Trace
from moonlab.lab.choosing import Choice
from moonlab.lab.figures_three_curves import FRESH_COLOR, LEGEND, VALIDATION_COLOR
from moonlab.lab.remedies import Gain
from moonlab.wording import percent, rounded

_FIXED = {"fixedrange": True}
_ROW = 46  # pixels


def gains(found: Sequence[Gain], picked: int, *, dark: bool = False) -> go.Figure:
    """What each remedy gains on fresh points over the base case, with 95% intervals.

    Parameters
    ----------
    found : sequence of Gain
        One a row.
    picked : int
        The row to stress.
    dark : bool
        Whether the page is dark.
    """
    rows = range(len(found))
    colors = [FRESH_COLOR if row == picked else INK[dark] for row in rows]
    traces = [
        {
            "type": "scatter",
            "x": [100 * one.low, 100 * one.mean, 100 * one.high],
            "y": [row] * 3,
            "mode": "lines+markers+text",
            "text": ["", rounded(100 * one.mean, 1, signed=True), ""],
            "textposition": "top center",
            "line": {"color": colors[row], "width": 3},
            "marker": {"color": colors[row], "size": [0, 11, 0]},
            "hoverinfo": "skip",
        }
        for row, one in enumerate(found)
    ]
    upright = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1}
    return figure(
        traces,
        dark,
        height=_ROW * len(found) + 60,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        shapes=[upright | {"line": {"color": INK[dark], "width": 1, "dash": "dot"}}],
        xaxis=axis(dark, title="Points gained on fresh points", rangemode="tozero", **_FIXED),
        yaxis=axis(
            dark,
            range=[len(found) - 0.5, -0.7],
            tickvals=list(rows),
            ticktext=[one.name for one in found],
            showgrid=False,
            **_FIXED,
        ),
    )


def gains_in_words(found: Sequence[Gain]) -> str:
    """The picture, for those who do not see it."""
    listed = "; ".join(_gain_in_words(one) for one in found)
    return f"What each remedy gains on fresh points over the base case: {listed}."


def _gain_in_words(one: Gain) -> str:
    """Such as "Dropout +2.0 points, 95% interval −1.0 to +5.0"."""
    mean, low, high = (
        rounded(100 * share, 1, signed=True) for share in (one.mean, one.low, one.high)
    )
    return f"{one.name} {mean} points, 95% interval {low} to {high}"


def flattery(sizes: Sequence[int], choices: Sequence[Choice], *, dark: bool = False) -> go.Figure:
    """Accuracy at chosen epochs, by the points that chose them and by all others.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of validation points.
    choices : sequence of Choice
        One for each.
    dark : bool
        Whether the page is dark.
    """
    reported = [100 * one.reported_accuracy for one in choices]
    fresh = [100 * one.fresh_accuracy for one in choices]
    shared: Trace = {"type": "scatter", "x": list(sizes), "mode": "lines+markers"}
    shared |= {"hovertemplate": "%{y:.1f}%", "marker": {"size": 8}}
    return figure(
        [
            shared
            | {"y": reported, "name": "on the points that chose the epoch"}
            | {"line": {"color": VALIDATION_COLOR, "width": 2, "dash": "dash"}},
            shared
            | {"y": fresh, "name": "on fresh points"}
            | {"line": {"color": FRESH_COLOR, "width": 2}, "fill": "tonexty"}
            | {"fillcolor": "rgba(127,127,127,0.12)"},
        ],
        dark,
        height=_ROW * 5 + 60,
        margin={"l": 8, "r": 8, "t": 72, "b": 8},
        hovermode="x unified",
        legend=LEGEND,
        annotations=[heading("Accuracy at the chosen epoch")],
        xaxis=log_axis(dark, sizes, title="Validation points", **_FIXED),
        yaxis=axis(dark, ticksuffix="%", nticks=6, **_FIXED),
    )


def flattery_in_words(sizes: Sequence[int], choices: Sequence[Choice]) -> str:
    """The picture, for those who do not see it."""
    listed = "; ".join(
        f"{size} points {percent(one.reported_accuracy)} against {percent(one.fresh_accuracy)}"
        for size, one in zip(sizes, choices, strict=True)
    )
    return f"Accuracy at the chosen epoch on the points that chose it, and on fresh ones: {listed}."
