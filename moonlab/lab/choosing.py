"""What it costs to choose an epoch by validation points: the score that chose it flatters."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moonlab.dataset import N_TEST, load_data
from moonlab.functional import LOSSES
from moonlab.metrics import predictions
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats
from moonlab.results import Run
from moonlab.rules import Fault, SpecError, check, integer, shown


class FreshScores(NamedTuple):
    """Runs on fresh points, at the epochs of their snapshots."""

    epochs: tuple[int, ...]
    """K of them, before the first and after the last too."""
    losses: Floats
    """Of each point in single precision, shape (runs, K, points)."""
    right: NDArray[np.bool_]
    """Whether the point is classified right, same shape."""


class Choice(NamedTuple):
    """Mean scores at epochs that validation points chose, over many draws of these points."""

    reported_loss: float
    """On the very points that chose the epoch."""
    fresh_loss: float
    """On all other points."""
    reported_accuracy: float
    fresh_accuracy: float
    n_draws: int


def fresh_scores(runs: Sequence[Run], n_points: int = 2000) -> FreshScores:
    """Score the snapshots of runs on fresh points, each run on the first of its own data's.

    Parameters
    ----------
    runs : sequence of Run
        With snapshots at the same epochs.
    n_points : int
        From 1 to 20,000, for each run.

    Raises
    ------
    SpecError
        If an argument is not as described.
    """
    faults = check({"n_points": integer(1, N_TEST)}, {"n_points": n_points})
    epochs = {run.snapshot_epochs for run in runs}
    if len(epochs) != 1:
        rule = "must be runs with snapshots at the same epochs"
        faults.append(Fault("runs", rule, shown(sorted(epochs))))
    if faults:
        raise SpecError(faults)
    scores = [_scores_of(run, n_points) for run in runs]
    losses, right = zip(*scores, strict=True)
    return FreshScores(epochs.pop(), np.stack(losses), np.stack(right))


def _scores_of(run: Run, n_points: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Losses, and what is right, of one run: (K, points) each."""
    data = load_data(run.data)
    X, y = data.X_test[:n_points], data.y_test[:n_points]
    z = logits(run.snapshots.astype(float), run.architecture, X)
    losses = LOSSES[run.training.loss].value(z, y)
    return losses.astype(np.float32), predictions(z) == (y == 1)


def choose_by_validation(scores: FreshScores, n_validation: int) -> Choice:
    """Let many sets of validation points choose an epoch each, and score what they chose.

    The points of each run are cut into as many sets as there are. Each set chooses the snapshot
    with the least loss on it; all the other points of the run say how good that one is in truth.

    Parameters
    ----------
    scores : FreshScores
        Of points that no network trained on.
    n_validation : int
        Points in a set, at most half of all.

    Raises
    ------
    SpecError
        If the sets would be empty, or too large for two of them.
    """
    n_points = scores.losses.shape[-1]
    if faults := check({"n_validation": integer(1, n_points // 2)}, {"n_validation": n_validation}):
        raise SpecError(faults)
    losses, other_losses = _in_sets(scores.losses, n_validation)
    right, others_right = _in_sets(scores.right, n_validation)
    chosen = losses.argmin(axis=1)[:, np.newaxis]  # (runs, 1, sets)
    tables = (losses, other_losses, right, others_right)
    found = [float(np.take_along_axis(table, chosen, axis=1).mean()) for table in tables]
    return Choice(found[0], found[1], found[2], found[3], chosen.size)


def _in_sets(values: Floats, size: int) -> tuple[Floats, Floats]:
    """Means over each set of points and over all others: (runs, K, points) → (runs, K, sets)."""
    n_points = values.shape[-1]
    n_sets = n_points // size
    sets = values[..., : n_sets * size].reshape(*values.shape[:-1], n_sets, size)
    sums = sets.sum(axis=-1, dtype=float)
    others = values.sum(axis=-1, keepdims=True, dtype=float) - sums
    return sums / size, others / (n_points - size)
