"""What the pictures of a comparison show, epoch by epoch: numbers, no drawing."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moonlab.boundary import Grid, Opinion, opinion
from moonlab.dataset import Data, Labels, Points, load_data
from moonlab.metrics import predictions
from moonlab.parameters import Floats
from moonlab.results import Comparison, Group, Run
from moonlab.rules import SpecError
from moonlab.spec import MAX_SEED, Architecture, DataSpec

_MOST_POINTS = 600
MOST_FRAMES = 25
_MOST_SECONDS = 1.0  # as `_seconds` estimates them

Kind = Literal["mean", "disagreement", "seed", "difference"]
PanelKind = Literal["probability", "disagreement", "difference"]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """What to show of a comparison.

    Attributes
    ----------
    kind : {"mean", "disagreement", "seed", "difference"}
        Of each architecture the mean probability over its seeds, the share of its seeds that
        contradict their majority, or the run of one seed; or two architectures and their
        difference.
    seed : int
        Of "seed".
    first, second : int
        Of "difference": positions among `Comparison.groups()`.
    """

    kind: Kind = "mean"
    seed: int = 0
    first: int = 0
    second: int = 1

    def groups(self, comparison: Comparison) -> list[Group]:
        """The groups it shows, those left out that have nothing to show."""
        groups = comparison.groups()
        if self.kind == "difference":
            return [groups[self.first], groups[self.second]]
        if self.kind == "disagreement":
            return [group for group in groups if len(group.runs) > 1]
        if self.kind == "seed":
            chosen = [(name, [r for r in runs if r.seed == self.seed]) for name, runs in groups]
            return [Group(name, tuple(runs)) for name, runs in chosen if runs]
        return groups


class Marks(NamedTuple):
    """The points to draw of some data: of many, the first 600, both parts in proportion."""

    X: Points
    y: Labels
    part: NDArray[np.int64]
    """0 for training, 1 for validation."""

    @classmethod
    def of(cls, data: Data) -> "Marks":
        """Those of the data."""
        n_train = len(data.y_train)
        n_train = min(n_train, round(_MOST_POINTS * n_train / data.spec.n_samples))
        n_val = min(len(data.y_val), _MOST_POINTS - n_train)
        X = np.concatenate([data.X_train[:n_train], data.X_val[:n_val]])
        y = np.concatenate([data.y_train[:n_train], data.y_val[:n_val]])
        return cls(X, y, np.repeat([0, 1], [n_train, n_val]))


class Panel(NamedTuple):
    """One picture, in K frames."""

    kind: PanelKind
    name: str
    seeds: str
    """Of which runs it is, such as "mean over 20 seeds"."""
    data: Data | None
    """Whose points are drawn, if any."""
    epochs: list[str]
    """What to call the frames."""
    opinions: tuple[Opinion, ...]
    """What the networks say on the grid; in a "difference" those of the first, of the second."""
    crosses: Bools
    """Points drawn that are classified wrong, (K, m); in a "difference", classified differently."""


def panels(
    comparison: Comparison,
    view: View,
    grid: Grid | None = None,
    most_frames: int = MOST_FRAMES,
) -> tuple[list[Panel], Grid]:
    """The pictures of a view, all in as many frames, and the grid they are taken on.

    Parameters
    ----------
    comparison : Comparison
        What to show.
    view : View
        What of it.
    grid : Grid, optional
        Without one it is of some 4,000 points, around all data shown.
    most_frames : int, optional
        Of each picture; 1 is for the last alone.

    Returns
    -------
    list of Panel
        One a group; for a "difference" a third. The last frame is that of the reported weights,
        whichever epoch they come from.
    Grid
    """
    groups, draw = view.groups(comparison), cache(load_data)
    data = [_data_shown(runs, draw) for _, runs in groups]
    grid = grid or Grid.over(data)
    n_frames = _n_frames(groups, len(grid.points) + _MOST_POINTS, most_frames)
    shown = [_panel(view.kind, *each, grid, n_frames) for each in zip(groups, data, strict=True)]
    if view.kind == "difference":
        shown.append(_difference(*shown))
    return shown, grid


def _data_shown(runs: Sequence[Run], draw: Callable[[DataSpec], Data]) -> Data:
    """The data the runs met.

    Where each drew its own, that from whose seed they counted, or the first run's if there is
    no such data.
    """
    first = runs[0]
    if any(run.data != first.data for run in runs):
        seed = (first.data.seed - first.seed) % (MAX_SEED + 1)  # see `Experiment.data_of`
        with suppress(SpecError):
            return draw(replace(first.data, seed=seed))
    return draw(first.data)


def _n_frames(groups: Sequence[Group], n_points: int, most: int) -> int:
    """How many frames there is time for, two in any case, and as there are snapshots for."""
    seconds = n_points * sum(len(runs) * _seconds(runs[0].architecture) for _, runs in groups)
    n_snapshots = max(len(_common_epochs(runs)) for _, runs in groups)
    return min(max(2, int(_MOST_SECONDS / seconds)), most, n_snapshots)


def _seconds(architecture: Architecture) -> float:
    """About what a network takes for a point on one core."""
    return 1e-9 * (10 + sum(architecture.hidden) + architecture.n_parameters / 20)


def _common_epochs(runs: Sequence[Run]) -> list[int]:
    """After which epochs all runs have snapshots: stacks of other sizes keep other ones."""
    return sorted(set.intersection(*(set(run.snapshot_epochs) for run in runs)))


def _panel(view: Kind, group: Group, data: Data, grid: Grid, n_frames: int) -> Panel:
    runs, architecture = group.runs, group.runs[0].architecture
    common = _common_epochs(runs)
    places = np.round(np.linspace(0, len(common) - 1, n_frames)).astype(int)
    epochs = [common[place] for place in places]
    networks = [_states(run, epochs) for run in runs]
    marks = Marks.of(data)
    votes_of = grid.shares_above_zero if view == "disagreement" else predictions
    on_grid = opinion(networks, architecture, grid.points.astype(np.float32), votes_of)
    on_marks = opinion(networks, architecture, marks.X)
    wrong = predictions(on_marks.log_odds) != (marks.y == 1)
    seeds = f"mean over {len(runs)} seeds" if len(runs) > 1 else f"seed {runs[0].seed}"
    names = [*map(str, epochs[:-1]), _last_epoch(runs)]
    kind: PanelKind = "disagreement" if view == "disagreement" else "probability"
    return Panel(kind, group.name, seeds, data, names, (on_grid,), wrong)


def _states(run: Run, epochs: Sequence[int]) -> Floats:
    """Flat parameters (K, P) after these epochs, the reported ones in the last's place."""
    states = run.snapshots[[run.snapshot_epochs.index(epoch) for epoch in epochs]].astype(float)
    states[-1] = run.reported_parameters
    return states


def _last_epoch(runs: Sequence[Run]) -> str:
    """What to call the epoch of the reported weights."""
    if runs[0].training.report == "best_validation":
        only = runs[0].best_epoch if len(runs) == 1 else None
        return "of least validation loss" if only is None else f"{only} (least validation loss)"
    return str(max(len(run.curves) for run in runs) - 1)


def _difference(first: Panel, second: Panel) -> Panel:
    """The one less the other, with points if both have the same."""
    same = first.data is second.data
    return Panel(
        "difference",
        f"{first.name} − {second.name}",
        _both(first.seeds, second.seeds),
        first.data if same else None,
        [_both(*epochs) for epochs in zip(first.epochs, second.epochs, strict=True)],
        first.opinions + second.opinions,
        first.crosses != second.crosses if same else first.crosses[:, :0],
    )


def _both(first: str, second: str) -> str:
    return first if first == second else f"{first} and {second}"
