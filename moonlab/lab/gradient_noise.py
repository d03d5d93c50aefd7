"""How far a batch's gradient strays from that of all points, measured and by theory."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from moonlab.functional import ACTIVATIONS, LOSSES
from moonlab.numpy_mlp import backward, forward
from moonlab.parameters import Floats, unpack
from moonlab.rules import Fault, SpecError, check, choice, integer, shown
from moonlab.spec import Architecture
from moonlab.stats import refuse

_BLOCK = 2**18  # numbers of the widest layer's outputs at a time
_RULES = {"loss": choice("bce", "mse"), "n_draws": integer(1, 100_000)}


class GradientNoise(NamedTuple):
    """Root mean square distance of a batch's gradient from the full one, in lengths of that.

    Attributes
    ----------
    batch_sizes : ndarray, shape (sizes,)
        Points in a batch.
    measured : ndarray, shape (sizes,)
        Over the batches drawn.
    expected : ndarray, shape (sizes,)
        By theory, for batches drawn without replacement: 0 for all points.
    with_replacement : ndarray, shape (sizes,)
        By theory, for points drawn one by one and put back: ∝ 1/√B throughout.
    gradient_length : float
        Euclidean norm of the full gradient.
    """

    batch_sizes: Floats
    measured: Floats
    expected: Floats
    with_replacement: Floats
    gradient_length: float


def batch_gradients(
    parameters: Floats, architecture: Architecture, X: Floats, y: Floats, loss: str = "bce"
) -> Floats:
    """Gradients of the mean loss of many batches, at the same weights.

    Parameters
    ----------
    parameters : ndarray, shape (P,)
        Flat, as `parameters.pack` makes them.
    architecture : Architecture
        Whose parameters they are.
    X, y : ndarray, shapes (batches, n, 2) and (batches, n)
        The points and labels of each batch.
    loss : {"bce", "mse"}
        Per point.

    Returns
    -------
    ndarray, shape (batches, P)
    """
    activation = ACTIVATIONS[architecture.activation]
    layers = unpack(np.asarray(parameters, dtype=np.float64)[np.newaxis], architecture.widths)
    result = np.empty((len(X), architecture.n_parameters))
    size = max(1, _BLOCK // (X.shape[1] * max(architecture.widths)))
    for first in range(0, len(X), size):
        block = slice(first, first + size)
        passed = forward(X[block], layers, activation)
        d_logits = LOSSES[loss].gradient(passed.logits, y[block][..., np.newaxis])
        gradients = unpack(result[block], architecture.widths)
        backward(passed, d_logits / X.shape[1], layers, activation, gradients)
    return result


def gradient_noise(
    parameters: Floats,
    architecture: Architecture,
    X: Floats,
    y: Floats,
    batch_sizes: Sequence[int],
    random: np.random.Generator,
    *,
    loss: str = "bce",
    n_draws: int = 200,
) -> GradientNoise:
    """Measure how a batch's gradient scatters around that of all points, at given weights.

    Parameters
    ----------
    parameters, architecture
        The network.
    X, y : ndarray, shapes (n, 2) and (n,)
        All training points and their labels.
    batch_sizes : sequence of int
        From 1 to n; each batch is drawn without replacement, as in training.
    random : numpy.random.Generator
        Draws the batches.
    loss : {"bce", "mse"}
        Whose gradient.
    n_draws : int
        Batches of each size.

    Returns
    -------
    GradientNoise

    Raises
    ------
    SpecError
        If an argument breaks a rule.

    Notes
    -----
    A mean of B out of n values has the variance s²/B · (1 − B/n) without replacement, s² the
    variance with the divisor n − 1, and s²/B · (n − 1)/n with replacement (Cochran, *Sampling
    Techniques*, theorem 2.2); here summed over the gradient's coordinates.
    """
    _check(parameters, architecture, X, y, batch_sizes, loss, n_draws)
    full = batch_gradients(parameters, architecture, X[np.newaxis], y[np.newaxis], loss)[0]
    each = batch_gradients(parameters, architecture, X[:, np.newaxis], y[:, np.newaxis], loss)
    n, sizes, length = len(y), np.array(batch_sizes), float(np.linalg.norm(full))
    variance = ((each - full) ** 2).sum() / (n - 1)
    measured = []
    for size in batch_sizes:
        order = random.permuted(np.tile(np.arange(n), (n_draws, 1)), axis=1)[:, :size]
        found = batch_gradients(parameters, architecture, X[order], y[order], loss)
        measured.append(np.sqrt(((found - full) ** 2).sum(axis=1).mean()))
    return GradientNoise(
        sizes,
        np.array(measured) / length,
        np.sqrt(variance / sizes * (1 - sizes / n)) / length,
        np.sqrt(variance / sizes * (n - 1) / n) / length,
        length,
    )


def points_for_half(batch_size: int, n: int) -> int:
    """Fewest points, drawn without replacement, whose gradient is at most half as noisy.

    Parameters
    ----------
    batch_size : int
        Points in the batch to be bettered, from 1 to `n`.
    n : int
        All points, from 1.

    Returns
    -------
    int
        4B / (1 + 3B/n), rounded up: less than 4B, for 1/B − 1/n is to be a quarter of what it was.

    Raises
    ------
    SpecError
        If a number is no integer in these bounds.
    """
    refuse(check({"n": integer(1, 10**9)}, {"n": n}))
    refuse(check({"batch_size": integer(1, n)}, {"batch_size": batch_size}))
    return -(-4 * batch_size * n // (n + 3 * batch_size))


def _check(
    parameters: Floats,
    architecture: Architecture,
    X: Floats,
    y: Floats,
    batch_sizes: Sequence[int],
    loss: str,
    n_draws: int,
) -> None:
    faults = check(_RULES, {"loss": loss, "n_draws": n_draws})
    if np.shape(parameters) != (architecture.n_parameters,):
        rule = f"must be of shape ({architecture.n_parameters},)"
        faults.append(Fault("parameters", rule, f"shape {np.shape(parameters)}"))
    n = np.shape(X)[0] if np.ndim(X) == 2 else 0
    if n < 2 or np.shape(y) != (n,):
        given = f"shapes {np.shape(X)} and {np.shape(y)}"
        faults.append(Fault("X, y", "must be of shapes (n, 2) and (n,), n at least 2", given))
    size = integer(1, max(n, 1))
    faults += [size.fault("batch_sizes", shown(b)) for b in batch_sizes if not size.accepts(b)]
    if faults:
        raise SpecError(faults)
