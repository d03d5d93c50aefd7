"""Every random draw of a run: initial weights, batch order, dropout masks, from its seed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from moonlab.parameters import Floats, Layers
from moonlab.spec import Architecture

_INITIAL_WEIGHTS, _BATCH_ORDER, _DROPOUT = range(3)

Indices = NDArray[np.int64]


class Draws(Protocol):
    """What a stack of runs draws; the seeds are on the leading axis."""

    def initial_weights(self) -> list[Layers]:
        """Initial weights and biases, a list of layers per seed."""
        ...

    def orders(self, n_epochs: int, n_points: int) -> Indices:
        """The order of the points in each of the next epochs, shape (epochs, S, n_points)."""
        ...

    def masks(self, rate: float) -> "DropoutMasks":
        """The dropout masks of all epochs, drawn step by step."""
        ...


def initial_scale(activation: str, n_in: int, n_out: int) -> float:
    """Standard deviation of a layer's initial weights.

    He et al. (2015), sqrt(2 / n_in), for ReLU; Glorot and Bengio (2010), sqrt(2 / (n_in + n_out)),
    for tanh and sigmoid.
    """
    return float(np.sqrt(2 / n_in if activation == "relu" else 2 / (n_in + n_out)))


def draw_layers(
    architecture: Architecture, random: np.random.Generator | np.random.RandomState
) -> Layers:
    """Normal weights of the architecture's scale, and biases of zero."""
    return [
        (
            random.standard_normal((n_in, n_out))
            * initial_scale(architecture.activation, n_in, n_out),
            np.zeros(n_out),
        )
        for n_in, n_out in pairwise(architecture.widths)
    ]


def _generator(seed: int, purpose: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, *key)))


class IndependentDraws:
    """Draws that depend on a run's own seed alone, whatever runs beside it.

    Initial weights come from the seed and the layer widths; the batch order from the seed only,
    so that all architectures meet the same batches.

    Parameters
    ----------
    architecture : Architecture
        Whose draws they are.
    seeds : sequence of int
        For the initial weights.
    batch_seeds : sequence of int, optional
        For the batches and the dropout masks, if these are to be others.
    """

    def __init__(
        self,
        architecture: Architecture,
        seeds: Sequence[int],
        batch_seeds: Sequence[int] | None = None,
    ) -> None:
        self._architecture = architecture
        self._seeds = seeds
        self._batch_seeds = seeds if batch_seeds is None else batch_seeds
        self._order = [_generator(seed, _BATCH_ORDER) for seed in self._batch_seeds]

    def initial_weights(self) -> list[Layers]:
        """See `Draws`."""
        widths = self._architecture.widths
        return [
            draw_layers(self._architecture, _generator(seed, _INITIAL_WEIGHTS, *widths))
            for seed in self._seeds
        ]

    def orders(self, n_epochs: int, n_points: int) -> Indices:
        """See `Draws`; the rows come one after the other, however many are asked for at once."""
        rows = np.tile(np.arange(n_points), (n_epochs, 1))
        return np.stack([random.permuted(rows, axis=1) for random in self._order], axis=1)

    def masks(self, rate: float) -> "DropoutMasks":
        """See `Draws`."""
        return DropoutMasks(self._architecture, self._batch_seeds, rate)


class SequentialDraws:
    """The lesson's NumPy draws: one legacy stream a seed, architecture after architecture."""

    def __init__(
        self,
        architecture: Architecture,
        seeds: Sequence[int],
        streams: Sequence[np.random.RandomState],
    ) -> None:
        self._architecture = architecture
        self._seeds = seeds
        self._streams = streams

    def initial_weights(self) -> list[Layers]:
        """See `Draws`."""
        return [draw_layers(self._architecture, stream) for stream in self._streams]

    def orders(self, n_epochs: int, n_points: int) -> Indices:
        """See `Draws`."""
        return np.array(
            [[stream.permutation(n_points) for stream in self._streams] for _ in range(n_epochs)]
        )

    def masks(self, rate: float) -> "DropoutMasks":
        """Masks from the seeds themselves: the lesson's streams know no dropout."""
        return DropoutMasks(self._architecture, self._seeds, rate)


class DropoutMasks:
    """Masks of inverted dropout: 0 for a dropped unit, 1 / (1 - rate) for a kept one.

    Srivastava et al. (2014). A seed's masks depend on its seed and the layer widths alone.
    """

    def __init__(self, architecture: Architecture, seeds: Sequence[int], rate: float) -> None:
        self._widths = architecture.hidden
        self._rate = rate
        self._random = [_generator(seed, _DROPOUT, *architecture.widths) for seed in seeds]

    def draw(self, n_points: int) -> list[Floats]:
        """A mask (S, n_points, width) for each hidden layer; none without dropout."""
        if self._rate == 0:
            return []
        return [
            np.stack([random.random((n_points, width)) >= self._rate for random in self._random])
            / (1 - self._rate)
            for width in self._widths
        ]
