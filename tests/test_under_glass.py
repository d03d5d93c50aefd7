import dataclasses

import numpy as np
import pytest
import torch
from helpers import random_layers, relative_error
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab.lab.moments import moments
from moonlab.lab.under_glass import nudge, parameter_names, step_values
from moonlab.parameters import pack

UPDATES = (0, 100, 200, 499)
LESSON = ml.lesson.numpy_experiment()
NETWORK = LESSON.architectures[0]


@pytest.fixture(scope="module")
def trace():
    return moments(LESSON, UPDATES)


@pytest.fixture(scope="module")
def points():
    data = ml.load_data(LESSON.data)
    return data.X_train, data.y_train


def by_autograd(parameters, activation, loss, X, y):
    """Every value of the step and its gradient, with torch's own functions in float64."""
    n_hidden = (len(parameters) - 1) // 4
    flat = torch.tensor(parameters)
    names = {"W1": (2, n_hidden), "b1": (n_hidden,), "W2": (n_hidden, 1), "b2": (1,)}
    sizes = [int(np.prod(shape)) for shape in names.values()]
    parts = zip(names.items(), flat.split(sizes), strict=True)
    of = {name: part.reshape(shape).requires_grad_() for (name, shape), part in parts}
    of["Z1"] = torch.tensor(X) @ of["W1"] + of["b1"]
    of["H"] = getattr(torch, activation)(of["Z1"])
    of["Z2"] = of["H"] @ of["W2"] + of["b2"]
    of["p"] = torch.sigmoid(of["Z2"])
    label = torch.tensor(y).double()[:, None]
    if loss == "bce":
        each = torch.nn.functional.binary_cross_entropy(of["p"], label, reduction="none")
    else:
        each = (of["p"] - label) ** 2
    at = ("Z2", "W2", "b2", "H", "Z1", "W1", "b1")
    gradients = torch.autograd.grad(each.mean(), [of[name] for name in at])
    found = {name: of[name] for name in ("Z1", "H", "Z2", "p")} | {"loss": each}
    found |= {f"d{name}": part for name, part in zip(at, gradients, strict=True)}
    return {name: value.detach().numpy() for name, value in found.items()}


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("loss", ["bce", "mse"])
@pytest.mark.parametrize("n", [1, 5])
def test_every_value_and_gradient_is_autograds(activation, loss, n):
    random = np.random.default_rng(3)
    parameters = pack(random_layers(random, (2, 6, 1)))
    X, y = random.standard_normal((n, 2)), random.integers(0, 2, n)
    step = step_values(parameters, ml.Architecture((6,), activation), X, y, loss)
    expected = by_autograd(parameters, activation, loss, X, y)
    for name, value in step._asdict().items():
        assert value.shape == expected[name].shape, name
        assert_allclose(value, expected[name], rtol=1e-12, atol=1e-15, err_msg=name)
    assert_array_equal(step.gradient, pack([(step.dW1, step.db1), (step.dW2, step.db2)]))


def test_first_point_at_the_initial_weights_has_the_lessons_values(trace, points):
    X, y = points
    step = step_values(trace[0].parameters, NETWORK, X[:1], y[:1])
    assert round(float(step.Z2[0, 0]), 4) == -1.4615
    assert round(float(step.p[0, 0]), 4) == 0.1882


def test_trace_is_the_lessons(trace):
    assert [moment.updates for moment in trace] == [0, 100, 200, 499]
    assert [round(moment.loss, 4) for moment in trace] == [0.4991, 0.2186, 0.1079, 0.0377]
    assert [round(300 * moment.accuracy) for moment in trace] == [232, 269, 292, 297]
    assert [f"{moment.accuracy:.1%}" for moment in trace] == ["77.3%", "89.7%", "97.3%", "99.0%"]


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_moment_has_the_very_weights_of_a_run_that_ends_there(trace, index):
    training = dataclasses.replace(LESSON.training, epochs=UPDATES[index])
    run = ml.compare(dataclasses.replace(LESSON, training=training)).runs[0]
    assert_array_equal(trace[index].parameters, run.last_parameters)
    assert (trace[index].loss, trace[index].accuracy) == (run.curves[-1, 0], run.curves[-1, 2])


def test_moments_follow_the_override_and_the_seed_of_the_first_run():
    slow = ml.Architecture((3,), engine="numpy", override={"learning_rate": 0.1, "epochs": 9})
    experiment = dataclasses.replace(LESSON, architectures=(slow, NETWORK), seeds=(5, 6))
    [found] = moments(experiment, [9])
    assert_array_equal(found.parameters, ml.compare(experiment).runs[0].last_parameters)


