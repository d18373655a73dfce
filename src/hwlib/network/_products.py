"""Networks that square and multiply, up to an error that each further layer divides by four."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.types import AnyArray
from hwlib.network._network import Network

__all__ = ["product_network", "square_network"]

HALF = Fraction(1, 2)


def square_network(folds: int, *, centred: bool = False) -> Network:
    """The chords of x^2 on [0, 1] with ``2^folds`` equal pieces, from a zigzag that is folded again and again.

    Two units a layer fold, and from the second layer on a third one carries what has been subtracted from x so far.

    Args:
        folds: number L of hidden layers, at least one.
        centred: lower the chords by half of their error.

    Returns:
        The network, in Fractions, with 3 L - 1 ReLUs. On [0, 1] it is above x^2 by 0 to 4^(-L-1); centred, it is off
        by at most half of that, and no function with as many pieces comes closer.

    Raises:
        ValueError: if the number is not positive and whole.

    Source: D. Yarotsky, Error bounds for approximations with deep ReLU networks, 2017. Chapter *Depth buys digits*.

    Example:
        >>> from fractions import Fraction
        >>> square_network(2)([Fraction(1, 4), Fraction(1, 8)]).tolist()
        [Fraction(1, 16), Fraction(1, 32)]
    """
    arrays = _square_layers(whole("folds", folds, least=1))
    if centred:
        arrays[-1] = (arrays[-1][0], np.array([-HALF * Fraction(1, 4 ** (folds + 1))]))
    return Network.from_arrays(arrays).as_fractions()


def product_network(folds: int) -> Network:
    """The product of two numbers of [0, 1], as a difference of two squares: of (x + y)/2, and of (x - y)/2.

    Args:
        folds: number L of layers in which squares are computed, at least one; one layer more forms the two numbers.

    Returns:
        The network of two inputs, in Fractions, with 6 L + 1 ReLUs. On [0, 1]^2 it is off by at most 4^(-L-1), and
        exactly zero if a factor is.

    Raises:
        ValueError: if the number is not positive and whole.

    Source: D. Yarotsky, Error bounds for approximations with deep ReLU networks, 2017. Chapter *Depth buys digits*.

    Example:
        >>> from fractions import Fraction
        >>> product_network(3)([[Fraction(1, 2), Fraction(1, 4)], [Fraction(1, 3), 0]]).ravel().tolist()
        [Fraction(1, 8), Fraction(0, 1)]
    """
    (first, bias), *rest = _square_layers(whole("folds", folds, least=1))
    sum_and_distance = np.array([[HALF, 0, 0], [0, HALF, HALF]])  # of the units x + y, x - y, y - x
    eye = np.eye(2, dtype=int)
    arrays: list[tuple[AnyArray, AnyArray]] = [(np.array([[1, 1], [1, -1], [-1, 1]]), np.zeros(3, dtype=int))]
    arrays.append((np.kron(eye, first) @ sum_and_distance, np.concatenate([bias, bias])))
    arrays += [(np.kron(eye, weight), np.concatenate([bias, bias])) for weight, bias in rest[:-1]]
    weight, bias = rest[-1]
    arrays.append((np.kron([[1, -1]], weight), bias))
    return Network.from_arrays(arrays).as_fractions()


def _square_layers(folds: int) -> list[tuple[AnyArray, AnyArray]]:
    """X to x - z/4 - z(z)/16 - ..., z the zigzag of two pieces: 2 relu(x) - 4 relu(x - 1/2)."""
    bends = np.array([0, -HALF])
    layers: list[tuple[AnyArray, AnyArray]] = [(np.array([[1], [1]]), bends)]
    total = [HALF, 1]  # x - z/4, and x is the first unit
    for depth in range(2, folds + 1):
        fold = [2, -4] + [0] * (depth > 2)
        layers.append((np.array([fold, fold, total]), np.array([0, -HALF, 0])))
        total = [-Fraction(2, 4**depth), Fraction(4, 4**depth), 1]
    layers.append((np.array([total]), np.array([0])))
    return layers
