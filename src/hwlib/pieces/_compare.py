"""Whether two functions of one number are the same, and if not, how far apart they are."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction

from hwlib._core.types import Number
from hwlib.network import NetworkLike, as_network
from hwlib.pieces._function import Piece, PiecewiseLinear, end_of_domain, exactly
from hwlib.pieces._sweep import pieces_of

__all__ = ["Distance", "difference_witness", "distance", "sign_changes"]


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


@dataclass(frozen=True)
class Distance:
    """How far apart two functions are on an interval.

    Attributes:
        largest: the largest absolute difference.
        mean: the absolute difference, averaged over the interval.
    """

    largest: Number
    mean: Number


def distance(first: PiecewiseLinear, second: PiecewiseLinear, lower: Number, upper: Number) -> Distance:
    """How far apart two functions are on an interval, at most and on average.

    Args:
        first: the one function.
        second: the other.
        lower: where the interval begins.
        upper: where it ends.

    Returns:
        Both distances, Fractions if both functions and the ends are exact.

    Raises:
        ValueError: if the ends are not finite and in order, or a function is not defined on all of the interval.

    Example:
        >>> up = PiecewiseLinear.through([0, 1], [Fraction(0), Fraction(1)])
        >>> down = PiecewiseLinear.through([0, 1], [Fraction(1), Fraction(0)])
        >>> distance(up, down, 0, 1)
        Distance(largest=Fraction(1, 1), mean=Fraction(1, 2))
    """
    start, end = end_of_domain("lower", lower), end_of_domain("upper", upper)
    difference = first - second
    if not (difference.lower <= start < end <= difference.upper and math.isfinite(start) and math.isfinite(end)):
        raise ValueError(
            f"from lower={lower} to upper={upper}: accepted are finite numbers in order, from {difference.lower} to "
            f"{difference.upper}"
        )
    places = [start, *(knot for knot in difference.knots.tolist() if start < knot < end), end]
    values = [abs(value) for value in map(difference, places)]
    area: Number = 0
    for (a, b), (u, v) in zip(itertools.pairwise(places), itertools.pairwise(map(difference, places)), strict=True):
        crosses = (u < 0 < v) or (v < 0 < u)  # then there are two triangles
        area += (b - a) * ((u * u + v * v) / (abs(u) + abs(v)) if crosses else abs(u + v)) / 2
    return Distance(max(values), area / (end - start))


def sign_changes(function: PiecewiseLinear, level: Number = 0) -> int:
    """How often a function passes from above a level to below it, or from below to above.

    Args:
        function: of one number.
        level: what it is compared with.

    Returns:
        The least s for which the domain falls into s + 1 intervals such that on each the function is nowhere above the
        level, or nowhere below it. To touch the level is no change.

    Raises:
        ValueError: if the level is not finite.

    Example:
        >>> sign_changes(PiecewiseLinear.through([0, 1, 2, 3], [0, 1, 0, 1]), 0.5)
        3
    """
    if not math.isfinite(end_of_domain("level", level)):
        raise ValueError(f"level={level}: accepted is a finite number")
    f = function.linear()
    signs = [f(place) - level for place in (f.lower, *f.knots.tolist(), f.upper) if math.isfinite(place)] or [
        f(0) - level
    ]
    if math.isinf(f.lower):  # far out the slope decides
        signs.insert(0, -f.slopes[0])
    if math.isinf(f.upper):
        signs.append(f.slopes[-1])
    kept = [sign > 0 for sign in signs if sign != 0]
    return sum(one != other for one, other in itertools.pairwise(kept))
