"""Pictures of races: accuracy on the training points against what the race counts."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import axis, color_of, figure, translucent
from moonlab.figure_parts import kept_rows, measured, short
from moonlab.parameters import Floats
from moonlab.results import Group

_MOST_ROWS = 250
_FEW_ROWS = 12  # so few deserve a mark each
_TRAIN_ACCURACY = 2  # column of a run's curves
_BAND = (10, 90)  # percentiles over seeds


def race(
    groups: Sequence[Group],
    per_epoch: Sequence[float],
    clock: str,
    *,
    lowest: float = 0.0,
    single_runs: bool = False,
    dark: bool = False,
) -> go.Figure:
    """Mean accuracy on the training points against the race's clock.

    Parameters
    ----------
    groups : sequence of Group
        The racers.
    per_epoch : sequence of float
        By how much the clock advances in an epoch of each.
    clock : str
        What it counts, such as "Updates".
    lowest : float
        Percentage at the foot of the picture, the same for pictures side by side.
    single_runs : bool
        Whether every run is a thin line; else a band holds 8 of 10 of them.
    dark : bool
        Whether the page is dark.
    """
    traces = [
        trace | {"legendgroup": str(index)}
        for index, (group, step) in enumerate(zip(groups, per_epoch, strict=True))
        for trace in _lines(group, step, color_of(index), single_runs)
    ]
    return figure(
        traces,
        dark,
        height=300,
        margin={"l": 46, "r": 10, "t": 34, "b": 44},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis=axis(dark, clock, rangemode="tozero", nticks=6, fixedrange=True),
        yaxis=axis(dark, ticksuffix="%", range=[lowest, 101], fixedrange=True),
    )


def _lines(group: Group, step: float, color: str, single_runs: bool) -> Iterator[dict[str, Any]]:
    rows = kept_rows(group, _MOST_ROWS)
    x, lines = step * rows, 100 * measured(group, rows)[..., _TRAIN_ACCURACY]  # (seeds, rows)
    extra = {"type": "scatter", "hoverinfo": "skip", "showlegend": False, "mode": "lines"}
    if single_runs:
        gaps = np.full((len(lines), 1), np.nan)  # one trace for all: the pen is lifted between
        yield extra | {
            "x": np.tile(np.append(x, np.nan), len(lines)),
            "y": np.concatenate([lines, gaps], axis=1).ravel(),
            "line": {"color": color, "width": 1},
            "opacity": 0.4,
        }
    else:
        low, high = np.percentile(lines, _BAND, axis=0)
        yield extra | {
            "x": np.concatenate([x, x[::-1]]),
            "y": np.concatenate([high, low[::-1]]),
            "fill": "toself",
            "line": {"width": 0, "color": color},
            "fillcolor": translucent(color, 0.2),
        }
    yield {
        "type": "scatter",
        "x": x,
        "y": lines.mean(axis=0),
        "mode": "lines+markers" if len(x) <= _FEW_ROWS else "lines",
        "name": short(group.name, 36),
        "line": {"color": color, "width": 3},
        "hovertemplate": "%{x:.3~g}: %{y:.1f}%",
    }


def _means(group: Group) -> Floats:
    """Mean accuracy on the training points over time, in percent."""
    rows = kept_rows(group, _MOST_ROWS)
    return 100 * measured(group, rows)[..., _TRAIN_ACCURACY].mean(axis=0)


def race_in_words(groups: Sequence[Group], clock: str) -> str:
    """Where the racers begin and end, for those who do not see it."""
    listed = "; ".join(
        f"{group.name} from {means[0]:.1f}% to {means[-1]:.1f}%"
        for group in groups
        for means in [_means(group)]
    )
    return f"Lines of accuracy on the training points against {clock.lower()}: {listed}."
