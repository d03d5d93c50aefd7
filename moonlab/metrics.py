"""How well logits fit labels: loss, accuracy, confusion counts, for a stack of networks at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moonlab.functional import LOSSES
from moonlab.parameters import Floats

_BLOCK = 2**15  # logits at a time in `mean_loss`: larger intermediate arrays cost page faults


class Score(NamedTuple):
    """One network on one part of the data; class 1 is the positive one."""

    loss: float
    """Mean of the loss that was trained; nan on no points."""
    tn: int
    fp: int
    fn: int
    tp: int
    log_loss: float
    """Mean cross-entropy in nats, whichever loss was trained; nan on no points."""

    @property
    def correct(self) -> int:
        """Points classified right."""
        return self.tn + self.tp

    @property
    def n(self) -> int:
        """Points in all."""
        return self.tn + self.fp + self.fn + self.tp

    @property
    def accuracy(self) -> float:
        """Share of points classified right; nan on no points."""
        return self.correct / self.n if self.n else np.nan


def predictions(logits: Floats) -> NDArray[np.bool_]:
    """Class 1 where the logit is positive, that is where the probability is above 1/2."""
    return logits > 0


def mean_loss(logits: Floats, y: NDArray[np.int64], loss: str) -> Floats:
    """Mean loss of each network: logits (S, n), labels (n,) → (S,); nan on no points."""
    if logits.shape[-1] == 0:
        return np.full(logits.shape[:-1], np.nan)
    rows = logits.reshape(-1, logits.shape[-1])
    labels = np.broadcast_to(y, logits.shape).reshape(rows.shape)
    size = max(1, _BLOCK // rows.shape[1])
    means = [
        LOSSES[loss].value(rows[first : first + size], labels[first : first + size]).mean(axis=-1)
        for first in range(0, len(rows), size)
    ]
    return np.concatenate(means).reshape(logits.shape[:-1])


def accuracy(logits: Floats, y: NDArray[np.int64]) -> Floats:
    """Correct / n of each network: logits (S, n), labels (n,) → (S,); nan on no points."""
    if logits.shape[-1] == 0:
        return np.full(logits.shape[:-1], np.nan)
    return np.count_nonzero(predictions(logits) == (y == 1), axis=-1) / logits.shape[-1]


def scores(logits: Floats, y: NDArray[np.int64], loss: str) -> list[Score]:
    """Losses and confusion counts of each network: logits (S, n), labels (n,)."""
    said, true = predictions(logits), y == 1
    pairs = [(~said, ~true), (said, ~true), (~said, true), (said, true)]
    counts = np.stack([np.count_nonzero(a & b, axis=-1) for a, b in pairs], axis=-1)
    losses = mean_loss(logits, y, loss)
    log_losses = losses if loss == "bce" else mean_loss(logits, y, "bce")
    return [
        Score(float(value), tn, fp, fn, tp, float(surprise))
        for value, (tn, fp, fn, tp), surprise in zip(
            losses, counts.tolist(), log_losses, strict=True
        )
    ]
