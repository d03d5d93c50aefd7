"""What is kept of a stack of runs while it trains: histories, last and best weights."""

import time

import numpy as np
from numpy.typing import NDArray

from moonlab import metrics
from moonlab.dataset import Data
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats
from moonlab.results import Run
from moonlab.spec import Architecture, Training

_CHUNK_NUMBERS = 2**18  # of parameters or of logits, between two evaluations
_SNAPSHOTS = 25
_SNAPSHOT_NUMBERS = 2**23  # in single precision: 32 MB
_CHUNK_SECONDS = 0.2  # about the longest time between two evaluations


def snapshot_epochs(epochs: int, n_numbers: int) -> tuple[int, ...]:
    """After which epochs the weights are kept: at most 25, closer together at the beginning.

    Parameters
    ----------
    epochs : int
        Epochs of the training.
    n_numbers : int
        Numbers in a snapshot; large ones are kept less often, and always before and after.
    """
    count = max(2, min(_SNAPSHOTS, _SNAPSHOT_NUMBERS // n_numbers))
    shares = np.linspace(0, 1, count) ** 2
    return tuple(int(epoch) for epoch in np.unique(np.round(shares * epochs)))


class Record:
    """What is kept of a stack's epochs: histories, last and best finite weights.

    Epochs are evaluated many at a time, as one larger stack of networks.
    """

    def __init__(
        self, architecture: Architecture, training: Training, data: Data, n_seeds: int
    ) -> None:
        self._architecture, self._training, self._data = architecture, training, data
        self._history = np.full((n_seeds, training.epochs + 1, 4), np.nan)
        self._n_rows = np.zeros(n_seeds, dtype=int)
        self._alive = np.ones(n_seeds, dtype=bool)
        self._last = np.empty((n_seeds, architecture.n_parameters))
        self._best = np.empty_like(self._last)
        self._best_loss = np.full(n_seeds, np.inf)
        self._best_epoch = np.zeros(n_seeds, dtype=int)
        self._snapshot_epochs = snapshot_epochs(training.epochs, self._last.size)
        self._snapshots: list[Floats] = []
        self._pending: list[Floats] = []
        self._n_evaluated = 0
        self._evaluated_at = time.perf_counter()

    @property
    def is_due(self) -> bool:
        """Whether enough epochs are waiting to be evaluated."""
        n_seeds, n_parameters = self._last.shape
        numbers = len(self._pending) * n_seeds * max(n_parameters, len(self._data.y_train))
        waited = time.perf_counter() - self._evaluated_at
        return numbers >= _CHUNK_NUMBERS or waited >= _CHUNK_SECONDS

    def add(self, parameters: Floats) -> None:
        """Take the parameters (S, P) after one more epoch."""
        self._pending.append(parameters)

    def evaluate(self) -> None:
        """Turn the waiting parameters into rows of the histories."""
        if not self._pending:
            return
        stack = np.stack(self._pending)  # (E, S, P)
        self._pending = []
        rows = self._rows(stack)  # (E, S, 4)
        losses_seen = rows[..., :2] if len(self._data.y_val) else rows[..., :1]
        finite = np.isfinite(losses_seen).all(axis=-1) & np.isfinite(stack).all(axis=-1)
        for parameters, row, is_finite in zip(stack, rows, finite, strict=True):
            self._take(parameters, row, is_finite)
        self._evaluated_at = time.perf_counter()

    def _rows(self, stack: Floats) -> Floats:
        """Loss and accuracy on both parts after each epoch: (E, S, P) → (E, S, 4)."""
        flat = stack.reshape(-1, stack.shape[-1])
        losses, accuracies = [], []
        for X, y in (
            (self._data.X_train, self._data.y_train),
            (self._data.X_val, self._data.y_val),
        ):
            z = logits(flat, self._architecture, X)
            losses.append(metrics.mean_loss(z, y, self._training.loss))
            accuracies.append(metrics.accuracy(z, y))
        return np.stack(losses + accuracies, axis=-1).reshape(*stack.shape[:2], 4)

    def _take(self, parameters: Floats, row: Floats, is_finite: NDArray[np.bool_]) -> None:
        """One epoch of all runs: parameters (S, P), row (S, 4); the diverged ones stand still."""
        self._alive &= is_finite
        first = self._n_evaluated == 0
        kept = self._alive | first  # a run that is not finite from the start keeps that start
        self._last[kept] = parameters[kept]
        if first:
            self._best[:] = parameters
        self._history[self._alive, self._n_evaluated] = row[self._alive]
        self._n_rows[self._alive] += 1
        better = self._alive & (row[:, 1] < self._best_loss)
        self._best[better] = parameters[better]
        self._best_loss[better] = row[better, 1]
        self._best_epoch[better] = self._n_evaluated
        if self._n_evaluated in self._snapshot_epochs:
            self._snapshots.append(self._last.astype(np.float32))
        self._n_evaluated += 1

    def runs(self, seeds: tuple[int, ...], stopped: bool) -> list[Run]:
        """The runs, with the reported weights scored on every part."""
        validates = (self._n_rows > 0) & (len(self._data.y_val) > 0)
        best = self._training.report == "best_validation"
        parts = [
            metrics.scores(
                logits(self._best if best else self._last, self._architecture, X),
                y,
                self._training.loss,
            )
            for X, y in (
                (self._data.X_train, self._data.y_train),
                (self._data.X_val, self._data.y_val),
                (self._data.X_test, self._data.y_test),
            )
        ]
        alive_status = "stopped" if stopped else "ok"
        snapshots = np.stack(self._snapshots, axis=1)  # (S, K, P)
        epochs = self._snapshot_epochs[: snapshots.shape[1]]
        return [
            Run(
                architecture=self._architecture,
                training=self._training,
                seed=seed,
                status=alive_status if self._alive[index] else "diverged",
                curves=self._history[index, : self._n_rows[index]].copy(),
                last_parameters=self._last[index].copy(),
                best_parameters=self._best[index].copy() if validates[index] else None,
                snapshot_epochs=epochs,
                snapshots=snapshots[index],
                best_epoch=int(self._best_epoch[index]) if validates[index] else None,
                train_score=parts[0][index],
                val_score=parts[1][index],
                test_score=parts[2][index],
            )
            for index, seed in enumerate(seeds)
        ]
