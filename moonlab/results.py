"""What comes out: one `Run` a seed, and the `Comparison` of all, as arrays and frames."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from moonlab.functional import expit
from moonlab.metrics import Score
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats, Layers, unpack
from moonlab.rules import Fault, SpecError, shown
from moonlab.run_keys import RunKey, run_keys
from moonlab.spec import N_FEATURES, Architecture, DataSpec, Experiment, Training

if TYPE_CHECKING:
    import pandas as pd
    import torch

CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")


class Scores(NamedTuple):
    """How well one network does on each part of its data."""

    train: Score
    val: Score
    test: Score


@dataclass(frozen=True, eq=False)
class Run:
    """One network trained from one seed.

    Attributes
    ----------
    architecture : Architecture
        The network.
    training : Training
        The protocol it was trained by, with the architecture's own departures.
    data : DataSpec
        The data it met.
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
    last_scores, best_scores : Scores
        Of the last weights and of those at `best_epoch`, the latter None without validation points.
    best_possible : float or None
        Accuracy of the best possible classifier on the same test points, where `compare` knows it.
    seconds : float
        Wall-clock of the architecture's training, divided by its seeds.
    """

    architecture: Architecture
    training: Training
    data: DataSpec
    seed: int
    status: str
    curves: Floats
    last_parameters: Floats
    best_parameters: Floats | None
    snapshot_epochs: tuple[int, ...]
    snapshots: Floats
    best_epoch: int | None
    last_scores: Scores
    best_scores: Scores | None
    best_possible: float | None = None
    seconds: float = 0.0

    @property
    def history(self) -> "pd.DataFrame":
        """A row an epoch, from 0: epoch, train_loss, val_loss, train_accuracy, val_accuracy."""
        import pandas as pd  # the worker does without, and is ready a quarter of a second sooner

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
    def scores(self) -> Scores:
        """Scores of the epoch that `training.report` names."""
        if self.training.report == "best_validation" and self.best_scores is not None:
            return self.best_scores
        return self.last_scores

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

    @property
    def n_bytes(self) -> int:
        """Memory of its arrays."""
        kept = (self.curves, self.last_parameters, self.best_parameters, self.snapshots)
        return sum(array.nbytes for array in kept if array is not None)

    def state_dict(self) -> "dict[str, torch.Tensor]":
        """The reported weights, for an `nn.Sequential` of Linear, activation, …, Linear."""
        from moonlab.torch_mlp import to_state_dict

        by_numpy = self.architecture.engine == "numpy"
        return to_state_dict(self.weights, "float64" if by_numpy else self.training.torch_dtype)


class Group(NamedTuple):
    """What one row of a table, one line, one picture speaks of."""

    name: str
    runs: tuple[Run, ...]

    @property
    def pairs_with(self) -> tuple[tuple[DataSpec, int], ...]:
        """The data and seed of each run: groups with the same can be compared seed by seed."""
        return tuple((run.data, run.seed) for run in self.runs)


@dataclass(frozen=True, eq=False)
class Comparison:
    """The runs of an experiment: for each architecture, in order, one a seed.

    Attributes
    ----------
    experiment : Experiment
        What was compared.
    runs : tuple of Run
        Architecture by architecture, seed by seed.
    pinned : tuple of Group
        Earlier results to be shown beside them.
    names : tuple of str
        One for each architecture, in place of the experiment's; none keeps those.
    """

    experiment: Experiment
    runs: tuple[Run, ...]
    pinned: tuple[Group, ...] = ()
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, experiment: Experiment, runs: Mapping[RunKey, Run]) -> Self:
        """The comparison of an experiment, from runs that may have been trained for another.

        An architecture that lacks a run is left out, and in a sequential replay all after it: their
        draws go on where its own end.
        """
        there, found = [], []
        for architecture, keys in zip(experiment.architectures, run_keys(experiment), strict=True):
            if all(key in runs for key in keys):
                there.append(architecture)
                training = architecture.training(experiment.training)
                found += [
                    replace(runs[key], architecture=architecture, training=training) for key in keys
                ]
            elif experiment.seeding == "sequential":
                break
        return cls(replace(experiment, architectures=tuple(there)), tuple(found))

    def groups(self) -> list[Group]:
        """Each architecture's distinct name with its runs, then the pinned ones."""
        size = len(self.experiment.seeds)
        names = self.names or self.experiment.names
        own = [
            Group(name, self.runs[index * size : (index + 1) * size])
            for index, name in enumerate(names)
        ]
        return own + list(self.pinned)

    @property
    def status(self) -> str:
        """Either "stopped", if any run was, or "ok"; a diverged run is a result like others."""
        return "stopped" if any(run.status == "stopped" for run in self.runs) else "ok"

    def summary(self, margin_points: float | None = None) -> "pd.DataFrame":
        """One row an architecture, by the experiment's margin or another: see `tables.summary`."""
        from moonlab import tables

        return tables.summary(self, self._margin(margin_points))

    def runs_table(self) -> "pd.DataFrame":
        """One row a run: see `tables.runs_table`."""
        from moonlab import tables

        return tables.runs_table(self)

    def pairs_table(self, margin_points: float | None = None) -> "pd.DataFrame":
        """One row a pair, by the experiment's margin or another: see `tables.pairs_table`."""
        from moonlab import tables

        return tables.pairs_table(self, self._margin(margin_points))

    def _margin(self, given: float | None) -> float:
        return self.experiment.margin_points if given is None else given

    def history(self) -> "pd.DataFrame":
        """The histories of all runs under one another: see `tables.history`."""
        from moonlab import tables

        return tables.history(self)
