"""What comes out: one `Run` a seed, and the `Comparison` of all, as arrays and frames."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit

from moonlab.metrics import Score
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats, Layers, unpack
from moonlab.rules import Fault, SpecError, shown
from moonlab.spec import N_FEATURES, Architecture, Experiment, Training

if TYPE_CHECKING:
    import torch

CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")


@dataclass(frozen=True, eq=False)
class Run:
    """One network trained from one seed.

    Attributes
    ----------
    architecture : Architecture
        The network.
    training : Training
        The protocol it was trained by, with the architecture's own departures.
    seed : int
        Its seed.
    status : {"ok", "diverged", "stopped"}
        Whether it ran to the end, became infinite on the way, or was stopped.
    curves : ndarray, shape (rows, 4)
        Row k: train and validation loss, train and validation accuracy after k epochs.
    last_parameters, best_parameters : ndarray (P,)
        Flat parameters after the last finite epoch and at `best_epoch`, the latter None without
        validation points.
    snapshot_epochs, snapshots : tuple of K int, ndarray (K, P)
        Flat parameters in single precision after these epochs, for showing how it went.
    best_epoch : int or None
        The first epoch with the least validation loss.
    train_score, val_score, test_score : Score
        Of the reported weights.
    seconds : float
        Wall-clock of the architecture's training, divided by its seeds.
    """

    architecture: Architecture
    training: Training
    seed: int
    status: str
    curves: Floats
    last_parameters: Floats
    best_parameters: Floats | None
    snapshot_epochs: tuple[int, ...]
    snapshots: Floats
    best_epoch: int | None
    train_score: Score
    val_score: Score
    test_score: Score
    seconds: float = 0.0

    @property
    def history(self) -> pd.DataFrame:
        """A row an epoch, from 0: epoch, train_loss, val_loss, train_accuracy, val_accuracy."""
        frame = pd.DataFrame(self.curves, columns=list(CURVES))
        frame.insert(0, "epoch", np.arange(len(frame)))
        return frame

    @property
    def reported_parameters(self) -> Floats:
        """Flat parameters (P,) of the epoch that `training.report` names."""
        if self.training.report == "best_validation" and self.best_parameters is not None:
            return self.best_parameters
        return self.last_parameters

    @property
    def weights(self) -> Layers:
        """Weights (in, out) and biases (out,) of each layer at the reported epoch."""
        return unpack(self.reported_parameters.copy(), self.architecture.widths)

    def predict_proba(self, X: Floats) -> Floats:
        """Probability of class 1.

        Parameters
        ----------
        X : ndarray, shape (n, 2)
            The points.

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        SpecError
            If `X` is no array of numbers of that shape.
        """
        try:
            points = np.asarray(X)
        except ValueError:
            points = np.empty(())
        if points.dtype.kind not in "iuf" or points.ndim != 2 or points.shape[1] != N_FEATURES:
            given = f"shape {np.shape(X)}" if isinstance(X, np.ndarray) else shown(X)
            raise SpecError([Fault("X", "must be numbers of shape (n, 2)", given)])
        points = points.astype(np.float64)
        return expit(logits(self.reported_parameters[np.newaxis], self.architecture, points)[0])

    def state_dict(self) -> "dict[str, torch.Tensor]":
        """The reported weights, for an `nn.Sequential` of Linear, activation, …, Linear."""
        from moonlab.torch_mlp import to_state_dict

        by_numpy = self.architecture.engine == "numpy"
        return to_state_dict(self.weights, "float64" if by_numpy else self.training.torch_dtype)


def mean_probability_over_time(
    runs: Sequence[Run], points: Floats, snapshots: Sequence[int]
) -> Floats:
    """Probability of class 1, averaged over runs: points (n, 2) → (snapshots, n).

    The last frame is that of the reported weights, whichever epoch they come from.
    """
    total = np.zeros((len(snapshots), len(points)))
    for run in runs:
        parameters = run.snapshots[list(snapshots)].astype(float)  # (K, P)
        parameters[-1] = run.reported_parameters
        total += expit(logits(parameters, run.architecture, points))
    return total / len(runs)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The runs of an experiment: for each architecture, in order, one a seed."""

    experiment: Experiment
    runs: tuple[Run, ...]

    def groups(self) -> Iterator[tuple[str, list[Run]]]:
        """Each architecture's distinct name with its runs."""
        size = len(self.experiment.seeds)
        for index, name in enumerate(self.experiment.names):
            yield name, list(self.runs[index * size : (index + 1) * size])

    @property
    def status(self) -> str:
        """Either "stopped", if any run was, or "ok"; a diverged run is a result like others."""
        return "stopped" if any(run.status == "stopped" for run in self.runs) else "ok"

    @property
    def n_bytes(self) -> int:
        """Memory of the runs' arrays."""
        kept = [
            (run.curves, run.last_parameters, run.best_parameters, run.snapshots)
            for run in self.runs
        ]
        return sum(array.nbytes for arrays in kept for array in arrays if array is not None)

    def summary(self) -> pd.DataFrame:
        """One row an architecture: means over its runs, diverged ones included.

        `generalisation_gap` is train accuracy minus test accuracy; `seconds` is the whole stack's.
        """
        runs = self.runs_table()
        size = len(self.experiment.seeds)
        rows = []
        for start in range(0, len(runs), size):
            group = runs.iloc[start : start + size]
            rows.append(
                group.iloc[0][["architecture", "engine", "parameters"]].to_dict()
                | {"n_seeds": size}
                | {name: group[name].mean() for name in _MEANS}
                | {"seconds": group["seconds"].sum()}
                | {"generalisation_gap": group["generalisation_gap"].mean()}
                | {"best_epoch": group["best_epoch"].astype(float).mean()}
                | {
                    f"n_{status}": int((group["status"] == status).sum())
                    for status in ("ok", "diverged", "stopped")
                }
            )
        return pd.DataFrame(rows)

    def runs_table(self) -> pd.DataFrame:
        """One row a run, of the reported epoch, with confusion counts (class 1 is positive)."""
        return pd.DataFrame(
            [_run_row(name, run) for name, runs in self.groups() for run in runs]
        ).astype({"best_epoch": "Int64"})

    def history(self) -> pd.DataFrame:
        """The histories of all runs under one another."""
        frames = []
        for name, runs in self.groups():
            for run in runs:
                frame = run.history
                frame.insert(0, "architecture", name)
                frame.insert(1, "engine", run.architecture.engine)
                frame.insert(2, "seed", run.seed)
                frames.append(frame)
        return pd.concat(frames, ignore_index=True)


_MEANS = (
    "train_accuracy",
    "val_accuracy",
    "test_accuracy",
    "train_loss",
    "val_loss",
    "test_loss",
)


def _run_row(name: str, run: Run) -> dict[str, Any]:
    parts = {"train": run.train_score, "val": run.val_score, "test": run.test_score}
    return (
        {
            "architecture": name,
            "engine": run.architecture.engine,
            "parameters": run.architecture.n_parameters,
            "seed": run.seed,
            "status": run.status,
        }
        | {f"{part}_accuracy": score.accuracy for part, score in parts.items()}
        | {f"{part}_loss": score.loss for part, score in parts.items()}
        | {
            "best_epoch": run.best_epoch,
            "seconds": run.seconds,
            "generalisation_gap": run.train_score.accuracy - run.test_score.accuracy,
        }
        | {
            f"{part}_{count}": getattr(score, count)
            for part, score in parts.items()
            for count in ("correct", "n", "tn", "fp", "fn", "tp")
        }
    )
