"""One training step under the glass: every value and gradient, and finite differences beside them.

The values are those of `numpy_mlp.forward` and `backward`, the same that train.
"""
# ruff: noqa: N815 - dZ2 is the field's name

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from moonlab.functional import ACTIVATIONS, LOSSES, Activation, sigmoid
from moonlab.metrics import mean_loss
from moonlab.numpy_mlp import Forward, backward, forward, logits
from moonlab.parameters import Floats, pack, unpack
from moonlab.rules import Fault, SpecError
from moonlab.spec import N_FEATURES, Architecture


class Step(NamedTuple):
    """All that one forward and one backward pass compute, for n points and h hidden units.

    A name with a d is the gradient of the mean loss at what the name without it stands for.
    """

    Z1: Floats
    """What enters the hidden units, shape (n, h)."""
    H: Floats
    """What leaves them, shape (n, h)."""
    Z2: Floats
    """The logit, shape (n, 1)."""
    p: Floats
    """Probability of class 1, shape (n, 1)."""
    loss: Floats
    """The loss of each point, shape (n, 1)."""
    dZ2: Floats
    dW2: Floats
    db2: Floats
    dH: Floats
    dZ1: Floats
    dW1: Floats
    db1: Floats

    @property
    def gradient(self) -> Floats:
        """All gradients at parameters in their flat order, shape (P,)."""
        return pack([(self.dW1, self.db1), (self.dW2, self.db2)])


def step_values(
    parameters: Floats, architecture: Architecture, X: Floats, y: Floats, loss: str = "bce"
) -> Step:
    """Every value of one training step of a network with one hidden layer.

    Parameters
    ----------
    parameters : ndarray, shape (P,)
        Flat parameters, as `Run.last_parameters` has them.
    architecture : Architecture
        With one hidden layer.
    X : ndarray, shape (n, 2)
        The points of the batch; one point is a batch too.
    y : ndarray, shape (n,)
        Their labels.
    loss : {"bce", "mse"}
        The loss.

    Raises
    ------
    SpecError
        If there are more or fewer hidden layers, or a shape is wrong.
    """
    _check(parameters, architecture, X, y)
    if len(architecture.hidden) != 1:
        rule = "must have one hidden layer"
        raise SpecError([Fault("architecture", rule, architecture.label)])
    n, activation = len(X), ACTIVATIONS[architecture.activation]
    layers = unpack(parameters[np.newaxis], architecture.widths)
    passed = forward(X[np.newaxis], layers, activation)
    Z1 = forward(X[np.newaxis], layers[:1], activation).logits
    labels = y.astype(float).reshape(1, n, 1)
    d_logits = LOSSES[loss].gradient(passed.logits, labels) / n
    (dW1, db1), (dW2, db2) = _gradients(parameters[np.newaxis], architecture, passed, d_logits)
    return Step(
        Z1=Z1[0],
        H=passed.hidden[0][0],
        Z2=passed.logits[0],
        p=sigmoid(passed.logits[0].copy()),
        loss=LOSSES[loss].value(passed.logits, labels)[0],
        dZ2=d_logits[0],
        dW2=dW2[0],
        db2=db2[0],
        dH=_at_hidden(parameters, architecture, X, d_logits, past_activation=False),
        dZ1=_at_hidden(parameters, architecture, X, d_logits, past_activation=True),
        dW1=dW1[0],
        db1=db1[0],
    )


def _gradients(
    flat: Floats,
    architecture: Architecture,
    passed: Forward,
    d_logits: Floats,
    activation: Activation | None = None,
) -> list[tuple[Floats, Floats]]:
    """Gradients at the weights and biases of a stack of networks with parameters (S, P)."""
    gradients = unpack(np.empty(flat.shape), architecture.widths)
    activation = activation or ACTIVATIONS[architecture.activation]
    backward(passed, d_logits, unpack(flat, architecture.widths), activation, gradients)
    return gradients


def _at_hidden(
    parameters: Floats,
    architecture: Architecture,
    X: Floats,
    d_logits: Floats,
    *,
    past_activation: bool,
) -> Floats:
    """Gradient (n, h) at the hidden units, before or after the activation's derivative.

    A bias enters its unit as it is, so that what comes back to it from one point alone is the
    gradient at the unit: n networks of one point each, in one stack.
    """
    activation = ACTIVATIONS[architecture.activation]
    if not past_activation:
        activation = Activation(activation.function, np.ones_like)
    flat = np.tile(parameters, (len(X), 1))
    passed = forward(X[:, np.newaxis], unpack(flat, architecture.widths), activation)
    each = d_logits.reshape(-1, 1, 1)
    return _gradients(flat, architecture, passed, each, activation)[0][1]


class Nudges(NamedTuple):
    """The mean loss with each parameter in turn a little smaller, and a little larger."""

    size: float
    below: Floats
    """Shape (P,)."""
    above: Floats
    """Shape (P,)."""

    @property
    def slopes(self) -> Floats:
        """Central differences, shape (P,): what the gradient should be."""
        return (self.above - self.below) / (2 * self.size)


def nudge(
    parameters: Floats,
    architecture: Architecture,
    X: Floats,
    y: Floats,
    loss: str = "bce",
    size: float = 1e-6,
) -> Nudges:
    """Move every parameter a little down and up, one at a time, and look at the loss.

    This knows nothing of derivatives: it is a check on those who do.

    Parameters
    ----------
    parameters, architecture, X, y, loss
        As in `step_values`, with any number of hidden layers.
    size : float
        How far; too far and the loss bends, too near and rounding shows.

    Raises
    ------
    SpecError
        If a shape is wrong.
    """
    _check(parameters, architecture, X, y)
    moves = size * np.eye(len(parameters))
    networks = np.concatenate([parameters - moves, parameters + moves])  # (2P, P)
    below, above = np.split(mean_loss(logits(networks, architecture, X), y, loss), 2)
    return Nudges(size, below, above)


def parameter_names(architecture: Architecture) -> tuple[str, ...]:
    """A name for each flat parameter, such as "W1[0, 3]" (from input 0 to unit 3) or "b1[3]"."""
    names: list[str] = []
    for layer, (n_in, n_out) in enumerate(pairwise(architecture.widths), start=1):
        names += [f"W{layer}[{i}, {j}]" for i in range(n_in) for j in range(n_out)]
        names += [f"b{layer}[{j}]" for j in range(n_out)]
    return tuple(names)


def _check(parameters: Floats, architecture: Architecture, X: Floats, y: Floats) -> None:
    """Refuse shapes that do not go together."""
    wanted = {
        "parameters": (parameters, (architecture.n_parameters,)),
        "X": (X, (max(len(X), 1), N_FEATURES)),
        "y": (y, (len(X),)),
    }
    faults = [
        Fault(name, f"must be an array of shape {shape}", f"shape {np.shape(array)}")
        for name, (array, shape) in wanted.items()
        if np.shape(array) != shape
    ]
    if faults:
        raise SpecError(faults)
