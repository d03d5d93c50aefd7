"""What figures draw: lines, bands, dots and cells, as plotly's traces in plain dicts."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from moonlab.figure_parts import (
    Mean,
    bounds,
    digits_of,
    kept_rows,
    measured,
    short,
    signed,
    swarm,
    wrapped,
)
from moonlab.judgement import Judgement
from moonlab.parameters import Floats
from moonlab.results import Group
from moonlab.stats import PairedDifference
from moonlab.verdicts import VerdictKind

Trace = dict[str, Any]

MOST_SINGLE_RUNS = 20  # of an architecture, in one figure
_BAND = (10, 90)  # percentiles over seeds
_LOWER = {False: "118,42,131", True: "179,120,200"}  # purple and green: apart for the colour-blind
_HIGHER = {False: "27,120,55", True: "80,180,100"}


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
    """A group's mean lines, train solid and validation dashed, before its bands or single runs.

    Parameters
    ----------
    group : Group
        Of several seeds or one, which has neither bands nor single runs.
    panel : Panel
        Loss or accuracy.
    color : str
        As "#rrggbb".
    most_points : int
        In all traces of the group and of both panels, about.
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
    mean = lines.mean(axis=0) if there else np.empty((0, 2))
    for part in there:
        yield (_told(panel, mean[:, there]) if part == 0 else {"hoverinfo": "skip"}) | {
            "x": rows,
            "y": mean[:, part],
            "mode": "lines",
            "name": short(group.name, 36),
            "showlegend": part == 0 and panel is LOSS,
            "line": {"color": color, "dash": ("solid", "dash")[part], "width": 2},
        }


def _told(panel: Panel, mean: Floats) -> Trace:
    """What the box says of train (rows, 1), or of train and validation (rows, 2), in one line."""
    told = f"train %{{y{panel.number}"
    if mean.shape[1] == 1:
        return {"hovertemplate": told}
    told += f", validation %{{customdata{panel.number}"
    return {"hovertemplate": told, "customdata": mean[:, 1]}


