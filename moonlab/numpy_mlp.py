"""The network by hand in NumPy: forward, backward, optimizers, with the seeds on the leading axis.

Shapes: S seeds (or any stack of networks), n points, h units of a hidden layer. Every product is
a stack of matrix products, so that one step serves all seeds.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from moonlab.functional import ACTIVATIONS, LOSSES, Activation
from moonlab.parameters import Floats, Layers, pack, unpack
from moonlab.spec import Architecture, Training

MOMENTUM = 0.9
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
_BLOCK = 2**17  # numbers of a layer's outputs at a time in `logits`: a megabyte, to stay in cache


class Forward(NamedTuple):
    """What a forward pass computes, kept for the backward pass."""

    inputs: list[Floats]
    """Per layer what enters it: X (S, n, 2), then the hidden outputs (S, n, h) after dropout."""
    hidden: list[Floats]
    """Per hidden layer its output (S, n, h) before dropout."""
    logits: Floats
    """The output before the sigmoid, shape (S, n, 1)."""


def forward(
    X: Floats, layers: Layers, activation: Activation, masks: Sequence[Floats] = ()
) -> Forward:
    """Forward pass of a stack of networks.

    Parameters
    ----------
    X : ndarray, shape (S, n, 2) or (n, 2)
        Points of each network, or the same points for all.
    layers : list of (ndarray (S, in, out), ndarray (S, out))
        Weights and biases of every layer.
    activation : Activation
        Of the hidden layers.
    masks : sequence of ndarray (S, n, h)
        Dropout masks of the hidden layers; none outside training.

    Returns
    -------
    Forward
    """
    inputs, hidden = [X], []
    for index, (W, b) in enumerate(layers[:-1]):
        Z = inputs[-1] @ W  # (S, n, in) @ (S, in, h)
        Z += b[:, np.newaxis]
        H = activation.function(Z)
        hidden.append(H)
        inputs.append(H * masks[index] if masks else H)
    W, b = layers[-1]
    logits = inputs[-1] @ W  # (S, n, h) @ (S, h, 1)
    logits += b[:, np.newaxis]
    return Forward(inputs, hidden, logits)


def backward(
    passed: Forward,
    d_logits: Floats,
    layers: Layers,
    activation: Activation,
    gradients: Layers,
    masks: Sequence[Floats] = (),
) -> None:
    """Backward pass: the chain rule from the logits to every weight and bias.

    Parameters
    ----------
    passed : Forward
        The forward pass.
    d_logits : ndarray, shape (S, n, 1)
        Gradient of the loss at the logits.
    layers, activation, masks
        As they were in the forward pass.
    gradients : list of (ndarray (S, in, out), ndarray (S, out))
        Where the gradients are written.
    """
    dZ = d_logits
    ones = np.ones((1, dZ.shape[1]))
    for index in reversed(range(len(layers))):
        dW, db = gradients[index]
        np.matmul(passed.inputs[index].swapaxes(1, 2), dZ, out=dW)  # (S, in, n) @ (S, n, out)
        np.matmul(ones, dZ, out=db[:, np.newaxis])  # the sum over points, as a product: quicker
        if index == 0:
            break
        W = layers[index][0].swapaxes(1, 2)  # (S, out, in)
        dZ = dZ * W if dZ.shape[-1] == 1 else dZ @ W  # from one logit the product is an outer one
        if masks:
            dZ *= masks[index - 1]
        dZ *= activation.derivative(passed.hidden[index - 1])


def logits(flat: Floats, architecture: Architecture, X: Floats) -> Floats:
    """Logits of a stack of networks in evaluation mode, block by block.

    How a network's points fall into blocks depends on the architecture and on n alone, so that
    its logits are the same bits in any stack.

    Parameters
    ----------
    flat : ndarray, shape (S, P)
        Parameters of each network.
    architecture : Architecture
        Their common architecture.
    X : ndarray, shape (n, 2)
        The points.

    Returns
    -------
    ndarray, shape (S, n)
    """
    widest = max(architecture.widths)
    n_points = max(1, min(len(X), _BLOCK // widest))
    n_networks = max(1, _BLOCK // 2 // (n_points * widest))  # of several networks half as many
    activation = ACTIVATIONS[architecture.activation]
    result = np.empty((len(flat), len(X)))
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged network has infinite logits
        for first in range(0, len(flat), n_networks):
            layers = unpack(flat[first : first + n_networks], architecture.widths)
            rows = result[first : first + n_networks]
            for start in range(0, len(X), n_points):
                block = X[start : start + n_points]
                passed = forward(block, layers, activation)
                rows[:, start : start + n_points] = passed.logits[..., 0]
    return result


Update = Callable[[Floats, Floats], None]


def gradient_descent(learning_rate: float) -> Update:
    """Plain gradient descent: θ ← θ − η g."""

    def update(theta: Floats, gradient: Floats) -> None:
        theta -= learning_rate * gradient

    return update


def momentum(learning_rate: float, shape: tuple[int, ...]) -> Update:
    """Gradient descent with momentum as PyTorch writes it: v ← 0.9 v + g, θ ← θ − η v."""
    velocity = np.zeros(shape)

    def update(theta: Floats, gradient: Floats) -> None:
        np.multiply(velocity, MOMENTUM, out=velocity)
        np.add(velocity, gradient, out=velocity)
        theta -= learning_rate * velocity

    return update


def adam(learning_rate: float, shape: tuple[int, ...]) -> Update:
    """Adam: Kingma and Ba (2015), algorithm 1, in the order of their section 2.

    The running sums leave out the factors 1 − β, which the step size takes up: three passes over
    the parameters fewer.
    """
    m, v, scratch = np.zeros(shape), np.zeros(shape), np.empty(shape)
    power1 = power2 = 1.0

    def update(theta: Floats, gradient: Floats) -> None:
        nonlocal power1, power2
        power1, power2 = power1 * BETA1, power2 * BETA2
        np.multiply(m, BETA1, out=m)
        np.add(m, gradient, out=m)
        np.multiply(gradient, gradient, out=scratch)
        np.multiply(v, BETA2, out=v)
        np.add(v, scratch, out=v)
        scale = ((1 - power2) / (1 - BETA2)) ** 0.5
        np.sqrt(v, out=scratch)
        np.add(scratch, EPSILON * scale, out=scratch)
        np.divide(m, scratch, out=scratch)
        np.multiply(scratch, learning_rate * scale * (1 - BETA1) / (1 - power1), out=scratch)
        np.subtract(theta, scratch, out=theta)

    return update


class NumpyEngine:
    """The networks of all seeds of an architecture in float64, one update at a time."""

    def __init__(
        self, architecture: Architecture, training: Training, initial_weights: Sequence[Layers]
    ) -> None:
        self._activation = ACTIVATIONS[architecture.activation]
        self._loss_gradient = LOSSES[training.loss].gradient
        self._l2 = training.l2
        self._theta = np.stack([pack(layers) for layers in initial_weights])  # (S, P)
        self._gradient = np.empty_like(self._theta)
        self._layers = unpack(self._theta, architecture.widths)
        self._gradients = unpack(self._gradient, architecture.widths)
        self._update = _optimizer(training, self._theta.shape)

    def prepare(self, array: Floats) -> Floats:
        """The array as the engine takes it."""
        return array

    def step(self, X: Floats, y: Floats, masks: Sequence[Floats]) -> None:
        """One update of every network on its own batch: X (S, n, 2), y (S, n, 1)."""
        passed = forward(X, self._layers, self._activation, masks)
        d_logits = self._loss_gradient(passed.logits, y)
        d_logits /= X.shape[1]
        backward(passed, d_logits, self._layers, self._activation, self._gradients, masks)
        if self._l2:
            for (W, _), (dW, _) in zip(self._layers, self._gradients, strict=True):
                dW += self._l2 * W
        self._update(self._theta, self._gradient)

    def parameters(self) -> Floats:
        """A copy of the flat parameters of every network, shape (S, P)."""
        return self._theta.copy()


def _optimizer(training: Training, shape: tuple[int, ...]) -> Update:
    if training.optimizer == "gd":
        return gradient_descent(training.learning_rate)
    if training.optimizer == "momentum":
        return momentum(training.learning_rate, shape)
    return adam(training.learning_rate, shape)
