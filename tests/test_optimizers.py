import numpy as np
import pytest
import torch
from helpers import relative_error

import moonlab as ml
from moonlab import numpy_mlp
from moonlab.torch_mlp import fused_optimizer

N_STEPS = 100
SHAPES = [(2, 3), (3,), (3, 1), (1,)]
RATES = [0.01, 1.0]
OPTIMIZERS = {
    "gd": lambda parameters, rate: torch.optim.SGD(parameters, lr=rate),
    "momentum": lambda parameters, rate: torch.optim.SGD(parameters, lr=rate, momentum=0.9),
    "adam": lambda parameters, rate: torch.optim.Adam(parameters, lr=rate),
}


def gradients():
    """Per step an array for each shape: large, ordinary, about Adam's epsilon, and zero."""
    random = np.random.default_rng(8)
    scales = [1e4, 1.0, 1e-8, 0.0]
    return [
        [scale * random.standard_normal(shape) for shape, scale in zip(SHAPES, scales, strict=True)]
        for _ in range(N_STEPS)
    ]


def starts():
    random = np.random.default_rng(9)
    return [random.standard_normal(shape) for shape in SHAPES]


def by_torch(name, rate):
    """What the class in `torch.optim` makes of the gradients, after every step."""
    parameters = [torch.nn.Parameter(torch.tensor(start)) for start in starts()]
    optimizer = OPTIMIZERS[name](parameters, rate)
    for step in gradients():
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
        yield [parameter.detach().numpy().copy() for parameter in parameters]


def numpy_update(name, rate, shape):
    if name == "gd":
        return numpy_mlp.gradient_descent(rate)
    return getattr(numpy_mlp, name)(rate, shape)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("rate", RATES)
def test_numpy_optimizer_takes_torchs_steps(name, rate):
    thetas = starts()
    updates = [numpy_update(name, rate, shape) for shape in SHAPES]
    steps = gradients()
    for step, expected in zip(steps, by_torch(name, rate), strict=True):
        for theta, update, gradient, target in zip(thetas, updates, step, expected, strict=True):
            update(theta, gradient)
            assert relative_error(theta, target) < 1e-12


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("rate", RATES)
def test_fused_optimizer_of_the_stack_takes_the_classes_steps(name, rate):
    parameters = [torch.nn.Parameter(torch.tensor(start)) for start in starts()]
    training = ml.Training(name, rate, torch_dtype="float64")
    update = fused_optimizer(parameters, training)
    for step, expected in zip(gradients(), by_torch(name, rate), strict=True):
        update([torch.tensor(gradient) for gradient in step])
        for parameter, target in zip(parameters, expected, strict=True):
            assert relative_error(parameter.detach(), target) < 1e-12


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_numpy_optimizer_leaves_the_gradient_as_it_was(name):
    gradient = np.random.default_rng(0).standard_normal((3, 4))
    before, update = gradient.copy(), numpy_update(name, 0.1, (3, 4))
    for _ in range(3):
        update(np.ones((3, 4)), gradient)
    np.testing.assert_array_equal(gradient, before)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    theta = np.zeros(3)
    numpy_mlp.adam(0.01, (3,))(theta, np.array([1e-3, -5.0, 1e6]))
    np.testing.assert_allclose(theta, [-0.01, 0.01, -0.01], rtol=1e-4)


def test_momentum_adds_up_a_constant_gradient_to_ten_times_the_step():
    theta, update = np.zeros(1), numpy_mlp.momentum(0.1, (1,))
    for _ in range(400):
        before = theta.copy()
        update(theta, np.ones(1))
    np.testing.assert_allclose(before - theta, 0.1 / (1 - 0.9), rtol=1e-12)
