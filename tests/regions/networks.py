"""Networks that tests of regions share."""

from __future__ import annotations

import itertools
import math

import numpy as np

from hwlib.network import Network


def random_network(widths, seed, activation="relu", scale=1.0):
    rng = np.random.default_rng(seed)
    pairs = itertools.pairwise(widths)
    arrays = [(rng.normal(size=(o, i)), scale * rng.normal(size=o)) for i, o in pairs]
    return Network.from_arrays(arrays, activation=activation)


def whole_network(widths, seed):
    """Small whole weights: zero weights, equal, parallel and concurrent lines and dead neurons are frequent."""
    rng = np.random.default_rng(seed)
    arrays = [(rng.integers(-1, 2, (o, i)), rng.integers(-1, 2, o)) for i, o in itertools.pairwise(widths)]
    return Network.from_arrays(arrays)


def fold(layers, dimension, *, rotation=None, relu=False):
    """x becomes |2x - 1| in each coordinate, several times; with ReLU as relu(2x - 1) + relu(1 - 2x)."""
    eye = np.eye(dimension, dtype=int)
    first = eye if rotation is None else rotation
    if not relu:
        arrays = [(2 * (first if k == 0 else eye), -np.ones(dimension, int)) for k in range(layers)]
        return Network.from_arrays([*arrays, (eye, 0 * eye[0])], activation="abs")
    both, together = np.vstack([2 * eye, -2 * eye]), np.hstack([eye, eye])
    bias = np.repeat([-1, 1], dimension)
    arrays = [(both @ (first if k == 0 else together), bias) for k in range(layers)]
    return Network.from_arrays([*arrays, (together, 0 * eye[0])])


def zaslavsky(lines, dimension):
    """Regions of hyperplanes in general position."""
    return sum(math.comb(lines, k) for k in range(dimension + 1))
