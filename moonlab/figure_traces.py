"""What figures draw: lines, bands, dots and cells, as plotly's traces in plain dicts."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from moonlab.figure_look import DIVERGING, INK, translucent
from moonlab.figure_parts import (
    Mean,
    kept_rows,
    measured,
    short,
    swarm,
    wrapped,
)
from moonlab.judgement import Judgement
from moonlab.parameters import Floats
from moonlab.results import Group
from moonlab.stats import PairedDifference
from moonlab.verdicts import VerdictKind
from moonlab.wording import bounds, digits_of, rounded

Trace = dict[str, Any]

MOST_LETTERS = 18  # of a name beside a mark
_BAND = (10, 90)  # percentiles over seeds
MOST_SINGLE_RUNS = 20  # of a group
_SWARM = 0.2  # of a row: how far dots may move, if there is more than one track


class Panel(NamedTuple):
    """One of the two pictures of the curves."""

    axis: str
    columns: slice  # of a run's curves: train, validation
    scale: float
    number: str  # how one reads


LOSS = Panel("y", slice(0, 2), 1, ":.4g}")
ACCURACY = Panel("y2", slice(2, 4), 100, ":.2f}%")


def curve_traces(
    group: Group, panel: Panel, color: str, most_points: int, *, single_runs: bool
) -> Iterator[Trace]:
    """Bands or single runs of a group, then its mean lines: train solid, validation dashed.

    Parameters
    ----------
    group : Group
        A single seed has neither bands nor single runs.
    panel : Panel
        Loss or accuracy.
    color : str
        As "#rrggbb".
    most_points : int
        About as many may all bands of the group have, or all its single runs.
    single_runs : bool
        Whether they take the place of the bands.
    """
    rows = kept_rows(group, most_points // 12)  # a line and two edges for each of four curves
    lines = panel.scale * measured(group, rows)[..., panel.columns]  # (seeds, rows, 2)
    there = [part for part in (0, 1) if np.isfinite(lines[..., part]).any()]
    if single_runs and len(lines) > 1:
        few = kept_rows(group, most_points // (4 * MOST_SINGLE_RUNS))
        thin = panel.scale * measured(group, few)[:MOST_SINGLE_RUNS, :, panel.columns]
        yield from (_single_runs(few, thin[..., part], color) for part in there)
    elif len(lines) > 1:
        yield from (_band(rows, lines[..., part], color) for part in there)
    means = [lines[..., part].mean(axis=0) for part in there]
    for part, mean in zip(there, means, strict=True):
        yield (_told(group, panel, means) if part == 0 else {"hoverinfo": "skip"}) | {
            "x": rows,
            "y": mean,
            "mode": "lines",
            "name": short(group.name, 36),
            "showlegend": part == 0 and panel is LOSS,
            "line": {"color": color, "dash": ("solid", "dash")[part], "width": 2},
        }


def _told(group: Group, panel: Panel, means: list[Floats]) -> Trace:
    """What the box says of a group: train, or train and validation, each of shape (rows,)."""
    name = f"<extra>{short(group.name, 16)}</extra>"
    train = f"%{{y{panel.number}"
    if len(means) == 1:
        return {"hovertemplate": train + name}
    validation = f"%{{customdata{panel.number}"
    return {"hovertemplate": f"{train}, {validation}{name}", "customdata": means[1]}


def _band(rows: Floats, values: Floats, color: str) -> Trace:
    """One polygon around the middle 80% of values (seeds, rows)."""
    low, high = np.percentile(values, _BAND, axis=0)
    return {
        "x": np.concatenate([rows, rows[::-1]]),
        "y": np.concatenate([high, low[::-1]]).astype(np.float32),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": translucent(color, 0.16),
        "connectgaps": True,  # a loss of 0 is nowhere on a logarithmic axis
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _single_runs(rows: Floats, values: Floats, color: str) -> Trace:
    """Values (seeds, rows) as one line with gaps."""
    with_gaps = np.pad(values, ((0, 0), (0, 1)), constant_values=np.nan)
    return {
        "x": np.tile([*rows, rows[-1]], len(values)),
        "y": with_gaps.ravel().astype(np.float32),
        "mode": "lines",
        "line": {"color": translucent(color, 0.35), "width": 0.8},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def dots(group: Group, y: float, apart: float, color: str) -> Trace:
    """A dot a seed at its test accuracy in percent, moved up or down where they coincide.

    Parameters
    ----------
    group : Group
        Of any number of seeds.
    y : float
        The height at which they lie.
    apart : float
        Dots so many points apart do not touch.
    color : str
        Of the dots.
    """
    x = np.array([100 * run.scores.test.accuracy for run in group.runs])
    tracks = np.array(swarm(x, apart))
    step = _SWARM / max(np.abs(tracks).max(), 2)
    return {
        "x": x,
        "y": y + step * tracks,
        "mode": "markers",
        "marker": {"color": color, "size": 7, "opacity": 0.75},
        "customdata": [run.seed for run in group.runs],
        "hovertemplate": wrapped(group.name) + "<br>seed %{customdata}: %{x:.3f}%<extra></extra>",
    }


def mean_bar(group: Group, mean: Mean, y: float, ink: str) -> Trace:
    """The mean and its interval, lying at this height."""
    return {
        "x": [100 * mean.mean],
        "y": [y],
        "mode": "markers",
        "marker": {"color": ink, "size": 8, "symbol": "diamond"},
        "error_x": _interval(mean) | {"color": ink, "thickness": 2, "width": 5},
        "hovertext": _told_of_mean(group, mean),
        "hoverinfo": "text",
    }


def mean_at_size(group: Group, mean: Mean, place: str, color: str, *, filled: bool) -> Trace:
    """The mean and its interval, standing at the number of parameters, with the name beside it."""
    size = group.runs[0].architecture.n_parameters
    symbol = "circle" if filled else "circle-open"
    edge = {"color": color, "width": 2}
    return {
        "x": [size],
        "y": [100 * mean.mean],
        "mode": "markers+text",
        "marker": {"color": color, "size": 11, "symbol": symbol, "line": edge},
        "error_y": _interval(mean) | {"color": color, "thickness": 1.5, "width": 4},
        "text": [short(group.name, MOST_LETTERS)],
        "textposition": place,
        "hovertext": _told_of_mean(group, mean, f"<br>{size:,} parameters"),
        "hoverinfo": "text",
    }


def _interval(mean: Mean) -> Trace:
    return {
        "array": [100 * (mean.high - mean.mean)],
        "arrayminus": [100 * (mean.mean - mean.low)],
    }


def _told_of_mean(group: Group, mean: Mean, more: str = "") -> str:
    number = f"{mean.percent}, 95% interval {mean.interval}"
    return f"{wrapped(group.name)}{more}<br>{number}<br>{mean.seeds}"


def difference_cells(judged: Judgement, gap: int, *, dark: bool) -> Trace:
    """A cell for each pair of compared groups, and its negative for the pair turned around."""
    place = {group: index for index, group in enumerate(judged.compared)}
    values = np.full((len(place), len(place)), np.nan)
    texts, boxes = np.full((2, *values.shape), "", dtype=object)
    for pair, said in zip(judged.pairs, judged.verdicts, strict=True):
        for one in (pair, pair.swapped()):
            cell = place[one.first], place[one.second]
            points = rounded(100 * one.mean, digits_of(one), signed=True)
            values[cell] = 100 * one.mean
            texts[cell] = f"<b>{points}</b><br>●" if said.kind == "clear" else points
            boxes[cell] = _told_of_pair(one, said.kind, judged.names)
    most = np.abs(values).max(initial=1, where=np.isfinite(values))  # a point is not strong yet
    return {
        "type": "heatmap",
        "z": values,
        "zmin": -most,
        "zmax": most,
        "colorscale": DIVERGING[dark],
        "showscale": False,
        "xgap": 2,
        "ygap": gap,
        "text": texts,
        "texttemplate": "%{text}",
        "textfont": {"color": INK[dark], "size": 12 if len(place) < 7 else 11},
        "hovertext": boxes,
        "hoverinfo": "text",
        "hoverongaps": False,
    }


def _told_of_pair(pair: PairedDifference, kind: VerdictKind, names: Sequence[str]) -> str:
    """Gives the corrected interval where the plain one would belie the verdict."""
    digits = digits_of(pair)
    interval = f"95% interval {bounds(pair.low, pair.high, digits)}"
    if pair.n == 1:
        interval = "no interval from one seed"
    elif kind == "unclear" and not pair.low <= 0 <= pair.high:
        corrected = bounds(pair.corrected_low, pair.corrected_high, digits)
        interval = f"interval {corrected},<br>corrected for {pair.n_pairs} pairs"
    lines = (
        wrapped(f"{names[pair.first]} minus {names[pair.second]}"),
        f"<b>{rounded(100 * pair.mean, digits, signed=True)} points</b>: {kind}",
        interval,
        f"won {pair.won}, tied {pair.tied}, lost {pair.lost} of {pair.n}",
    )
    return "<br>".join(lines)
