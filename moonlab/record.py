"""What is kept of a stack of runs while it trains: histories, last and best weights."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moonlab import metrics
from moonlab.dataset import Data
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats
from moonlab.results import Run, Scores
from moonlab.spec import Architecture, Training

_CHUNK_NUMBERS = 2**18  # of parameters or of logits, between two evaluations
_SNAPSHOTS = 25
_TEST_IN_HASTE = 2000  # test points of stopped runs
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


def _with_fewer_tests(data: Data) -> Data:
    """The same with the first of the test points: a stop must not wait for 20,000."""
    return replace(data, X_test=data.X_test[:_TEST_IN_HASTE], y_test=data.y_test[:_TEST_IN_HASTE])


class Record:
    """What is kept of a stack's epochs: histories, last and best finite weights.

    Epochs are evaluated many at a time, as one larger stack of networks.

    Parameters
    ----------
    architecture, training
        Of the stack.
    data : sequence of Data
        One for every run, or a single one for all.
    n_seeds : int
        Number of runs in the stack.
    """

    def __init__(
        self, architecture: Architecture, training: Training, data: Sequence[Data], n_seeds: int
    ) -> None:
        self._architecture, self._training, self._data = architecture, training, data
        self._validates = len(data[0].y_val) > 0
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
        numbers = len(self._pending) * n_seeds * max(n_parameters, len(self._data[0].y_train))
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
        losses_seen = rows[..., :2] if self._validates else rows[..., :1]
        finite = np.isfinite(losses_seen).all(axis=-1) & np.isfinite(stack).all(axis=-1)
        for parameters, row, is_finite in zip(stack, rows, finite, strict=True):
            self._take(parameters, row, is_finite)
        self._evaluated_at = time.perf_counter()

    def _rows(self, stack: Floats) -> Floats:
        """Loss and accuracy on both parts after each epoch: (E, S, P) → (E, S, 4)."""
        losses, accuracies = [], []
        for part in ("train", "val"):
            z, y = self._logits(stack, part)
            losses.append(metrics.mean_loss(z, y, self._training.loss))
            accuracies.append(metrics.accuracy(z, y))
        return np.stack(losses + accuracies, axis=-1)

    def _logits(self, stack: Floats, part: str) -> tuple[Floats, NDArray[np.int64]]:
        """Logits (E, S, n) of networks (E, S, P) on a part of their data; labels (n,) or (S, n)."""
        points = [(getattr(one, f"X_{part}"), getattr(one, f"y_{part}")) for one in self._data]
        n_epochs, n_seeds, n_parameters = stack.shape
        if len(points) == 1:
            X, y = points[0]
            flat = stack.reshape(-1, n_parameters)
            return logits(flat, self._architecture, X).reshape(n_epochs, n_seeds, -1), y
        each = [logits(stack[:, s], self._architecture, X) for s, (X, _) in enumerate(points)]
        return np.stack(each, axis=1), np.stack([y for _, y in points])

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
        """The runs, scored on every part: stopped ones in haste, only where the report looks."""
        validates = (self._n_rows > 0) & self._validates
        in_haste = stopped and self._alive.all()  # a diverged run is kept, for either report
        if in_haste:
            self._data = [_with_fewer_tests(one) for one in self._data]
        last = self._scores(self._last)
        wants_best = not in_haste or self._training.report == "best_validation"
        best = self._scores(self._best) if validates.any() and wants_best else last
        alive_status = "stopped" if stopped else "ok"
        snapshots = np.stack(self._snapshots, axis=1)  # (S, K, P)
        epochs = self._snapshot_epochs[: snapshots.shape[1]]
        return [
            Run(
                architecture=self._architecture,
                training=self._training,
                data=self._data[index % len(self._data)].spec,
                seed=seed,
                status=alive_status if self._alive[index] else "diverged",
                curves=self._history[index, : self._n_rows[index]].copy(),
                last_parameters=self._last[index].copy(),
                best_parameters=self._best[index].copy() if validates[index] else None,
                snapshot_epochs=epochs,
                snapshots=snapshots[index],
                best_epoch=int(self._best_epoch[index]) if validates[index] else None,
                last_scores=last[index],
                best_scores=best[index] if validates[index] and wants_best else None,
            )
            for index, seed in enumerate(seeds)
        ]

    def _scores(self, parameters: Floats) -> list[Scores]:
        """The scores of every run with parameters (S, P), on all parts."""
        parts = []
        for part in ("train", "val", "test"):
            z, y = self._logits(parameters[np.newaxis], part)
            parts.append(metrics.scores(z[0], y, self._training.loss))
        return [Scores(*each) for each in zip(*parts, strict=True)]
