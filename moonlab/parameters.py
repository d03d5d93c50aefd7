"""The weights and biases of a network as one flat row, and back."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Layers = list[tuple[Floats, Floats]]
"""Per layer its weights (in, out) and biases (out,), or both with leading axes for a stack."""


def unpack(flat: Floats, widths: Sequence[int]) -> Layers:
    """Views of flat parameters, layer by layer.

    Parameters
    ----------
    flat : ndarray, shape (..., P)
        Per layer, in order: the weights row by row, then the biases.
    widths : sequence of int
        Width of every layer, input and output included.

    Returns
    -------
    list of (ndarray (..., in, out), ndarray (..., out))
        Views into `flat`.
    """
    layers, start = [], 0
    for n_in, n_out in pairwise(widths):
        middle, end = start + n_in * n_out, start + (n_in + 1) * n_out
        weights = flat[..., start:middle].reshape(*flat.shape[:-1], n_in, n_out)
        layers.append((weights, flat[..., middle:end]))
        start = end
    return layers


def pack(layers: Sequence[tuple[Floats, Floats]]) -> Floats:
    """The flat row (P,) of one network's layers; the inverse of `unpack`."""
    return np.concatenate([part.ravel() for layer in layers for part in layer])
