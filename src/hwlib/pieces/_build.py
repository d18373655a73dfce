"""From pieces to a network: the smallest two-layer ReLU network, and how many pieces are needed or possible.

Sources: problems ``pwl-kinks``, ``pwl-convexity``, ``act-pwl-from-relu``; Montúfar, Pascanu, Cho, Bengio (2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from hwlib._core.arguments import instance, positive, whole_numbers
from hwlib._core.types import AnyArray
from hwlib.network import Network
from hwlib.pieces._function import PiecewiseLinear, between, end_of_domain, exactly

__all__ = ["approximate", "fewest_units", "most_kinks", "relu_network"]

MOST_KINKS = 40  # of a function whose smallest network is looked for
MOST_CHORDS = 10_000_000


def fewest_units(function: PiecewiseLinear) -> int:
    """How many ReLU units a two-layer network needs to be this function on its domain.

    Args:
        function: at most 40 kinks.

    Returns:
        The least number of hidden units, none for a constant.

    Raises:
        ValueError: if there are more kinks.

    Example:
        >>> fewest_units(PiecewiseLinear.through([0], [0], left_slope=-1, right_slope=1))  # |x|
        2
    """
    return int(np.count_nonzero(relu_network(function).layers[0].weight))


def relu_network(function: PiecewiseLinear, *, least: bool = True) -> Network:
    """A two-layer ReLU network that equals a function on its domain.

    A kink needs a unit, which looks to the right or to the left. The units that look to the left have to make up the
    slope of the first piece; if no choice of them does, one unit more is needed, and one is enough.

    Args:
        function: of one number.
        least: use as few units as possible. That means to look for numbers with a given sum, so there may be at most
            40 kinks; otherwise there is one unit a kink and at most one more.

    Returns:
        The network, of Fractions if the function is exact. A constant still gets a unit, of weight zero.

    Raises:
        ValueError: if there are more kinks than ``least`` can take.

    Example:
        >>> network = relu_network(PiecewiseLinear.through([0, 1], [0, 1], left_slope=0, right_slope=0))
        >>> network.layers[0].weight.ravel().tolist(), network.layers[1].weight.ravel().tolist()
        ([1.0, 1.0], [1.0, -1.0])
    """
    instance("function", function, PiecewiseLinear, "a PiecewiseLinear, such as pieces_of makes")
    f = exactly(function).linear()
    units = _units(f, least) or [(0, Fraction(0), Fraction(0))]
    anchor = f.knots[0] if len(f.knots) else Fraction(between(f.lower, f.upper))
    rest = f(anchor) - sum(weight * max(side * (anchor - place), 0) for side, place, weight in units)
    network = Network.from_arrays(
        [
            ([[Fraction(side)] for side, _, _ in units], [-side * place for side, place, _ in units]),
            ([[weight for _, _, weight in units]], [rest]),
        ]
    )
    return network if function.exact else network.as_floats()


def _units(f: PiecewiseLinear, least: bool) -> list[tuple[int, Fraction, Fraction]]:
    """Units that make the slopes of a function: side, place, weight.

    A unit looks from its place to one side (+1 or -1), and weighs what the slope gains or loses on that side.
    """
    kinks, first = f.knots.tolist(), f.slopes[0]
    jumps = (f.slopes[1:] - f.slopes[:-1]).tolist()
    if least and len(kinks) > MOST_KINKS:
        raise ValueError(f"the function has {len(kinks)} kinks: accepted with least=True are at most {MOST_KINKS}")
    left = _subset_with_sum(jumps, -first) if least else (None if first else set[int]())
    if left is not None:
        return [(-1 if i in left else 1, kink, jump) for i, (kink, jump) in enumerate(zip(kinks, jumps, strict=True))]
    # One place looks to both sides, as far as the domain goes, and all others to the right.
    ends = [Fraction(end) for end in (f.lower, f.upper) if math.isfinite(end)]
    place = [*kinks, *ends, Fraction(0)][0]
    both = [(-1, place, -first)] if place > f.lower else []
    if place < f.upper:
        both.append((1, place, f.slopes[min(1, len(kinks))]))
    return both + [(1, kink, jump) for kink, jump in zip(kinks[1:], jumps[1:], strict=True)]


def _subset_with_sum(numbers: Sequence[Fraction], wanted: Fraction) -> set[int] | None:
    """Indices of numbers that add up to what is wanted, or None: meeting in the middle, exact."""
    half = len(numbers) // 2
    parts = [range(half), range(half, len(numbers))]
    sums: list[dict[Fraction, tuple[int, ...]]] = []
    for part in parts:
        reached: dict[Fraction, tuple[int, ...]] = {Fraction(0): ()}
        for index in part:
            for total, chosen in list(reached.items()):
                reached.setdefault(total + numbers[index], (*chosen, index))
        sums.append(reached)
    for total, chosen in sums[0].items():
        if wanted - total in sums[1]:
            return {*chosen, *sums[1][wanted - total]}
    return None


def approximate(
    function: Callable[[AnyArray], AnyArray], lower: float, upper: float, *, tolerance: float, curvature: float
) -> PiecewiseLinear:
    """A smooth function within a tolerance, by chords of equal width.

    A chord of width h is off by at most h^2 / 8 times the largest second derivative, so the number of pieces follows.

    Args:
        function: takes and returns arrays.
        lower: where to begin.
        upper: where to end.
        tolerance: the largest error allowed; positive.
        curvature: a bound of the absolute value of the second derivative; positive.

    Returns:
        The chords. Their number grows like the square root of 1 / tolerance.

    Raises:
        ValueError: if a number is not positive, the ends are not in order, or more than ten million chords are needed.

    Example:
        >>> len(approximate(np.square, 0, 1, tolerance=0.01, curvature=2))
        5
    """
    positive("tolerance", tolerance)
    positive("curvature", curvature)
    if not callable(function):
        raise ValueError(f"function={function!r}: accepted are functions of an array")
    if not -math.inf < end_of_domain("lower", lower) < end_of_domain("upper", upper) < math.inf:
        raise ValueError(f"lower={lower}, upper={upper}: accepted are finite numbers in increasing order")
    lower, upper = float(lower), float(upper)
    count = math.ceil((upper - lower) * math.sqrt(curvature / (8 * tolerance)) * (1 - 1e-12))
    if count > MOST_CHORDS:
        raise ValueError(f"tolerance={tolerance} needs {count} chords: accepted are at most {MOST_CHORDS}")
    places = np.linspace(lower, upper, max(count, 1) + 1)
    return PiecewiseLinear.through(places, function(places))


def most_kinks(widths: Sequence[int]) -> int:
    """An upper bound of the number of kinks of a ReLU network of one number.

    Args:
        widths: number of units of each hidden layer, whole numbers; none for an affine network.

    Returns:
        The product of (width + 1), less one. For one hidden layer it is attained, for more it need not be.

    Raises:
        ValueError: if a width is not whole or is negative.

    Example:
        >>> most_kinks([3]), most_kinks([2, 2]), most_kinks([])
        (3, 8, 0)
    """
    units = whole_numbers("widths", widths, least=0, empty=True)
    return math.prod(width + 1 for width in units) - 1
