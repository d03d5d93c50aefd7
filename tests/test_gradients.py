import decimal
import itertools

import numpy as np
import pytest
import scipy
import torch
from helpers import random_layers, relative_error
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.functional import ACTIVATIONS, LOSSES, expit
from moonlab.numpy_mlp import NumpyEngine, backward, forward, logits
from moonlab.parameters import pack, unpack
from moonlab.torch_mlp import TorchEngine

TORCH_ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
N_SEEDS, N_POINTS = 3, 7
HIDDEN = [(), (5,), (5, 4), (4, 3, 5)]
EVERY_CASE = [
    pytest.param(*case, id="-".join(map(str, case)))
    for case in itertools.product(["relu", "tanh", "sigmoid"], ["bce", "mse"], HIDDEN, [0, 0.4])
]


def torch_loss(layers, activation, loss, X, y, masks=()):
    """Mean loss of one network, written with torch's own functions, and no sharing of code."""
    H = torch.as_tensor(X)
    for index, (W, b) in enumerate(layers):
        H = H @ W + b
        if index < len(layers) - 1:
            H = TORCH_ACTIVATIONS[activation](H)
            H = H * torch.as_tensor(masks[index]) if masks else H
    z, y = H[:, 0], torch.as_tensor(y)
    if loss == "bce":
        return torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    return torch.mean((torch.sigmoid(z) - y) ** 2)


def autograd(layers, activation, loss, X, y, masks=(), l2=0.0):
    """Flat gradient of loss + λ/2·Σ‖W‖² of one network by autograd in float64."""
    tensors = [tuple(torch.tensor(part, requires_grad=True) for part in layer) for layer in layers]
    value = torch_loss(tensors, activation, loss, X, y, masks)
    value = value + l2 / 2 * sum((W**2).sum() for W, _ in tensors)
    parts = torch.autograd.grad(value, [part for layer in tensors for part in layer])
    return np.concatenate([part.numpy().ravel() for part in parts])


class Case:
    """Stacked networks, their points, labels and masks, all different seed by seed."""

    def __init__(self, hidden, dropout):
        random = np.random.default_rng(4)
        self.widths = (2, *hidden, 1)
        self.networks = [random_layers(random, self.widths) for _ in range(N_SEEDS)]
        self.theta = np.stack([pack(layers) for layers in self.networks])
        self.X = random.standard_normal((N_SEEDS, N_POINTS, 2))
        self.y = random.integers(0, 2, (N_SEEDS, N_POINTS)).astype(float)
        self.masks = [
            (random.random((N_SEEDS, N_POINTS, width)) >= dropout) / (1 - dropout)
            for width in hidden
            if dropout
        ]

    def forward(self, theta, activation):
        layers = unpack(theta, self.widths)
        return forward(self.X, layers, ACTIVATIONS[activation], self.masks)

    def losses(self, theta, activation, loss):
        z = self.forward(theta, activation).logits[..., 0]
        return LOSSES[loss].value(z, self.y).mean(axis=1)

    def gradient(self, activation, loss):
        gradient = np.empty_like(self.theta)
        passed = self.forward(self.theta, activation)
        backward(
            passed,
            LOSSES[loss].gradient(passed.logits, self.y[..., np.newaxis]) / N_POINTS,
            unpack(self.theta, self.widths),
            ACTIVATIONS[activation],
            unpack(gradient, self.widths),
            self.masks,
        )
        return gradient


@pytest.mark.parametrize(("activation", "loss", "hidden", "dropout"), EVERY_CASE)
def test_backward_is_autograds_for_every_seed_of_a_stack(activation, loss, hidden, dropout):
    case = Case(hidden, dropout)
    found = case.gradient(activation, loss)
    for seed, layers in enumerate(case.networks):
        masks = [mask[seed] for mask in case.masks]
        expected = autograd(layers, activation, loss, case.X[seed], case.y[seed], masks)
        assert relative_error(found[seed], expected) < 1e-12


@pytest.mark.parametrize(("activation", "loss", "hidden", "dropout"), EVERY_CASE)
def test_backward_is_the_central_difference_of_the_loss(activation, loss, hidden, dropout):
    case = Case(hidden, dropout)
    expected = np.empty_like(case.theta)
    step = 1e-5 if activation != "relu" else 1e-6  # a small one stays off the kinks
    for index in range(case.theta.shape[1]):
        theta = case.theta.copy()
        theta[:, index] = case.theta[:, index] + step
        above = case.losses(theta, activation, loss)
        theta[:, index] = case.theta[:, index] - step
        expected[:, index] = (above - case.losses(theta, activation, loss)) / (2 * step)
    assert relative_error(case.gradient(activation, loss), expected) < 1e-7


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_forward_and_blockwise_logits_are_torchs(activation):
    case = Case((5, 4), 0)
    z = case.forward(case.theta, activation).logits[..., 0]
    many = np.random.default_rng(1).standard_normal((60_000, 2))  # more than one block of points
    together = logits(case.theta, ml.Architecture((5, 4), activation), many)
    for seed, layers in enumerate(case.networks):
        model = torch.nn.Sequential()
        for W, b in layers:
            linear = torch.nn.Linear(*W.shape, dtype=torch.float64)
            linear.weight.data, linear.bias.data = torch.tensor(W.T), torch.tensor(b)
            kind = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}[activation]
            model.extend([linear, getattr(torch.nn, kind)()])
        expected = model[:-1](torch.tensor(case.X[seed])).detach().numpy()[:, 0]
        assert relative_error(z[seed], expected) < 1e-12
        expected = model[:-1](torch.tensor(many)).detach().numpy()[:, 0]
        assert relative_error(together[seed], expected) < 1e-12


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_derivative_beside_an_activation_is_its_own(activation):
    function, derivative = ACTIVATIONS[activation]
    z = np.linspace(-6, 6, 121) + 0.01  # relu's kink at 0 left out
    h = 1e-6
    expected = (function(z + h) - function(z - h)) / (2 * h)
    assert_allclose(derivative(function(z.copy())), expected, atol=1e-9)


