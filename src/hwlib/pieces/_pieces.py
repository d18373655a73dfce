"""A network of one number as the list of its straight pieces, and back.

Chapters: *A ReLU network is a list of straight pieces* and *Kinks can be counted, and made to order*.

:func:`pieces_of` walks through the layers and keeps the points at which some neuron switches, the value of every
neuron there, and every neuron's slope in between. All crossings of a layer are found at once. With Fractions
everything is exact; with float64, rounding may lose or add pieces that are hardly longer than it.

:func:`relu_network` goes back: from pieces to the smallest two-layer ReLU network.

Sources: problems ``pwl-local-affine``, ``pwl-convexity``, ``pwl-kinks``, ``pwl-no-bias``, ``act-pwl-from-relu``;
Montúfar, Pascanu, Cho, Bengio (2014); Telgarsky (2016).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from hwlib._core.arguments import whole_numbers
from hwlib._core.exact import plain
from hwlib._core.types import Number, Numbers
from hwlib.network import Activation, Network, NetworkLike, as_network, named_activation

__all__ = [
    "Piece",
    "PiecewiseLinear",
    "approximate",
    "difference_witness",
    "fewest_units",
    "most_kinks",
    "pieces_of",
    "relu_network",
]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Piece:
    """``slope * x + intercept`` for ``start <= x <= end``; the ends may be infinite."""

    start: Number
    end: Number
    slope: Number
    intercept: Number

    @property
    def inside(self) -> Number:
        """A number strictly between the ends."""
        return _between(self.start, self.end)


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

    knots: Array
    slopes: Array
    intercepts: Array
    lower: Number = -math.inf
    upper: Number = math.inf

    def __post_init__(self) -> None:
        exact = any(np.asarray(array).dtype == object for array in (self.knots, self.slopes, self.intercepts))
        for name in ("knots", "slopes", "intercepts"):
            array = _numbers(name, getattr(self, name), exact=exact)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for name in ("lower", "upper"):
            object.__setattr__(self, name, plain(np.asarray(getattr(self, name))))
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
        given = [*np.ravel(np.array(places, object)), *np.ravel(np.array(values, object))]
        outer = [slope for slope in (left_slope, right_slope) if slope is not None]
        exact = any(isinstance(number, Fraction) for number in (*given, *outer))
        x, y = (_numbers(name, array, exact=exact) for name, array in (("places", places), ("values", values)))
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
        rates = _numbers("slopes", slopes, exact=exact)
        return cls(_numbers("knots", knots, exact=exact), rates, y[starts] - rates * x[starts], lower, upper)

    @property
    def exact(self) -> bool:
        """Whether the numbers are Fractions."""
        return self.slopes.dtype == object

    def __call__(self, x: Numbers) -> Any:
        """Values at x, of any shape, inside the domain."""
        values = _numbers("x", x, exact=self.exact)
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
        """
        steepest = max(abs(self.slopes))
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
    def kinks(self) -> Array:
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
        if not (self.lower <= lower <= upper <= self.upper and math.isfinite(lower) and math.isfinite(upper)):
            raise ValueError(
                f"from {lower} to {upper}: accepted are finite numbers in order, from {self.lower} to {self.upper}"
            )
        inside = [x for x in self.knots.tolist() if lower < x < upper]
        x = _numbers("bounds", [lower, *inside, upper], exact=self.exact)
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
        """Difference on the common domain; exact if both are."""
        if not isinstance(other, PiecewiseLinear):
            return NotImplemented
        exact = self.exact and other.exact
        lower, upper = max(self.lower, other.lower), min(self.upper, other.upper)
        if not lower < upper:
            raise ValueError(f"the domains meet in no interval: {self!r} and {other!r}")
        points = np.unique(_numbers("knots", [*self.knots, *other.knots], exact=exact))
        knots = points[(points > lower) & (points < upper)]
        inside = [_between(start, end) for start, end in itertools.pairwise([lower, *knots.tolist(), upper])]
        parts = []
        for function in (self, other):
            piece = np.searchsorted(_numbers("knots", function.knots, exact=exact), _numbers("x", inside, exact=exact))
            parts.append((function.slopes[piece], function.intercepts[piece]))
        (a, b), (c, d) = parts
        return PiecewiseLinear(
            knots, _numbers("slopes", a - c, exact=exact), _numbers("intercepts", b - d, exact=exact), lower, upper
        )


