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
Angles = NDArray[np.float64]
Curve = Callable[[Angles], Points]
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


def upper_moon(t: Angles) -> Points:
    """The upper half of the unit circle: angles (n,) from 0 to π → points (n, 2)."""
    return np.column_stack([np.cos(t), np.sin(t)])


def lesson_lower_moon(t: Angles) -> Points:
    """The lower half of the unit circle, shifted by (0.5, 0.5): angles (n,) → points (n, 2)."""
    return np.column_stack([np.cos(t) + 0.5, -np.sin(t) + 0.5])


def sklearn_lower_moon(t: Angles) -> Points:
    """The lower half of the unit circle, shifted by (1, 0.5), rounded as scikit-learn does."""
    return np.column_stack([1 - np.cos(t), 1 - np.sin(t) - 0.5])


ARCS: dict[str, tuple[Curve, Curve]] = {
    "moons": (upper_moon, lesson_lower_moon),
    "sklearn_moons": (upper_moon, sklearn_lower_moon),
}
"""Where the points of class 0 and of class 1 lie before the noise, the angle uniform on [0, π]."""


def class_sizes(n_samples: int) -> tuple[int, int]:
    """How many of the points are of class 0 and of class 1; an odd one out is of class 1."""
    return n_samples // 2, n_samples - n_samples // 2


def _noiseless(n_samples: int, curves: tuple[Curve, Curve]) -> tuple[Points, Labels]:
    """Points at even steps along the curve of class 0, then along that of class 1."""
    sizes = class_sizes(n_samples)
    arcs = [curve(np.linspace(0, np.pi, n)) for curve, n in zip(curves, sizes, strict=True)]
    return np.vstack(arcs), np.repeat([0, 1], sizes)


def lesson_moons(n_samples: int, noise: float, random: RandomSource) -> tuple[Points, Labels]:
    """The lesson's two moons: the lower one shifted by (0.5, 0.5), shuffled after the noise."""
    X, y = _noiseless(n_samples, ARCS["moons"])
    X += random.standard_normal((n_samples, N_FEATURES)) * noise
    order = random.permutation(n_samples)
    return X[order], y[order]


def sklearn_moons(n_samples: int, noise: float, random: RandomSource) -> tuple[Points, Labels]:
    """The moons of scikit-learn's `make_moons`: the lower one shifted by (1, 0.5).

    Shuffled before the noise, as there: with a `RandomState` the points are the same ones.
    """
    X, y = _noiseless(n_samples, ARCS["sklearn_moons"])
    order = np.arange(n_samples)
    random.shuffle(order)
    return X[order] + random.standard_normal((n_samples, N_FEATURES)) * noise, y[order]


GENERATORS: dict[str, Callable[[int, float, RandomSource], tuple[Points, Labels]]] = {
    "moons": lesson_moons,
    "sklearn_moons": sklearn_moons,
}
