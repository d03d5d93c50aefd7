import dataclasses
import itertools
import random as python_random

import numpy as np
import pytest
import torch
from helpers import relative_error
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

import moonlab as ml
from moonlab.draws import DropoutMasks, IndependentDraws
from moonlab.torch_mlp import LOSSES, MLP, to_state_dict, train_plain

EPOCHS = 10
SEEDS = (0, 5, 7)
DEEP = ml.Architecture((6, 4))


def protocol(**changes):
    common = {"epochs": EPOCHS, "batch_size": 10, "torch_dtype": "float64"}
    return ml.Training(**(common | changes))


PROTOCOLS = [
    *(
        (ml.Architecture((6, 4), activation), protocol(optimizer=optimizer, loss=loss))
        for optimizer, loss, activation in itertools.product(
            ["gd", "momentum", "adam"], ["bce", "mse"], ["relu", "tanh", "sigmoid"]
        )
    ),
    (DEEP, protocol(dropout=0.3)),
    (ml.Architecture((6, 4), "tanh"), protocol(dropout=0.9, optimizer="momentum")),
    (DEEP, protocol(l2=0.05)),
    (DEEP, protocol(l2=1.0, dropout=0.2, optimizer="momentum", loss="mse")),
    (DEEP, protocol(batch_size=None, optimizer="gd", learning_rate=1.0)),
    (DEEP, protocol(batch_size=48)),
    (DEEP, protocol(batch_size=1, epochs=3)),
    (ml.Architecture(()), protocol(learning_rate=0.3)),
    (ml.Architecture(()), protocol(dropout=0.5, l2=0.1)),
]


def case_name(case):
    architecture, training = case
    parts = (architecture.label, architecture.activation, training.optimizer, training.loss)
    rest = f"b{training.batch_size}-d{training.dropout}-l{training.l2}"
    return "-".join((*parts, rest))


every_protocol = pytest.mark.parametrize(
    ("architecture", "training"), PROTOCOLS, ids=map(case_name, PROTOCOLS)
)


def by_engine(engine, architecture, training, data, seeds=SEEDS, initial_weights=None):
    architecture = ml.Architecture(architecture.hidden, architecture.activation, engine)
    return ml.train(architecture, training, data, seeds, initial_weights)


@every_protocol
def test_engines_give_the_same_curve_from_the_same_seed(architecture, training, small_data):
    by_numpy, by_torch = (
        by_engine(engine, architecture, training, small_data) for engine in ("numpy", "torch")
    )
    for run, other in zip(by_numpy, by_torch, strict=True):
        assert len(run.curves) == training.epochs + 1
        assert_allclose(run.curves, other.curves, rtol=1e-9, atol=1e-9)
        assert_allclose(run.last_parameters, other.last_parameters, rtol=1e-9, atol=1e-9)
    assert not np.allclose(by_numpy[0].curves[-1], by_numpy[1].curves[-1])


def by_plain_pipeline(architecture, training, data, seed):
    """Train losses after each epoch, and the weights, of one network and its DataLoader."""
    draws = IndependentDraws(architecture, (seed,))
    masks = DropoutMasks(architecture, (seed,), training.dropout)
    model = MLP(2, architecture.hidden, 1, architecture.activation).double()
    model.load_state_dict(to_state_dict(draws.initial_weights()[0], "float64"))
    X, y = torch.tensor(data.X_train), torch.tensor(data.y_train)[:, None].double()
    criterion = LOSSES[training.loss]

    def masks_in_turn():
        for a, b in itertools.cycle(training.batch_bounds(len(X))):
            yield [torch.tensor(mask[0]) for mask in masks.draw(b - a)]

    orders = draws.orders(training.epochs, len(X))[:, 0]
    with torch.no_grad():
        losses = [criterion(model(X), y).item()]
    for _ in train_plain(model, X, y, training, orders, masks_in_turn()):
        with torch.no_grad():
            losses.append(criterion(model(X), y).item())
    return losses, [part.detach().numpy() for part in model.parameters()]