def pieces_of(network: NetworkLike, lower: Number = -math.inf, upper: Number = math.inf) -> PiecewiseLinear:
    """All pieces of a network with one input and one output.

    A new piece begins wherever some neuron switches; :meth:`PiecewiseLinear.linear` drops those of these knots at
    which the slope of the output stays the same.

    Args:
        network: with one input and one output, as :func:`hwlib.network.as_network` takes it. With weights that are
            Fractions the result is exact (:meth:`hwlib.network.Network.as_fractions`); in float64, pieces shorter than
            10^-12 of their distance from zero, or of the median knot's, are left out.
        lower: where to begin.
        upper: where to end.

    Returns:
        The pieces in order.

    Raises:
        ValueError: if the network has another number of inputs or outputs, or if ``lower`` is not less than ``upper``.

    Example:
        >>> network = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
        >>> [(piece.start, piece.end, piece.slope) for piece in pieces_of(network)]
        [(-inf, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, inf, -1.0)]
    """
    network = as_network(network)
    if (network.inputs, network.outputs) != (1, 1):
        raise ValueError(f"{network} has {network.inputs} inputs and {network.outputs} outputs: accepted is 1 and 1")
    if not lower < upper:
        raise ValueError(f"lower={lower}, upper={upper}: accepted are numbers in increasing order")
    sweep = _Sweep.start(network, lower, upper)
    for layer, following in itertools.pairwise(network.layers):
        sweep = sweep.through_activation(layer.activation, following.weight, following.bias, following.activation)
    one = np.array([[1]], object) if network.exact else np.eye(1)
    sweep = sweep.through_activation(network.layers[-1].activation, one, one[0] * 0, named_activation("identity"))
    return sweep.finish(network)


