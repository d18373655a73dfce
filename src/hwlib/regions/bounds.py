"""Bounds on the number of regions of a ReLU network, as the literature has them.

All are about networks with ``inputs`` inputs and hidden layers of given widths. Upper bounds hold for every choice of
weights; lower bounds say that some weights reach that many. Chapter *Regions can be counted*.

Source: problem ``depth-conclusion``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from hwlib._core.arguments import whole, whole_numbers

__all__ = ["montufar_lower", "montufar_upper", "serra_upper", "zaslavsky"]


def zaslavsky(lines: int, inputs: int) -> int:
    """Regions of hyperplanes in general position: what one hidden layer makes, and never more.

    Args:
        lines: number n of hyperplanes.
        inputs: dimension d of the space.

    Returns:
        The sum of the binomials (n over k) for k from 0 to d.

    Raises:
        ValueError: if a number is negative, or not whole.

    Source: T. Zaslavsky, Facing up to arrangements, Memoirs of the AMS 154, 1975.

    Example:
        >>> zaslavsky(3, 2)
        7
    """
    n, d = whole("lines", lines, least=0), whole("inputs", inputs, least=0)
    return sum(math.comb(n, k) for k in range(d + 1))


def montufar_lower(inputs: int, widths: Sequence[int]) -> int:
    """What folding reaches: all layers but the last one fold, and the last one cuts.

    Args:
        inputs: number d of inputs.
        widths: neurons of each hidden layer, at least d each.

    Returns:
        The product of (n over d, rounded down) to the power d over all layers but the last, times Zaslavsky's number
        for the last.

    Raises:
        ValueError: if there is no input, or a layer is narrower than the input.

    Source: G. Montufar, R. Pascanu, K. Cho, Y. Bengio, On the number of linear regions of deep neural networks, 2014.

    Example:
        >>> montufar_lower(1, [2, 2, 2])
        12
    """
    d = whole("inputs", inputs, least=1)
    *folding, last = whole_numbers("widths", widths, least=d, accepted=f"at least {d} neurons a layer, one an input")
    folds = [int((n // d) ** d) for n in folding]
    return math.prod(folds) * zaslavsky(last, d)


def montufar_upper(inputs: int, widths: Sequence[int]) -> int:
    """The first upper bound: each layer cuts each region by Zaslavsky's number, in as many dimensions as are left.

    Args:
        inputs: number d of inputs.
        widths: neurons of each hidden layer.

    Returns:
        The product over the layers of Zaslavsky's number of their neurons in min(d, all widths so far) dimensions.

    Raises:
        ValueError: if a number is not positive.

    Source: G. Montufar, Notes on the number of linear regions of deep neural networks, 2017.

    Example:
        >>> montufar_upper(2, [3, 3])
        49
    """
    sizes = whole_numbers("widths", widths, least=1)
    total, dimension = 1, whole("inputs", inputs, least=1)
    for n in sizes:
        dimension = min(dimension, n)
        total *= zaslavsky(n, dimension)
    return total


def serra_upper(inputs: int, widths: Sequence[int]) -> int:
    """The sharper bound: a region on which few neurons are active is mapped to few dimensions, and is cut less later.

    Args:
        inputs: number d of inputs.
        widths: neurons of each hidden layer.

    Returns:
        The sum of the products of the binomials (nl over jl) over all (j1, ..., jL) in which jl runs from 0 to the
        least of d, nl, n1 - j1, ..., n(l-1) - j(l-1).

    Raises:
        ValueError: if a number is not positive.

    Source: T. Serra, C. Tjandraatmadja, S. Ramalingam, Bounding and counting linear regions of deep neural networks,
        2018, Theorem 1.

    Example:
        >>> serra_upper(2, [3]), serra_upper(2, [3, 3])
        (7, 40)
    """
    d, sizes = whole("inputs", inputs, least=1), whole_numbers("widths", widths, least=1)

    @functools.cache
    def below(layer: int, dimension: int) -> int:
        if layer == len(sizes):
            return 1
        n = sizes[layer]
        return sum(math.comb(n, j) * below(layer + 1, min(dimension, n - j)) for j in range(min(dimension, n) + 1))

    return below(0, d)
