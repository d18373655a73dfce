"""Whether two functions of one number are the same."""

from __future__ import annotations

import math
from fractions import Fraction

from hwlib._core.types import Number
from hwlib.network import NetworkLike, as_network
from hwlib.pieces._function import Piece, PiecewiseLinear, exactly
from hwlib.pieces._sweep import pieces_of

__all__ = ["difference_witness"]


def difference_witness(first: NetworkLike | PiecewiseLinear, second: NetworkLike | PiecewiseLinear) -> Number | None:
    """A place at which two functions of one number differ, or None, which proves that they are equal.

    Networks are compared in exact arithmetic, floats at their exact value, so both answers are certain.

    Args:
        first: network with one input and one output, or its pieces.
        second: the same; two functions are compared where both are defined.

    Returns:
        A place where they differ (among knots and points between and beyond them, one where they differ most), or
        None if they do not differ anywhere.

    Raises:
        ValueError: if a network has other inputs or outputs, or the domains do not meet.

    Example:
        >>> from hwlib.network import Network
        >>> absolute = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1]], [0])])
        >>> relu = Network.from_arrays([([[1]], [0]), ([[1]], [0])])
        >>> difference_witness(absolute, relu)
        Fraction(-1, 1)
    """
    f, g = (
        exactly(one if isinstance(one, PiecewiseLinear) else pieces_of(as_network(one).as_fractions()))
        for one in (first, second)
    )
    difference = (f - g).linear()
    places = [place for piece in difference for place in _two_places(piece)]
    places += [end for end in (difference.lower, *difference.knots, difference.upper) if math.isfinite(end)]
    worst = max(places, key=lambda x: abs(difference(x)))
    return Fraction(worst) if difference(worst) else None


def _two_places(piece: Piece) -> tuple[Number, Number]:
    """Two places inside a piece: an affine function that is zero at both is zero, at one alone it may cross there."""
    first, end = Fraction(piece.inside), piece.end
    return first, first + 1 if math.isinf(end) else (first + Fraction(end)) / 2