@dataclass(frozen=True)
class _Sweep:
    """What enters the activations of a layer: values at points in increasing order, between which all is straight.

    Beyond the first and the last point there may be a ray, along which all is straight, too.
    """

    x: Array  # (m,)
    values: Array  # (m, neurons)
    rays: tuple[Array | None, Array | None]  # slopes (neurons,) to the left of all points, and to their right
    switches: npt.NDArray[np.bool_]  # (m,): whether a neuron switches there

    @classmethod
    def start(cls, network: Network, lower: Number, upper: Number) -> _Sweep:
        finite = [end for end in (lower, upper) if math.isfinite(end)] or [0]  # a ray needs a point to begin at
        x = _numbers("lower and upper", finite, exact=network.exact)
        first = network.layers[0]
        slopes = first.weight[:, 0]
        rays = (None if math.isfinite(lower) else slopes, None if math.isfinite(upper) else slopes)
        return cls(x, x[:, None] * slopes + first.bias, rays, np.zeros(len(x), bool))

    def through_activation(self, activation: Activation, weight: Array, bias: Array, following: Activation) -> _Sweep:
        """Split where a neuron crosses a breakpoint, apply the activation, and then weight and bias.

        Args:
            activation: of this layer.
            weight: of the next layer.
            bias: of the next layer.
            following: activation of the next layer; which side of its breakpoints a value is on must not be left to
                rounding.
        """
        exact = self.x.dtype == object
        sweep = self._with_outermost_crossings(activation.points(exact=exact))
        split = sweep._split(activation)
        values = np.empty((len(split.x), len(weight)), sweep.values.dtype)

        def in_full(rows: Array) -> None:
            # In blocks that stay in the cache: the values of all neurons at all points may be large.
            step = max(1, 2**16 // sweep.values.shape[1])
            for begin in range(0, len(rows), step):
                block = rows[begin : begin + step]
                made = _activated(activation, split.at(block)) @ weight.T
                made += bias
                values[block] = made

        pillars = split.pillars()
        neurons, outputs = sweep.values.shape[1], len(weight)
        # About how many nanoseconds the shortcut saves: it pays in wide layers only.
        saved = (len(split.x) - len(pillars)) * (neurons * (outputs / 16 + 4) - 18 * outputs)
        if exact or saved < 1e6:
            in_full(np.arange(len(split.x)))
        else:
            in_full(pillars)
            between, hung = split.hung_between(pillars, values, activation, weight)
            values[between] = hung
            close = 1e-11 * np.abs(values[pillars]).max()
            doubtful = np.zeros(len(between), bool)
            for point in following.points(exact=False):
                doubtful |= ((hung > point - close) & (hung < point + close)).any(axis=1)
            in_full(between[doubtful])
        rays = sweep._rays_after(activation)
        return _Sweep(split.x, values, (_through(rays[0], weight), _through(rays[1], weight)), split.switches)

    def _with_outermost_crossings(self, points: Array) -> _Sweep:
        """Add a point to each ray, where the last crossing is: so that all crossings lie between points."""
        sweep = self
        for side, end in ((0, 0), (1, -1)):
            slopes = sweep.rays[side]
            if slopes is None:
                continue
            best = None
            start = sweep.x[end]
            for point in points:
                towards = (point - sweep.values[end]) * (slopes if side else -slopes) > 0
                if towards.any():
                    crossing = start + (point - sweep.values[end][towards]) / slopes[towards]
                    far = crossing.max() if side else crossing.min()
                    best = far if best is None else (max(best, far) if side else min(best, far))
            if best is not None and best != start:
                new = sweep.values[end] + slopes * (best - start)
                for point in points:  # who crosses here is exactly at the breakpoint
                    towards = (point - sweep.values[end]) * (slopes if side else -slopes) > 0
                    crossing = start + (point - sweep.values[end][towards]) / slopes[towards]
                    new[np.flatnonzero(towards)[crossing == best]] = point
                index = len(sweep.x) if side else 0
                sweep = _Sweep(
                    np.insert(sweep.x, index, best),
                    np.insert(sweep.values, index, new, axis=0),
                    sweep.rays,
                    np.insert(sweep.switches, index, False),
                )
        return sweep

    def _split(self, activation: Activation) -> _Split:
        """Add a point wherever a neuron crosses a breakpoint."""
        found_x, found_neuron, found_point, touched = [], [], [], []
        for point in activation.points(exact=self.x.dtype == object):
            above = self.values > point
            interval, neuron = _places(above[:-1] != above[1:])
            low, high = self.values[interval, neuron], self.values[interval + 1, neuron]
            strict = (low != point) & (high != point)
            interval, neuron, low, high = interval[strict], neuron[strict], low[strict], high[strict]
            start, end = self.x[interval], self.x[interval + 1]
            x = start + (end - start) * ((point - low) / (high - low))
            found_x.append(np.minimum(np.maximum(x, start), end))
            found_neuron.append(neuron)
            found_point.append(np.full(len(x), point, self.x.dtype))
            touched.append(self._switching_at_old_points(point, above))
        x, number = np.unique(np.concatenate([self.x, *found_x]), return_inverse=True)
        old, row = number[: len(self.x)], number[len(self.x) :]
        switches = np.zeros(len(x), bool)
        switches[old] = np.any([self.switches, *touched], axis=0)
        switches[row] = True
        left = np.searchsorted(self.x, x, side="right") - 1
        right = np.minimum(left + 1, len(self.x) - 1)
        width = self.x[right] - self.x[left]
        order = np.argsort(row, kind="stable")
        return _Split(
            x=x,
            switches=switches,
            before=self.values,
            left=left,
            share=(x - self.x[left]) / np.where(width == 0, width + 1, width),  # the last point has no next one
            old=old,
            row=row[order],
            neuron=np.concatenate([np.zeros(0, int), *found_neuron])[order],
            point=np.concatenate([np.zeros(0, self.x.dtype), *found_point])[order],
        )

    def _switching_at_old_points(self, point: Number, above: Array) -> npt.NDArray[np.bool_]:
        """Whether a neuron that is exactly at a breakpoint has it on one side of the point only."""
        switching = np.zeros(len(self.x), bool)
        place, neuron = _places(self.values == point)
        sides = []
        for step, end, ray in ((-1, 0, self.rays[0]), (1, len(self.x) - 1, self.rays[1])):
            side = above[np.clip(place + step, 0, len(self.x) - 1), neuron]
            at_end = place == end
            side[at_end] = False if ray is None else (ray[neuron[at_end]] * step > 0)
            sides.append(side)
        switching[place[sides[0] != sides[1]]] = True
        return switching

    def _rays_after(self, activation: Activation) -> list[Array | None]:
        """Slopes of the rays after the activation."""
        slopes, _ = activation.coefficients(exact=self.x.dtype == object)
        after: list[Array | None] = []
        for ray, end, sign in ((self.rays[0], 0, -1), (self.rays[1], -1, 1)):
            if ray is None:
                after.append(None)
                continue
            piece = np.zeros(len(ray), int)
            for point in activation.points(exact=self.x.dtype == object):
                value = self.values[end]
                piece += (value > point) | ((value == point) & (ray * sign > 0))
            after.append(slopes[piece] * ray)
        return after

    def finish(self, network: Network) -> PiecewiseLinear:
        """The function of the only neuron that is left."""
        x, y = self.x, self.values[:, 0]
        kept = np.ones(len(x), bool)
        if not network.exact:  # leave out what is no longer than rounding
            size = np.maximum(abs(x), np.median(abs(x)))  # not the largest: one knot may be far out
            kept[1:] = x[1:] - x[:-1] > 1e-12 * np.maximum(size[1:], size[:-1])
        groups = np.cumsum(kept) - 1
        switches = np.zeros(groups[-1] + 1, bool)
        np.logical_or.at(switches, groups, self.switches)
        x, y = x[kept], y[kept]
        inner = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
        if not network.exact and len(inner):
            inner = _sharpened(network, x, y, inner)
        left, right = (None if ray is None else ray[0] for ray in self.rays)
        slopes = [*([] if left is None else [left]), *inner, *([] if right is None else [right])]
        starts = [*([] if left is None else [0]), *range(len(inner)), *([] if right is None else [len(x) - 1])]
        knots = np.arange(len(x))[(1 if left is None else 0) : len(x) - (1 if right is None else 0)]
        rates, anchor = _numbers("slopes", slopes, exact=network.exact), np.array(starts)
        intercepts = y[anchor] - rates * x[anchor]
        real = switches[knots]
        pieces = np.concatenate([[True], real])
        return PiecewiseLinear(
            x[knots[real]],
            rates[pieces],
            intercepts[pieces],
            -math.inf if left is not None else x[0],
            math.inf if right is not None else x[-1],
        )


@dataclass(frozen=True)
class _Split:
    """Points of a sweep with those between them at which neurons cross a breakpoint."""

    x: Array  # (m,)
    switches: npt.NDArray[np.bool_]  # (m,)
    before: Array  # (old points, neurons): values at the old points
    left: Array  # (m,): the old point at or left of each
    share: Array  # (m,): how far it is on the way to the next old one
    old: Array  # (old points,): where they are now
    row: Array  # (crossings,): at which point, in order
    neuron: Array  # (crossings,)
    point: Array  # (crossings,): the breakpoint

    def at(self, rows: Array) -> Array:
        """Values of all neurons at some points, in order: straight between old points."""
        left = self.left[rows]
        here = self.before.take(left, 0)
        step = self.before.take(np.minimum(left + 1, len(self.before) - 1), 0)
        step -= here
        step *= self.share[rows][:, None]  # zero for an old point, which so keeps its values
        here += step
        place = np.searchsorted(rows, self.row)
        met = np.flatnonzero(place < len(rows))
        met = met[rows[place[met]] == self.row[met]]
        here[place[met], self.neuron[met]] = self.point[met]  # exactly there, not up to rounding
        return here

    def pillars(self) -> Array:
        """Old points, and every eighth of the new ones between two of them."""
        since = np.arange(len(self.x)) - self.old[self.left]
        return np.flatnonzero(since % 8 == 0)

    def hung_between(self, pillars: Array, values: Array, activation: Activation, weight: Array) -> tuple[Array, Array]:
        """The points between pillars, and the next layer's values there.

        Between two pillars everything is straight but the neurons that cross there. So the values of the next layer
        are on the straight line between those at the pillars, plus, for these few neurons, their weight times how
        far they are off their own straight line. That saves most of the multiplications.
        """
        is_pillar = np.zeros(len(self.x), bool)
        is_pillar[pillars] = True
        between = np.flatnonzero(~is_pillar)
        section = np.cumsum(is_pillar) - 1  # of each point: which pillar is at or before it
        start, end = pillars[section[between]], pillars[section[between] + 1]
        share = ((self.x[between] - self.x[start]) / (self.x[end] - self.x[start]))[:, None]
        hung = values[end]
        hung -= values[start]
        hung *= share
        hung += values[start]

        inside = ~is_pillar[self.row]
        pairs = np.unique(section[self.row[inside]] * weight.shape[1] + self.neuron[inside])
        sections, neuron = np.divmod(pairs, weight.shape[1])
        counts = np.diff(pillars)[sections] - 1  # points between the two pillars
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        first, last, neuron = (np.repeat(each, counts) for each in (pillars[sections], pillars[sections + 1], neuron))
        row = first + 1 + place
        low, here, high = (self._activated_entries(activation, each, neuron) for each in (first, row, last))
        along = (self.x[row] - self.x[first]) / (self.x[last] - self.x[first])
        off = here - low - along * (high - low)
        shape = (len(between), weight.shape[1])
        bent = sparse.csr_array((off, (np.searchsorted(between, row), neuron)), shape) @ weight.T
        hung += bent
        return between, hung

    def _activated_entries(self, activation: Activation, rows: Array, neurons: Array) -> Array:
        left, share = self.left[rows], self.share[rows]
        low = self.before[left, neurons]
        high = self.before[np.minimum(left + 1, len(self.before) - 1), neurons]
        made: Array = _activated(activation, low + share * (high - low))
        return made


def _places(mask: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Rows and columns where a mask holds: as np.nonzero, which is ten times slower on two axes than on one."""
    rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return rows, columns


def _through(ray: Array | None, weight: Array) -> Array | None:
    return None if ray is None else weight @ ray


def _activated(activation: Activation, z: Array) -> Array:
    if activation.name == "relu" and z.dtype != object:
        return np.maximum(z, 0, out=z)  # the same, without a table of pieces
    made: Array = np.asarray(activation(z))
    return made


def _sharpened(network: Network, x: Array, y: Array, slopes: Array) -> Array:
    """Slopes of short pieces by the chain rule: there a difference quotient loses digits."""
    width = x[1:] - x[:-1]
    scale = (abs(y).max() + abs(slopes).max() * abs(x).max()) / (abs(slopes).max() or 1)
    short = np.flatnonzero(width < 1e-5 * scale)
    if len(short):
        middles = x[short] + width[short] / 2
        both = np.stack([middles, np.ones_like(middles)])[..., None]  # (value or derivative, pieces, neurons)
        for layer in network.layers:
            both = (both.reshape(-1, both.shape[2]) @ layer.weight.T).reshape(2, len(short), -1)
            both[0] += layer.bias
            both[1] *= layer.activation.coefficients(exact=False)[0][layer.activation.piece(both[0])]
            both[0] = layer.activation(both[0])
        slopes = slopes.copy()
        slopes[short] = both[1, :, 0]
    return slopes


def _between(start: Number, end: Number) -> Number:
    """A number strictly inside an interval."""
    if math.isinf(start) and math.isinf(end):
        return 0
    if math.isinf(start):
        return end - 1
    if math.isinf(end):
        return start + 1
    return (start + end) / 2


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
        >>> absolute = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1]], [0])])
        >>> relu = Network.from_arrays([([[1]], [0]), ([[1]], [0])])
        >>> difference_witness(absolute, relu)
        Fraction(-1, 1)
    """
    f, g = (
        _exactly(one if isinstance(one, PiecewiseLinear) else pieces_of(as_network(one).as_fractions()))
        for one in (first, second)
    )
    difference = (f - g).linear()
    places = [piece.inside for piece in difference]
    places += [end for end in (difference.lower, *difference.knots, difference.upper) if math.isfinite(end)]
    worst = max(places, key=lambda x: abs(difference(x)))
    return Fraction(worst) if difference(worst) else None


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
    f = _exactly(function).linear()
    kinks, first = f.knots.tolist(), f.slopes[0]
    jumps = (f.slopes[1:] - f.slopes[:-1]).tolist()
    if least and len(kinks) > 40:
        raise ValueError(f"the function has {len(kinks)} kinks: accepted with least=True are at most 40")
    left = _subset_with_sum(jumps, -first) if least else (None if first else set[int]())
    # A unit looks from its kink to one side (+1 or -1), and weighs what the slope gains or loses on that side.
    if left is not None:
        units = [(-1 if i in left else 1, kink, jump) for i, (kink, jump) in enumerate(zip(kinks, jumps, strict=True))]
    elif kinks:
        units = [(-1, kinks[0], -first), (1, kinks[0], f.slopes[1])]
        units += [(1, kink, jump) for kink, jump in zip(kinks[1:], jumps[1:], strict=True)]
    elif math.isfinite(f.lower):
        units = [(1, Fraction(f.lower), first)]
    elif math.isfinite(f.upper):
        units = [(-1, Fraction(f.upper), -first)]
    else:
        units = [(1, Fraction(0), first), (-1, Fraction(0), -first)]
    units = units or [(0, Fraction(0), Fraction(0))]
    anchor = kinks[0] if kinks else Fraction(_between(f.lower, f.upper))
    rest = f(anchor) - sum(weight * max(side * (anchor - kink), 0) for side, kink, weight in units)
    network = Network.from_arrays(
        [
            ([[Fraction(side)] for side, _, _ in units], [-side * kink for side, kink, _ in units]),
            ([[weight for _, _, weight in units]], [rest]),
        ]
    )
    return network if function.exact else network.as_floats()


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
    function: Callable[[Array], Array], lower: float, upper: float, *, tolerance: float, curvature: float
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
        ValueError: if a number is not positive or the ends are not in order.

    Example:
        >>> len(approximate(np.square, 0, 1, tolerance=0.01, curvature=2))
        5
    """
    if not (tolerance > 0 and curvature > 0 and lower < upper):
        raise ValueError(
            f"lower={lower}, upper={upper}, tolerance={tolerance}, curvature={curvature}: accepted are ends in order "
            "and positive numbers"
        )
    count = math.ceil((upper - lower) * math.sqrt(curvature / (8 * tolerance)) * (1 - 1e-12))
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
    units = whole_numbers("widths", widths, least=0) if len(widths) else ()
    return math.prod(width + 1 for width in units) - 1


def _exactly(function: PiecewiseLinear) -> PiecewiseLinear:
    """The function in Fractions: its knots, its slopes and its first intercept; the others follow by continuity."""
    if function.exact:
        return function
    knots = [Fraction(x) for x in function.knots.tolist()]
    slopes = [Fraction(slope) for slope in function.slopes.tolist()]
    intercepts = [Fraction(function.intercepts[0])]
    for knot, (before, after) in zip(knots, itertools.pairwise(slopes), strict=True):
        intercepts.append(intercepts[-1] + (before - after) * knot)
    return PiecewiseLinear(
        _numbers("knots", knots, exact=True),
        _numbers("slopes", slopes, exact=True),
        _numbers("intercepts", intercepts, exact=True),
        function.lower,
        function.upper,
    )


def _numbers(name: str, values: Any, *, exact: bool) -> Array:
    """An array of Fractions, or of float64."""
    try:
        array = np.array(values, dtype=object)
        if not exact:
            floats = array.astype(np.float64)
            if not np.isfinite(floats).all():
                raise ValueError
            return floats
        made = np.empty(array.shape, dtype=object)
        made.ravel()[:] = [Fraction(number) for number in array.ravel()]
        return made
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} holds something else than finite real numbers") from None
