"""Pictures of the two losses of one point against its logit."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import INK, axis, color_of, figure, heading
from moonlab.functional import LOSSES, expit
from moonlab.lab.point_loss import LESSON_CASES, PointLoss, logit_of
from moonlab.wording import percent

LOSS_NAMES = {"bce": "cross-entropy", "mse": "squared error"}
FURTHEST = 7.0
"""The logits shown reach from minus this to this."""

_PARTS = {"y": "value", "y2": "gradient"}
_Z = np.linspace(-FURTHEST, FURTHEST, 281)
_TICKS = (-6, -4, -2, 0, 2, 4, 6)


def losses_at_logit(point: PointLoss, *, dark: bool = False) -> go.Figure:
    """Loss above its gradient at the logit, of cross-entropy and squared error.

    Parameters
    ----------
    point : PointLoss
        The dots mark it; circles mark the lesson's cases.
    dark : bool
        Whether the page is dark.
    """
    traces = [
        trace | {"type": "scatter", "yaxis": place, "legendgroup": name, "name": words}
        for place, part in _PARTS.items()
        for index, (name, words) in enumerate(LOSS_NAMES.items())
        for trace in _traces(name, part, point, color_of(index))
    ]
    here = {"type": "line", "x0": point.z, "x1": point.z, "y0": 0, "y1": 1, "yref": "paper"}
    ticks = [_tick(z) for z in _TICKS]
    return figure(
        traces,
        dark,
        height=420,
        margin={"l": 40, "r": 10, "t": 50, "b": 62},
        legend={"orientation": "h", "x": 0, "y": 1.09, "yanchor": "bottom"},
        shapes=[here | {"line": {"color": INK[dark], "width": 1, "dash": "dot"}, "opacity": 0.6}],
        xaxis=axis(
            dark,
            "Logit z, and below it the probability of class 1",
            anchor="y2",
            tickvals=_TICKS,
            ticktext=ticks,
            range=[-FURTHEST - 0.2, FURTHEST + 0.2],
            fixedrange=True,
        ),
        yaxis=axis(dark, domain=[0.56, 1], fixedrange=True),
        yaxis2=axis(
            dark,
            domain=[0, 0.42],
            range=[-1.08, 0.08] if point.y else [-0.08, 1.08],
            fixedrange=True,
        ),
        annotations=[
            heading("Loss", 1.01),
            heading("Its gradient at the logit", 0.43),
        ],
    )


def _traces(name: str, part: str, point: PointLoss, color: str) -> list[dict[str, Any]]:
    """The line, the lesson's cases and the point, of one loss or its gradient."""
    function = getattr(LOSSES[name], part)
    cases = np.array([logit_of(p) * (1 if point.y else -1) for p in LESSON_CASES])
    here = np.array([point.z])
    hover = {"hovertemplate": "z = %{x:.2f}: %{y:.3g}"}
    marks = {"mode": "markers", "showlegend": False} | hover
    line = {"color": color, "width": 3, "simplify": False}
    return [
        {"x": _Z, "y": function(_Z, point.y), "mode": "lines", "line": line}
        | hover
        | {"showlegend": part == "value"},
        marks
        | {"x": cases, "y": function(cases, point.y)}
        | {"marker": {"symbol": "circle-open", "size": 10, "color": color, "line": {"width": 2}}},
        marks
        | {"x": here, "y": function(here, point.y)}
        | {"marker": {"size": 13, "color": color}},
    ]


def _tick(z: float) -> str:
    """The logit, and below it the probability, with a decimal near 0 and near 1."""
    share = float(expit(z))
    return f"{z}<br>{percent(share, 1 if abs(share - 0.5) > 0.4 else 0)}".replace("-", "−")


def losses_at_logit_in_words(point: PointLoss) -> str:
    """What the picture shows at the point, for those who do not see it."""
    return (
        f"Loss and gradient against the logit, for a point of class {point.y}. At z = "
        f"{point.z:.1f} cross-entropy is {point.bce:.3g} with gradient {point.bce_gradient:.3g}, "
        f"squared error {point.mse:.3g} with gradient {point.mse_gradient:.3g}. Far on the wrong "
        "side cross-entropy keeps its gradient and squared error loses it."
    )