@pytest.mark.parametrize("after", [(0, 501), (-1,), (200, 100), (100, 100), (True,), (1.0,)])
def test_moments_that_are_no_rising_numbers_of_updates_are_refused(after):
    with pytest.raises(ml.SpecError, match=r"`after` must be rising integers from 0 to 500"):
        moments(LESSON, after)


@pytest.mark.parametrize("change", [{"optimizer": "adam"}, {"batch_size": 32}])
def test_moments_of_a_run_that_remembers_more_than_weights_are_refused(change):
    training = dataclasses.replace(LESSON.training, **change)
    with pytest.raises(ml.SpecError, match=r"`training` must be 'gd' with the full batch"):
        moments(dataclasses.replace(LESSON, training=training), [0])


def test_every_finite_difference_on_the_page_agrees_with_the_backward_pass(trace, points):
    """All 65 weights, at all four moments, for each of the 300 points and for all together."""
    X, y = points
    batches = [slice(None), *(slice(i, i + 1) for i in range(len(y)))]
    for moment in trace:
        for batch in batches:
            step = step_values(moment.parameters, NETWORK, X[batch], y[batch])
            found = nudge(moment.parameters, NETWORK, X[batch], y[batch])
            assert np.abs(found.slopes - step.gradient).max() < 2e-9


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_nudged_losses_are_those_of_networks_with_one_weight_moved(loss):
    random = np.random.default_rng(8)
    architecture = ml.Architecture((3, 2), "tanh")
    parameters = pack(random_layers(random, architecture.widths))
    X, y = random.standard_normal((4, 2)), np.array([0, 1, 1, 0])
    found = nudge(parameters, architecture, X, y, loss, size=0.01)
    for index in range(len(parameters)):
        for sign, losses in ((-1, found.below), (1, found.above)):
            moved = torch.tensor(parameters)
            moved[index] += sign * 0.01
            H = torch.tensor(X)
            for n_in, n_out in ((2, 3), (3, 2), (2, 1)):
                W, b, moved = moved.split([n_in * n_out, n_out, len(moved) - n_out * (n_in + 1)])
                Z = H @ W.reshape(n_in, n_out) + b
                H = torch.tanh(Z)
            p, label = torch.sigmoid(Z[:, 0]), torch.tensor(y).double()
            kinds = {
                "bce": torch.nn.functional.binary_cross_entropy,
                "mse": torch.nn.functional.mse_loss,
            }
            assert losses[index] == pytest.approx(kinds[loss](p, label).item(), rel=1e-12)


def test_names_of_the_parameters_are_in_their_flat_order():
    architecture = ml.Architecture((3, 2))
    layers = [
        (np.array([[f"W{n}[{i}, {j}]" for j in range(o)] for i in range(k)]),
         np.array([f"b{n}[{j}]" for j in range(o)]))
        for n, (k, o) in enumerate(((2, 3), (3, 2), (2, 1)), start=1)
    ]  # fmt: skip
    assert parameter_names(architecture) == tuple(pack(layers))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"parameters": np.zeros(64)}, r"`parameters` must be an array of shape \(65,\)"),
        ({"X": np.zeros((1, 3))}, r"`X` must be an array of shape \(1, 2\)"),
        ({"X": np.zeros((0, 2)), "y": np.zeros(0)}, r"`X` must be an array of shape \(1, 2\)"),
        ({"y": np.zeros((1, 1))}, r"`y` must be an array of shape \(1,\)"),
        ({"architecture": ml.Architecture((3, 4)), "parameters": np.zeros(30)}, "one hidden layer"),
    ],
)
def test_shapes_that_do_not_go_together_are_refused(change, match):
    good = {"parameters": np.zeros(65), "architecture": NETWORK}
    good |= {"X": np.zeros((1, 2)), "y": np.zeros(1)}
    with pytest.raises(ml.SpecError, match=match):
        step_values(**(good | change))


def test_one_step_on_all_points_is_the_lessons_first_update(points):
    """Going against the gradient under the glass gives the weights after one update."""
    before, after = moments(LESSON, (0, 1))
    gradient = step_values(before.parameters, NETWORK, *points).gradient
    assert relative_error(after.parameters, before.parameters - 1.0 * gradient) < 1e-14
