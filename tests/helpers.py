"""What several test files share."""

import json
from itertools import pairwise

import numpy as np
from numpy.testing import assert_array_equal

import moonlab as ml


def assert_same_run(run, other):
    """Every bit of two runs is the same, their seconds aside."""
    assert (run.seed, run.status, run.best_epoch) == (other.seed, other.status, other.best_epoch)
    assert_array_equal(run.curves, other.curves)
    assert_array_equal(run.last_parameters, other.last_parameters)
    assert (run.best_parameters is None) == (other.best_parameters is None)
    if run.best_parameters is not None:
        assert_array_equal(run.best_parameters, other.best_parameters)
    for part in run.scores._fields:
        assert_array_equal(getattr(run.scores, part), getattr(other.scores, part))  # nan is nan


def is_picture(element):
    """Whether an element of an AppTest is that of the boundaries."""
    is_component = element.type == "bidi_component"
    return is_component and element.proto.component_name == "moonlab_boundaries"


def header_of_picture(sent):
    """What the browser is told of the boundaries, behind the byte that asks it to tell of them."""
    return json.loads(sent[5 : 5 + int.from_bytes(sent[1:5], "little")])


def relative_error(found, expected):
    """Largest difference, as a share of the largest expected value."""
    found, expected = np.asarray(found), np.asarray(expected)
    return np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-300)


def random_layers(random, widths, scale=1.0):
    """Weights and biases of one network, none of them zero."""
    return [
        (scale * random.standard_normal((n_in, n_out)), scale * random.standard_normal(n_out))
        for n_in, n_out in pairwise(widths)
    ]


def small_experiment(engine="numpy", **more):
    """Five architectures that differ in all they can, and train in a blink."""
    architectures = (
        ml.Architecture((6,), engine=engine),
        ml.Architecture((), engine=engine),
        ml.Architecture((4, 3), "tanh", engine, "deep"),
        ml.Architecture((6,), engine=engine, name="wild", override={"dropout": 0.5, "l2": 0.1}),
        ml.Architecture((6,), engine=engine, name="short", override={"epochs": 3}),
    )
    training = ml.Training(epochs=6, batch_size=10, learning_rate=0.05)
    common = {"data": ml.DataSpec(n_samples=60), "training": training, "seeds": (4, 0, 9)}
    return ml.Experiment(**(common | {"architectures": architectures} | more))


EMOJI = ml.Experiment(architectures=(ml.Architecture(name="🚀 à=1", override={"l2": 1}),))


def changed_json(**changes):
    """The default experiment's JSON with `part__field` replaced; a value of ... leaves it out."""
    document = json.loads(ml.Experiment().to_json())
    for path, value in changes.items():
        *parts, last = path.split("__")
        place = document
        for part in parts:
            place = place[int(part) if part.isdigit() else part]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return json.dumps(document)