def test_relu_at_zero_has_the_slope_of_torch():
    z = torch.zeros(1, requires_grad=True)
    torch.relu(z).backward()
    assert ACTIVATIONS["relu"].derivative(np.zeros(1))[0] == z.grad.item() == 0


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_loss_gradient_is_autograds_point_by_point(loss):
    z = np.linspace(-30, 30, 241)
    for label in (0.0, 1.0):
        y = np.full_like(z, label)
        logit = torch.tensor(z, requires_grad=True)
        torch_loss([], "relu", loss, logit[:, None], y).backward()
        assert_allclose(LOSSES[loss].gradient(z, y) / len(z), logit.grad.numpy(), atol=1e-16)


@pytest.mark.parametrize(
    ("p", "bce", "mse"), [(0.01, -0.99, -0.0196), (0.5, -0.5, -0.25), (0.99, -0.01, -0.0002)]
)
def test_gradients_at_the_logit_are_the_lessons(p, bce, mse):
    z, y = np.log(p / (1 - p)), np.ones(1)
    assert_allclose(LOSSES["bce"].gradient(z, y), bce, atol=1e-12)
    assert_allclose(LOSSES["mse"].gradient(z, y), mse, atol=1e-5)


def exact_bce(z, y):
    """log(1 + exp(±z)) in decimal arithmetic, with 400 digits."""
    with decimal.localcontext(prec=400):
        margin = decimal.Decimal(z) * (1 if y else -1)
        return float(abs(margin) + (1 + (-abs(margin)).exp()).ln() - max(margin, 0))


@pytest.mark.parametrize("y", [0.0, 1.0])
@pytest.mark.parametrize("size", [0.0, 1e-300, 1e-9, 0.3, 1.0, 16.2, 36.7, 40.0, 700.0, 800.0])
def test_bce_is_right_to_rounding_however_confident(size, y):
    for z in (size, -size):
        found = LOSSES["bce"].value(np.array([z]), np.array([y]))
        assert_allclose(found, exact_bce(z, y), rtol=4e-16)


@pytest.mark.parametrize("z", [1e4, 1e15, 1e300, 1e308])
def test_bce_of_huge_logits_is_finite_and_exact(z):
    zs, ys = np.array([z, z, -z, -z]), np.array([0.0, 1.0, 0.0, 1.0])
    assert LOSSES["bce"].value(zs, ys).tolist() == [z, 0.0, 0.0, z]
    assert LOSSES["bce"].gradient(zs, ys).tolist() == [1.0, 0.0, 0.0, -1.0]
    assert LOSSES["mse"].value(zs, ys).tolist() == [1.0, 0.0, 0.0, 1.0]


ENGINES = {"numpy": NumpyEngine, "torch": TorchEngine}


def one_step(engine, case, n_points, l2, loss="bce"):
    """Parameters after one step of gradient descent at rate 1 on the first points."""
    architecture = ml.Architecture(case.widths[1:-1], "tanh")
    training = ml.Training("gd", 1.0, loss=loss, l2=l2, torch_dtype="float64")
    stack = ENGINES[engine](architecture, training, case.networks)
    X, y = case.X[:, :n_points], case.y[:, :n_points, np.newaxis]
    stack.step(stack.prepare(X), stack.prepare(y), [])
    return stack.parameters()


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("l2", [0.3, 10.0])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_l2_step_is_that_of_half_lambda_times_squared_weights_without_biases(engine, l2, hidden):
    case = Case(hidden, 0)
    found = one_step(engine, case, N_POINTS, l2)
    for seed, layers in enumerate(case.networks):
        gradient = autograd(layers, "tanh", "bce", case.X[seed], case.y[seed], l2=l2)
        assert relative_error(found[seed], case.theta[seed] - gradient) < 1e-12


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("loss", ["bce", "mse"])
@pytest.mark.parametrize("n_points", [1, 3, 7])
def test_gradient_of_a_smaller_batch_is_the_mean_over_its_own_points(engine, loss, n_points):
    case = Case((5,), 0)
    found = one_step(engine, case, n_points, 0.0, loss)
    for seed, layers in enumerate(case.networks):
        X, y = case.X[seed, :n_points], case.y[seed, :n_points]
        expected = case.theta[seed] - autograd(layers, "tanh", loss, X, y)
        assert relative_error(found[seed], expected) < 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_expit_is_scipys_to_rounding_and_warns_of_nothing(dtype):
    largest = np.finfo(dtype).max
    z = np.array([*np.linspace(-80, 80, 999), -largest, largest, np.inf, -np.inf], dtype=dtype)
    expected = scipy.special.expit(z.astype(np.float64))
    assert_allclose(expit(z), expected, rtol=3 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)
    assert expit(z, out=z) is z
    assert_allclose(z, expected, rtol=3 * np.finfo(dtype).eps, atol=np.finfo(dtype).tiny)
    assert expit(0.0) == 0.5
