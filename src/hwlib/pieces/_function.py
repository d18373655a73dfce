"""A continuous piecewise linear function of one number, as the list of its straight pieces."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any, Literal

import numpy as np

from hwlib._core.arguments import positive
from hwlib._core.arrays import as_array
from hwlib._core.exact import as_reals, has_fractions, plain
from hwlib._core.types import AnyArray, Number, Numbers

__all__ = ["Piece", "PiecewiseLinear"]


@dataclass(frozen=True)
class Piece:
    """``slope * x + intercept`` for ``start <= x <= end``; the ends may be infinite."""

    start: Number
    end: Number
    slope: Number
    intercept: Number

    @property
    def inside(self) -> Number:
        """A place strictly inside, the middle or one away from a single end."""
        return between(self.start, self.end)


@dataclass(frozen=True, eq=False)
class PiecewiseLinear:
    """A continuous piecewise linear function of one number.

    Attributes:
        knots: ``(m,)``: where one piece ends and the next begins, in increasing order.
        slopes: ``(m + 1,)``.
        intercepts: ``(m + 1,)``.
        lower: where the first piece begins; may be ``-inf``.
        upper: where the last piece ends; may be ``inf``.

    Raises:
        ValueError: if lengths or order do not fit, a number is not finite, or pieces do not meet.

    Example:
        >>> f = PiecewiseLinear.through([0, 1, 3], [0, 2, 0])
        >>> f.shape, f.extrema()[1]
        ('concave', (1.0, 2.0))
    """

    knots: AnyArray
    slopes: AnyArray
    intercepts: AnyArray
    lower: Number = -math.inf
    upper: Number = math.inf

    def __post_init__(self) -> None:
        given = {name: as_array(name, getattr(self, name)) for name in ("knots", "slopes", "intercepts")}
        exact = any(has_fractions(array) for array in given.values())
        for name, values in given.items():
            array = as_reals(name, values, exact=exact)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for name in ("lower", "upper"):
            object.__setattr__(self, name, end_of_domain(name, getattr(self, name)))
        count = self.knots.size
        if self.knots.shape != (count,) or {self.slopes.shape, self.intercepts.shape} != {(count + 1,)}:
            raise ValueError(
                f"{count} knots, {self.slopes.size} slopes and {self.intercepts.size} intercepts: accepted are one "
                "slope and one intercept more than knots"
            )
        outer = [self.lower, *self.knots[:1], *self.knots[-1:], self.upper]
        in_order = count < 2 or (self.knots[1:] > self.knots[:-1]).all()
        if not (in_order and outer[0] < outer[1] and outer[-2] < outer[-1]):
            raise ValueError(
                f"knots={self.knots.tolist()} from lower={self.lower} to upper={self.upper}: accepted are numbers in "
                "increasing order between the two"
            )
        left = self.slopes[:-1] * self.knots + self.intercepts[:-1]
        right = self.slopes[1:] * self.knots + self.intercepts[1:]
        scale = abs(self.slopes[:-1] * self.knots) + abs(self.intercepts[:-1]) + abs(self.intercepts[1:])
        apart = abs(left - right) > (0 if exact else 1e-6 * (1 + scale))  # more than rounding leaves
        if apart.any():
            place = int(np.argmax(apart))
            raise ValueError(
                f"the function jumps at {self.knots[place]} from {left[place]} to {right[place]}: accepted are pieces "
                "that meet"
            )

    @classmethod
    def through(
        cls,
        places: Numbers,
        values: Numbers,
        *,
        left_slope: Number | None = None,
        right_slope: Number | None = None,
    ) -> PiecewiseLinear:
        """The function through points, straight between neighbours.

        Args:
            places: ``(n,)``, increasing.
            values: ``(n,)``. With a Fraction among the numbers all become Fractions, otherwise all become float64.
            left_slope: if given, the function goes on to the left with this slope; otherwise it begins at the first
                place.
            right_slope: the same on the right.

        Returns:
            The function.

        Raises:
            ValueError: if there are too few points for a piece, or they are not in order.

        Example:
            >>> PiecewiseLinear.through([0], [1], left_slope=-1, right_slope=2)([-2, 3]).tolist()
            [3.0, 7.0]
        """
        given = {"places": as_array("places", places), "values": as_array("values", values)}
        outer = [as_array("outer slopes", slope) for slope in (left_slope, right_slope) if slope is not None]
        exact = any(has_fractions(array) for array in (*given.values(), *outer))
        x, y = (as_reals(name, array, exact=exact) for name, array in given.items())
        if x.ndim != 1 or x.shape != y.shape or len(x) + len(outer) < 2 or any(x[1:] <= x[:-1]):
            raise ValueError(
                f"places have shape {x.shape} and values {y.shape}: accepted are increasing places with a value each, "
                "enough of them, with the outer slopes, for one piece"
            )
        slopes = list((y[1:] - y[:-1]) / (x[1:] - x[:-1]))
        starts, knots = list(range(len(slopes))), list(x)
        lower, upper = x[0], x[-1]
        if left_slope is not None:
            slopes, starts, lower = [left_slope, *slopes], [0, *starts], -math.inf
        else:
            knots = knots[1:]
        if right_slope is not None:
            slopes, starts, upper = [*slopes, right_slope], [*starts, len(x) - 1], math.inf
        else:
            knots = knots[:-1]
        rates = as_reals("slopes", slopes, exact=exact)
        return cls(as_reals("knots", knots, exact=exact), rates, y[starts] - rates * x[starts], lower, upper)

    @property
    def exact(self) -> bool:
        """Whether the numbers are Fractions."""
        return self.slopes.dtype == object

    def __call__(self, x: Numbers) -> Any:
        """Values at x.

        Args:
            x: real numbers inside the domain, of any shape.

        Returns:
            Of the same shape, Fractions if the function is exact.

        Raises:
            ValueError: if a number is outside the domain, or none at all.

        Example:
            >>> PiecewiseLinear.through([0, 1, 3], [0, 2, 0])([0.5, 2])
            array([1., 1.])
        """
        values = as_reals("x", x, exact=self.exact)
        if values.size and not ((values >= self.lower) & (values <= self.upper)).all():
            raise ValueError(f"x leaves the domain: accepted are numbers from {self.lower} to {self.upper}")
        piece = np.searchsorted(self.knots, values)
        return plain(np.asarray(self.slopes[piece] * values + self.intercepts[piece]))

    def __len__(self) -> int:
        return len(self.slopes)

    def __iter__(self) -> Iterator[Piece]:
        ends = [self.lower, *self.knots.tolist(), self.upper]
        for (start, end), slope, intercept in zip(
            itertools.pairwise(ends), self.slopes.tolist(), self.intercepts.tolist(), strict=True
        ):
            yield Piece(start, end, slope, intercept)

    def __repr__(self) -> str:
        return f"PiecewiseLinear of {len(self)} pieces from {self.lower} to {self.upper}"

    def linear(self, *, tolerance: float = 1e-9) -> PiecewiseLinear:
        """The same function without knots at which the slope stays the same.

        Args:
            tolerance: in float64, slopes that differ by less than this share of the steepest slope count as equal.
                Fractions are compared exactly.

        Returns:
            The function by its true pieces, so that it has no derivative at any knot.

        Raises:
            ValueError: if the tolerance is negative.

        Example:
            >>> len(PiecewiseLinear.through([0, 1, 2, 3], [0, 1, 2, 0]).linear())
            2
        """
        steepest = max(abs(self.slopes))
        positive("tolerance", tolerance, zero=True)
        limit = 0 if self.exact else tolerance * steepest
        kept, last = [], self.slopes[0]
        for number, slope in enumerate(self.slopes[1:]):
            if abs(slope - last) > limit:
                kept.append(number)
                last = slope
        first = [0, *(number + 1 for number in kept)]
        knots = self.knots[np.array(kept, int)]
        return PiecewiseLinear(knots, self.slopes[first], self.intercepts[first], self.lower, self.upper)

    @property
    def kinks(self) -> AnyArray:
        """Where the function has no derivative."""
        return self.linear().knots

    @property
    def shape(self) -> Literal["affine", "convex", "concave", "neither"]:
        """Convex if slopes only rise, concave if they only fall."""
        slopes = self.linear().slopes
        if len(slopes) == 1:
            return "affine"
        rises, falls = (slopes[1:] > slopes[:-1]).all(), (slopes[1:] < slopes[:-1]).all()
        return "convex" if rises else "concave" if falls else "neither"

    @property
    def lipschitz(self) -> Number:
        """How steep the steepest piece is, which is the Lipschitz constant."""
        steepest: Number = max(abs(self.slopes).tolist())
        return steepest

    def extrema(self) -> tuple[tuple[Number, Number], tuple[Number, Number]]:
        """The least and the largest value, each as (place, value); both infinite where there is none.

        Returns:
            Two pairs. Where a value is attained at several places, the first knot or end of them.

        Example:
            >>> PiecewiseLinear.through([0], [1], left_slope=-1, right_slope=0).extrema()
            ((0.0, 1.0), (-inf, inf))
        """
        places = [x for x in (self.lower, *self.knots.tolist(), self.upper) if math.isfinite(x)] or [0]
        found = [(x, self(x)) for x in places]
        if math.isinf(self.lower) and self.slopes[0]:
            found.append((-math.inf, math.inf if self.slopes[0] < 0 else -math.inf))
        if math.isinf(self.upper) and self.slopes[-1]:
            found.append((math.inf, math.inf if self.slopes[-1] > 0 else -math.inf))
        return min(found, key=lambda pair: pair[1]), max(found, key=lambda pair: pair[1])

    def integral(self, lower: Number, upper: Number) -> Number:
        """Integral between two numbers of the domain.

        Args:
            lower: where it begins.
            upper: where it ends, at least ``lower``.

        Returns:
            The area, below zero counted negative.

        Raises:
            ValueError: if the numbers are not finite, in order and inside the domain.

        Example:
            >>> PiecewiseLinear.through([0], [0], left_slope=-1, right_slope=1).integral(-1, 2)
            2.5
        """
        lower, upper = end_of_domain("lower", lower), end_of_domain("upper", upper)
        if not (self.lower <= lower <= upper <= self.upper and math.isfinite(lower) and math.isfinite(upper)):
            raise ValueError(
                f"from {lower} to {upper}: accepted are finite numbers in order, from {self.lower} to {self.upper}"
            )
        inside = [x for x in self.knots.tolist() if lower < x < upper]
        x = as_reals("bounds", [lower, *inside, upper], exact=self.exact)
        y = self(x)
        area: Number = plain(np.asarray(((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).sum()))
        return area

    def roots(self) -> list[tuple[Number, Number]]:
        """Where the function is zero.

        Returns:
            Intervals in order, with equal ends for a single place. In float64 a root at a knot may be missed or found
            by rounding.

        Example:
            >>> PiecewiseLinear.through([0, 1], [0, 0], left_slope=1, right_slope=2).roots()
            [(0.0, 1.0)]
        """
        found: list[tuple[Number, Number]] = []
        for piece in self:
            if piece.slope == 0:
                zeros = (piece.start, piece.end) if piece.intercept == 0 else None
            else:
                root = 0 - piece.intercept / piece.slope
                zeros = (root, root) if piece.start <= root <= piece.end else None
            if zeros is None:
                continue
            if found and zeros[0] <= found[-1][1]:  # begins where the one before ends
                found[-1] = (found[-1][0], max(found[-1][1], zeros[1]))
            else:
                found.append(zeros)
        return found

    def __sub__(self, other: PiecewiseLinear) -> PiecewiseLinear:
        """The difference of two functions, where both are defined.

        Args:
            other: the function to take away.

        Returns:
            The difference; exact if both are.

        Raises:
            ValueError: if the domains have no interval in common.

        Example:
            >>> f = PiecewiseLinear.through([0, 1, 3], [0, 2, 0])
            >>> (f - f).lipschitz
            0.0
        """
        if not isinstance(other, PiecewiseLinear):
            return NotImplemented
        exact = self.exact and other.exact
        lower, upper = max(self.lower, other.lower), min(self.upper, other.upper)
        if not lower < upper:
            raise ValueError(f"the domains meet in no interval: {self!r} and {other!r}")
        points = np.unique(as_reals("knots", [*self.knots, *other.knots], exact=exact))
        knots = points[(points > lower) & (points < upper)]
        inside = list(itertools.starmap(between, itertools.pairwise([lower, *knots.tolist(), upper])))
        parts = []
        for function in (self, other):
            piece = np.searchsorted(as_reals("knots", function.knots, exact=exact), as_reals("x", inside, exact=exact))
            parts.append((function.slopes[piece], function.intercepts[piece]))
        (a, b), (c, d) = parts
        return PiecewiseLinear(
            knots, as_reals("slopes", a - c, exact=exact), as_reals("intercepts", b - d, exact=exact), lower, upper
        )


def end_of_domain(name: str, value: Any) -> Number:
    """An end of an interval: a real number, which may be infinite."""
    number = value.item() if isinstance(value, np.generic) else value
    if not isinstance(number, Real) or number != number:  # NaN is not itself
        raise ValueError(f"{name}={value!r}: accepted is a real number or an infinite one")
    return number  # type: ignore[return-value]


def between(start: Number, end: Number) -> Number:
    """A number strictly inside an interval."""
    if math.isinf(start) and math.isinf(end):
        return 0
    if math.isinf(start):
        return end - 1
    if math.isinf(end):
        return start + 1
    return (start + end) / 2


def exactly(function: PiecewiseLinear) -> PiecewiseLinear:
    """The function in Fractions: its knots, its slopes and its first intercept; the others follow by continuity."""
    if function.exact:
        return function
    knots = [Fraction(x) for x in function.knots.tolist()]
    slopes = [Fraction(slope) for slope in function.slopes.tolist()]
    intercepts = [Fraction(function.intercepts[0])]
    for knot, (before, after) in zip(knots, itertools.pairwise(slopes), strict=True):
        intercepts.append(intercepts[-1] + (before - after) * knot)
    return PiecewiseLinear(
        as_reals("knots", knots, exact=True),
        as_reals("slopes", slopes, exact=True),
        as_reals("intercepts", intercepts, exact=True),
        function.lower,
        function.upper,
    )
