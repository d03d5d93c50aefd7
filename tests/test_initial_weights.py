import itertools

import numpy as np
import pytest
from helpers import assert_same_run, random_layers
from numpy.testing import assert_array_equal

import moonlab as ml

SEEDS = (0, 5, 7)
DEEP = ml.Architecture((6, 4))


def protocol(**changes):
    return ml.Training(**({"epochs": 10, "batch_size": 10, "torch_dtype": "float64"} | changes))


def train(engine, training, data, seeds, initial_weights):
    return ml.train(
        ml.Architecture(DEEP.hidden, engine=engine), training, data, seeds, initial_weights
    )


def starts(scale=1.0):
    random = np.random.default_rng(3)
    return [random_layers(random, DEEP.widths, scale) for _ in SEEDS]


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "adam"])
def test_memory_order_of_initial_weights_means_nothing(engine, optimizer, small_data):
    training = protocol(optimizer=optimizer)
    in_c = starts()
    others = [
        [[(np.asfortranarray(W), b) for W, b in layers] for layers in in_c],
        [
            [(np.repeat(W, 2, axis=1)[:, ::2], b[::-1].copy()[::-1]) for W, b in layers]
            for layers in in_c
        ],
    ]
    expected = train(engine, training, small_data, SEEDS, in_c)
    for given in others:
        found = train(engine, training, small_data, SEEDS, given)
        for run, other in zip(found, expected, strict=True):
            assert_same_run(run, other)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_initial_weights_are_where_training_starts_and_stay_as_given(engine, small_data):
    given, untouched = starts(), starts()
    training = protocol(learning_rate=5e-324, optimizer="gd", epochs=1)
    runs = train(engine, training, small_data, SEEDS, given)
    for run, layers, before in zip(runs, given, untouched, strict=True):
        for (W, b), (W_given, b_given), (W_before, b_before) in zip(
            run.weights, layers, before, strict=True
        ):
            for part in (W, W_given):
                assert_array_equal(part, W_before)
            for part in (b, b_given):
                assert_array_equal(part, b_before)


def with_value(value):
    layers = starts()
    layers[1][0][0][0, 0] = value
    return layers


WRONG_STARTS = {
    "number": 5,
    "text": "weights",
    "no seed": [],
    "a seed too few": starts()[:2],
    "a seed too many": [*starts(), starts()[0]],
    "a layer too few": [layers[:-1] for layers in starts()],
    "torch's shape": [[(W.T, b) for W, b in layers] for layers in starts()],
    "no bias": [[W for W, _ in layers] for layers in starts()],
    "biases in rows": [[(W, b[None]) for W, b in layers] for layers in starts()],
    "nan": with_value(np.nan),
    "infinite": with_value(-np.inf),
    "texts": [[(W.astype(str), b) for W, b in layers] for layers in starts()],
    "None": [[(None, None) for _ in layers] for layers in starts()],
    "ragged": [[([[1.0], [1.0, 2.0]], b) for _, b in layers] for layers in starts()],
}


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("given", WRONG_STARTS.values(), ids=WRONG_STARTS.keys())
def test_wrong_initial_weights_are_refused(engine, given, small_data):
    with pytest.raises(
        ml.SpecError, match=r"^`initial_weights` must give 3 seeds finite real arrays"
    ):
        train(engine, protocol(), small_data, SEEDS, given)


CONVERSIONS = {
    "lists": lambda part: part.tolist(),
    "integers": lambda part: part.astype(int),
    "bools": lambda part: part > 0,
    "float32": np.float32,
    "complex": lambda part: part + 1j,
}


@pytest.mark.parametrize(
    ("engine", "kind"),
    list(itertools.product(["numpy", "torch"], CONVERSIONS)),
)
def test_initial_weights_of_other_numbers_are_refused_or_train_as_float64(engine, kind, small_data):
    convert = CONVERSIONS[kind]
    given = [[(convert(W), convert(b)) for W, b in layers] for layers in starts(2.0)]
    try:
        found = train(engine, protocol(), small_data, SEEDS, given)
    except ml.SpecError:
        return
    as_floats = [[(np.array(W, float), np.array(b, float)) for W, b in one] for one in given]
    expected = train(engine, protocol(), small_data, SEEDS, as_floats)
    for run, other in zip(found, expected, strict=True):
        assert_same_run(run, other)
