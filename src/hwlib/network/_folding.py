"""Networks that fold the unit cube onto itself, again and again: in two, or in any number of parts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from hwlib._core.arguments import whole
from hwlib.network._network import Network

__all__ = ["folding_network", "zigzag_network"]


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


def zigzag_network(teeth: int, layers: int = 1, dimension: int = 1) -> Network:
    """A zigzag of equal pieces in every coordinate, applied several times.

    On [0, 1] the zigzag runs up, down, up, ... in ``teeth`` pieces, each over all of [0, 1], and begins at zero. One
    coordinate takes ``teeth`` ReLUs a layer, and after ``layers`` of them has ``teeth^layers`` pieces.

    Args:
        teeth: number of pieces, at least one.
        layers: how often, at least once.
        dimension: number d of coordinates, at least one.

    Returns:
        The network, in Fractions, with d times ``teeth`` ReLUs a layer.

    Raises:
        ValueError: if a number is not positive and whole.

    Source: problem ``pwl-kinks``; Telgarsky (2016). Chapter *Depth buys digits*.

    Example:
        >>> from fractions import Fraction
        >>> zigzag_network(3)([Fraction(k, 6) for k in range(7)]).tolist() == [0, Fraction(1, 2), 1, Fraction(1, 2), 0,
        ...                                                                     Fraction(1, 2), 1]
        True
    """
    k, layers = whole("teeth", teeth, least=1), whole("layers", layers, least=1)
    eye = np.eye(whole("dimension", dimension, least=1), dtype=int)
    into = np.kron(eye, np.ones((k, 1), dtype=int))
    turns = np.array([[k] + [2 * k * (-1) ** j for j in range(1, k)]])
    out = np.kron(eye, turns)
    starts = np.array([-Fraction(j, k) for j in range(k)] * len(eye))
    arrays = [(into, starts)] + [(into @ out, starts)] * (layers - 1) + [(out, np.zeros(len(eye), dtype=int))]
    return Network.from_arrays(arrays).as_fractions()
