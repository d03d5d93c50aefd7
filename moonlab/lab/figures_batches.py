"""A picture of the noise of a batch's gradient against the size of the batch."""

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import INK, color_of, figure, log_axis, note
from moonlab.lab.gradient_noise import GradientNoise

_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def noise(found: GradientNoise, *, dark: bool = False) -> go.Figure:
    """Noise in lengths of the full gradient against batch size, both logarithmic.

    Parameters
    ----------
    found : GradientNoise
        Dots are measured, the line is theory without replacement, the dashed one goes as 1/√B.
    dark : bool
        Whether the page is dark.
    """
    x, color = found.batch_sizes, color_of(2)
    shared = {"type": "scatter", "x": x, "hovertemplate": "%{x} points: %{y:.2f}"}
    lines = {"mode": "lines", "hoverinfo": "skip"}
    traces = [
        shared
        | lines
        | {"y": found.with_replacement, "name": "1/√B"}
        | {"line": {"color": INK[dark], "width": 1.5, "dash": "dash"}},
        shared | lines | {"y": found.expected, "name": "theory", "line": {"color": color}},
        shared
        | {"y": found.measured, "mode": "markers", "name": "measured"}
        | {"marker": {"color": color, "size": 9}},
    ]
    ticks = [size for before, size in zip([0, *x], x, strict=False) if size >= 2 * before]
    crosses_late = bool(np.median(found.expected) > 1)  # the text goes where the lines are not
    side = {"x": 0.01, "yanchor": "top"} if crosses_late else {"x": 1, "xanchor": "right"}
    even = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1}
    return figure(
        traces,
        dark,
        height=300,
        margin={"l": 46, "r": 10, "t": 34, "b": 44},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        shapes=[even | {"line": {"color": INK[dark], "width": 1, "dash": "dot"}}],
        annotations=[
            note("as long as the gradient itself", **({"y": 0, "yanchor": "bottom"} | side))
        ],
        xaxis=log_axis(dark, ticks, "Batch size B", tickangle=0, fixedrange=True),
        yaxis=log_axis(dark, _TICKS, fixedrange=True),
    )


def noise_in_words(found: GradientNoise) -> str:
    """The noise of the smallest and the largest batch, for those who do not see it."""
    return (
        "Noise of the gradient against batch size, on logarithmic axes: from "
        f"{found.measured[0]:.2f} times the gradient's length at {found.batch_sizes[0]} to "
        f"{found.measured[-1]:.2f} at {found.batch_sizes[-1]}, along the line that theory gives."
    )
