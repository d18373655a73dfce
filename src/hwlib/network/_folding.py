"""The network that folds the unit cube onto itself, again and again."""

from __future__ import annotations

import numpy as np

from hwlib._core.arguments import whole
from hwlib.network._network import Network

__all__ = ["folding_network"]


def folding_network(layers: int, dimension: int = 1, *, activation: str = "abs") -> Network:
    """The network of the folding problems: x becomes ``|2x - 1|`` in every coordinate, several times.

    In one dimension that is a zigzag of ``2^layers`` equal pieces on [0, 1].

    Args:
        layers: how often, at least once.
        dimension: number d of coordinates, at least one.
        activation: ``"abs"``, d neurons a layer; or ``"relu"``, 2d neurons a layer, by ``|z| = relu(z) + relu(-z)``.

    Returns:
        The network, in Fractions.

    Raises:
        ValueError: if a number is not positive and whole, or the activation is another one.

    Source: problems ``depth-folding`` and ``pwl-kinks``; Montúfar, Pascanu, Cho, Bengio (2014), Telgarsky (2016).

    Example:
        >>> from fractions import Fraction
        >>> folding_network(2)([Fraction(1, 8), Fraction(1, 2)]).tolist()
        [Fraction(1, 2), Fraction(1, 1)]
    """
    layers, dimension = whole("layers", layers, least=1), whole("dimension", dimension, least=1)
    eye, ones = np.eye(dimension, dtype=int), np.ones(dimension, dtype=int)
    if activation == "abs":
        arrays = [(2 * eye, -ones)] * layers + [(eye, 0 * ones)]
    elif activation == "relu":
        both, joined = np.vstack([2 * eye, -2 * eye]), np.hstack([eye, eye])
        bias = np.concatenate([-ones, ones])
        arrays = [(both, bias)] + [(both @ joined, bias)] * (layers - 1) + [(joined, 0 * ones)]
    else:
        raise ValueError(f"activation={activation!r}: accepted are 'abs' and 'relu'")
    return Network.from_arrays(arrays, activation=activation).as_fractions()
