"""The same network in training mode, where dropout draws units to leave out, and in evaluation."""

from typing import NamedTuple

import numpy as np

from moonlab.draws import DropoutMasks
from moonlab.functional import ACTIVATIONS
from moonlab.metrics import mean_loss, predictions
from moonlab.numpy_mlp import forward, logits
from moonlab.parameters import Floats, unpack
from moonlab.results import Run
from moonlab.rules import SpecError, check, integer

_PASSES = {"passes": integer(1, 1000)}


class Modes(NamedTuple):
    """Logits of n points in both modes, from the same weights."""

    training: Floats
    """A row for each pass, with masks of its own: shape (passes, n)."""
    evaluation: Floats
    """All units there, whichever pass it is: shape (1, n)."""


class Marks(NamedTuple):
    """How well each pass does: a loss and a number of points classified right, shape (passes,)."""

    loss: Floats
    correct: Floats


def in_both_modes(run: Run, X: Floats, passes: int) -> Modes:
    """Show points to a trained network several times in training mode, and in evaluation mode.

    Parameters
    ----------
    run : Run
        The network, with the dropout that its protocol has.
    X : ndarray, shape (n, 2)
        The points.
    passes : int
        How many times in training mode, from 1 to 1,000. The k-th one draws its masks from seed k.

    Raises
    ------
    SpecError
        If `passes` breaks its rule.
    """
    faults = check(_PASSES, {"passes": passes})
    if faults:
        raise SpecError(faults)
    architecture = run.architecture
    masks = DropoutMasks(architecture, range(passes), run.training.dropout).draw(len(X))
    flat = np.tile(run.reported_parameters, (passes, 1))
    layers = unpack(flat, architecture.widths)
    stack = np.tile(X, (passes, 1, 1))  # (passes, n, 2)
    passed = forward(stack, layers, ACTIVATIONS[architecture.activation], masks)
    return Modes(passed.logits[..., 0], logits(flat[:1], architecture, X))


def marks(logits: Floats, y: Floats, loss: str) -> Marks:
    """Loss and number of right ones of each pass: logits (passes, n), labels (n,)."""
    correct = np.count_nonzero(predictions(logits) == (y == 1), axis=-1)
    return Marks(mean_loss(logits, y, loss), correct)