@every_protocol
def test_stack_trains_each_seed_as_the_plain_dataloader_pipeline(
    architecture, training, small_data
):
    training = dataclasses.replace(training, epochs=3)  # the plain one is slow
    for run in by_engine("torch", architecture, training, small_data):
        losses, parameters = by_plain_pipeline(architecture, training, small_data, run.seed)
        assert_allclose(run.curves[:, 0], losses, rtol=1e-9, atol=1e-9)
        for (W, b), weight, bias in zip(
            run.weights, parameters[::2], parameters[1::2], strict=True
        ):
            assert_allclose(W, weight.T, rtol=1e-9, atol=1e-9)
            assert_allclose(b, bias, rtol=1e-9, atol=1e-9)


MODULES = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


@pytest.mark.parametrize("activation", list(MODULES))
@pytest.mark.parametrize("hidden", [(), (6,), (6, 4)])
@pytest.mark.parametrize(
    ("engine", "dtype", "tolerance"),
    [("numpy", "float32", 1e-13), ("torch", "float64", 1e-13), ("torch", "float32", 1e-5)],
)
def test_state_dict_loads_into_a_plain_sequential(
    hidden, activation, engine, dtype, tolerance, small_data
):
    architecture = ml.Architecture(hidden, activation, engine)
    run = ml.train(architecture, ml.Training(epochs=3, torch_dtype=dtype), small_data)[0]
    layers = []
    for n_in, n_out in itertools.pairwise((2, *hidden)):
        layers += [nn.Linear(n_in, n_out), MODULES[activation]()]
    model = nn.Sequential(*layers, nn.Linear((2, *hidden)[-1], 1))
    state = run.state_dict()
    expected = torch.float64 if engine == "numpy" else getattr(torch, dtype)
    assert {tensor.dtype for tensor in state.values()} == {expected}
    model.to(expected).load_state_dict(state, strict=True)
    X = small_data.X_test[:500]
    with torch.no_grad():
        p = torch.sigmoid(model(torch.tensor(X, dtype=expected)))[:, 0].numpy()
    assert_allclose(run.predict_proba(X), p, atol=tolerance)


def global_states():
    return [
        torch.get_rng_state().tolist(),
        [part.tolist() if isinstance(part, np.ndarray) else part for part in np.random.get_state()],
        python_random.getstate(),
        torch.get_num_threads(),
        torch.get_default_dtype(),
    ]


@pytest.mark.parametrize("train", [
    lambda data: by_engine("numpy", DEEP, protocol(dropout=0.5), data),
    lambda data: by_engine("torch", DEEP, protocol(dropout=0.5), data),
    lambda data: by_plain_pipeline(DEEP, protocol(dropout=0.5), data, 3),
    lambda data: by_engine("torch", DEEP, protocol(), data)[0].state_dict(),
    lambda data: ml.compare(ml.Experiment(
        data.spec, protocol(), (DEEP, ml.Architecture(engine="numpy")), seeding="sequential")),
], ids=["numpy", "torch", "plain", "state_dict", "sequential"])  # fmt: skip
def test_training_leaves_every_global_state_alone(train, small_data):
    before = global_states()
    train(small_data)
    assert global_states() == before


def test_asking_for_cuda_where_there_is_none_is_refused(monkeypatch, small_data):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ml.SpecError, match=r"`device` must be 'cpu': PyTorch finds no CUDA"):
        by_engine("torch", DEEP, protocol(device="cuda"), small_data)


def test_torch_trains_in_the_precision_asked_for(small_data):
    single, double = (
        by_engine("torch", DEEP, protocol(torch_dtype=dtype), small_data)[0].last_parameters
        for dtype in ("float32", "float64")
    )
    assert_array_equal(single, single.astype(np.float32))
    assert (double != double.astype(np.float32)).any()
    assert 0 < relative_error(single, double) < 1e-4
