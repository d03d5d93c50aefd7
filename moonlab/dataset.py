"""The data: two interleaved half circles with noise, split, with fresh points for testing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moonlab.rules import Fault, SpecError
from moonlab.spec import N_FEATURES, DataSpec

N_TEST = 20_000
_TEST_STREAM = 1

Points = NDArray[np.float64]
Labels = NDArray[np.int64]
RandomSource = np.random.RandomState | np.random.Generator


@dataclass(frozen=True, eq=False)
class Data:
    """Points (n, 2) in float64 and labels (n,), 0 or 1, in three parts.

    The test part is drawn anew from the same generator; nothing trains on it or chooses by it.
    """

    spec: DataSpec
    X_train: Points
    y_train: Labels
    X_val: Points
    y_val: Labels
    X_test: Points
    y_test: Labels


def load_data(spec: DataSpec) -> Data:
    """Draw and split the data of a specification.

    Parameters
    ----------
    spec : DataSpec
        Geometry, size, noise, seed and validation share.

    Returns
    -------
    Data
        The first rows train, the last `spec.n_validation` validate; 20,000 fresh points test.

    Raises
    ------
    SpecError
        If the training or the validation part would hold one class only.
    """
    if not isinstance(spec, DataSpec):
        raise SpecError([Fault("spec", "must be a DataSpec", type(spec).__name__)])
    draw = GENERATORS[spec.dataset]
    X, y = draw(spec.n_samples, spec.noise, np.random.RandomState(spec.seed))
    fresh = np.random.default_rng(np.random.SeedSequence(spec.seed, spawn_key=(_TEST_STREAM,)))
    X_test, y_test = draw(N_TEST, spec.noise, fresh)
    n = spec.n_train
    data = Data(spec, X[:n], y[:n], X[n:], y[n:], X_test, y_test)
    faults = [
        Fault(
            "validation_fraction",
            f"must leave both classes in the {part} part: change it, `n_samples` or `seed`",
            given,
        )
        for part, labels in (("training", data.y_train), ("validation", data.y_val))
        if (given := _one_class(labels))
    ]
    if faults:
        raise SpecError(faults)
    return data


def _one_class(labels: Labels) -> str:
    """What is wrong with labels of one class only; empty for both classes and for no points."""
    classes = np.unique(labels)
    return f"{len(labels)} of class {classes[0]} alone" if len(classes) == 1 else ""


def _two_arcs(n_samples: int, lower: Callable[[Points], Points]) -> tuple[Points, Labels]:
    """Noiseless points: class 0 on the upper half circle, then class 1 on the `lower` arc."""
    n_upper = n_samples // 2
    t, t_lower = np.linspace(0, np.pi, n_upper), np.linspace(0, np.pi, n_samples - n_upper)
    X = np.vstack([np.column_stack([np.cos(t), np.sin(t)]), lower(t_lower)])
    return X, np.repeat([0, 1], [n_upper, n_samples - n_upper])


def lesson_moons(n_samples: int, noise: float, random: RandomSource) -> tuple[Points, Labels]:
    """The lesson's two moons: the lower one shifted by (0.5, 0.5), shuffled after the noise."""
    X, y = _two_arcs(n_samples, lambda t: np.column_stack([np.cos(t) + 0.5, -np.sin(t) + 0.5]))
    X += random.standard_normal((n_samples, N_FEATURES)) * noise
    order = random.permutation(n_samples)
    return X[order], y[order]


def sklearn_moons(n_samples: int, noise: float, random: RandomSource) -> tuple[Points, Labels]:
    """The moons of scikit-learn's `make_moons`: the lower one shifted by (1, 0.5).

    Shuffled before the noise, as there: with a `RandomState` the points are the same ones.
    """
    X, y = _two_arcs(n_samples, lambda t: np.column_stack([1 - np.cos(t), 1 - np.sin(t) - 0.5]))
    order = np.arange(n_samples)
    random.shuffle(order)
    return X[order] + random.standard_normal((n_samples, N_FEATURES)) * noise, y[order]


GENERATORS: dict[str, Callable[[int, float, RandomSource], tuple[Points, Labels]]] = {
    "moons": lesson_moons,
    "sklearn_moons": sklearn_moons,
}