def _band(rows: Floats, values: Floats, color: str) -> Trace:
    """One polygon around the middle 80% of values (seeds, rows)."""
    low, high = np.percentile(values, _BAND, axis=0)
    return {
        "x": np.concatenate([rows, rows[::-1]]),
        "y": np.concatenate([high, low[::-1]]).astype(np.float32),
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": _translucent(color, 0.16),
        "connectgaps": True,  # a loss of 0 is nowhere on a logarithmic axis
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _single_runs(rows: Floats, values: Floats, color: str) -> Trace:
    """Values (seeds, rows) as one line with gaps."""
    gaps = np.pad(values, ((0, 0), (0, 1)), constant_values=np.nan)
    return {
        "x": np.tile([*rows, rows[-1]], len(values)),
        "y": gaps.ravel().astype(np.float32),
        "mode": "lines",
        "line": {"color": _translucent(color, 0.35), "width": 0.8},
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
        So many points apart, two dots do not touch.
    color : str
        Of the dots.
    """
    x = np.array([100 * run.scores.test.accuracy for run in group.runs])
    tracks = np.array(swarm(x, apart))
    step = min(0.11, 0.2 / max(np.abs(tracks).max(), 1))
    return {
        "x": x,
        "y": y + step * tracks,
        "mode": "markers",
        "marker": {"color": color, "size": 7, "opacity": 0.75},
        "customdata": [run.seed for run in group.runs],
        "hovertemplate": wrapped(group.name) + "<br>seed %{customdata}: %{x:.3f}%<extra></extra>",
    }


def mean_bar(group: Group, mean: Mean, y: float, ink: str) -> Trace:
    """The mean and its interval, in percent."""
    return {
        "x": [100 * mean.mean],
        "y": [y],
        "mode": "markers",
        "marker": {"color": ink, "size": 8, "symbol": "diamond"},
        "error_x": _ends(mean) | {"color": ink, "thickness": 2, "width": 5},
        "hovertext": told_of_mean(group, mean),
        "hoverinfo": "text",
    }


def told_of_mean(group: Group, mean: Mean, more: str = "") -> str:
    """What a box says of a group's mean."""
    number = f"{mean.percent}, 95% interval {mean.interval}"
    return f"{wrapped(group.name)}{more}<br>{number}<br>{mean.seeds}"


def _ends(mean: Mean) -> Trace:
    return {
        "array": [100 * (mean.high - mean.mean)],
        "arrayminus": [100 * (mean.mean - mean.low)],
    }


def sized_mean(group: Group, mean: Mean, place: str, color: str, *, filled: bool) -> Trace:
    """A group's mean with its interval at its number of parameters, labelled at this place."""
    size = group.runs[0].architecture.n_parameters
    symbol = "circle" if filled else "circle-open"
    return {
        "x": [size],
        "y": [100 * mean.mean],
        "mode": "markers+text",
        "marker": {
            "color": color,
            "size": 11,
            "symbol": symbol,
            "line": {"color": color, "width": 2},
        },
        "error_y": _ends(mean) | {"color": color, "thickness": 1.5, "width": 4},
        "text": [short(group.name, 18)],
        "textposition": place,
        "hovertext": told_of_mean(group, mean, f"<br>{size:,} parameters"),
        "hoverinfo": "text",
    }


def difference_cells(judged: Judgement, ink: str, gap: int, dark: bool) -> Trace:
    """A cell for each pair of compared groups, and the negative one for the pair turned around."""
    place = {group: index for index, group in enumerate(judged.compared)}
    empty = [[""] * len(place) for _ in place]
    values, texts, boxes = np.full((len(place), len(place)), np.nan), empty, deepcopy(empty)
    for pair, said in zip(judged.pairs, judged.verdicts, strict=True):
        for one in (pair, pair.swapped()):
            row, column = place[one.first], place[one.second]
            values[row, column] = 100 * one.mean
            texts[row][column] = _cell(one, said.kind)
            boxes[row][column] = _told_of_pair(one, said.kind, judged.names)
    most = max(1.0, np.abs(values[np.isfinite(values)]).max(initial=0))
    return {
        "type": "heatmap",
        "z": values,
        "zmin": -most,
        "zmax": most,
        "colorscale": [
            [0, f"rgba({_LOWER},0.65)"],
            [0.5, f"rgba({_LOWER},0)"],
            [0.5, f"rgba({_HIGHER},0)"],
            [1, f"rgba({_HIGHER},0.65)"],
        ],
        "showscale": False,
        "xgap": 2,
        "ygap": gap,
        "text": texts,
        "texttemplate": "%{text}",
        "textfont": {"color": ink, "size": 12 if len(place) < 7 else 11},
        "hovertext": boxes,
        "hoverinfo": "text",
        "hoverongaps": False,
    }


def _cell(pair: PairedDifference, kind: VerdictKind) -> str:
    points = signed(100 * pair.mean, digits_of(pair))
    return f"<b>{points}</b><br>●" if kind == "clear" else points


def _told_of_pair(pair: PairedDifference, kind: VerdictKind, names: Sequence[str]) -> str:
    """Shows the corrected interval where the plain one would belie the verdict."""
    digits = digits_of(pair)
    told = f"95% interval {bounds(pair.low, pair.high, digits)}"
    if pair.n == 1:
        told = "one seed: no interval"
    elif kind == "unclear" and not pair.low <= 0 <= pair.high:
        corrected = bounds(pair.corrected_low, pair.corrected_high, digits)
        told = f"interval {corrected},<br>corrected for {pair.n_pairs} pairs"
    return "<br>".join(
        [
            wrapped(f"{names[pair.first]} minus {names[pair.second]}"),
            f"<b>{signed(100 * pair.mean, digits)} points</b>: {kind}",
            told,
            f"won {pair.won}, tied {pair.tied}, lost {pair.lost} of {pair.n}",
        ]
    )


def _translucent(color: str, opacity: float) -> str:
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
