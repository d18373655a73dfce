"""All pieces of a network of one number, found layer by layer.

A sweep keeps the points at which some neuron has switched so far, and the value of every neuron there: between two
neighbours every neuron is straight. All crossings of a layer are found at once. Rounding is kept small by reckoning
from the nearer one of two neighbours, which may be very far apart.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hwlib._core.exact import as_reals
from hwlib._core.types import AnyArray, Integers, Number
from hwlib.network import Activation, Layer, Network, NetworkLike, as_network, named_activation
from hwlib.pieces._function import PiecewiseLinear, end_of_domain

__all__ = ["pieces_of"]

_RELU = named_activation("relu")


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

    Sources: problem ``pwl-local-affine``.

    Example:
        >>> network = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
        >>> [(piece.start, piece.end, piece.slope) for piece in pieces_of(network)]
        [(-inf, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, inf, -1.0)]
    """
    network = as_network(network)
    if (network.inputs, network.outputs) != (1, 1):
        raise ValueError(f"{network} has {network.inputs} inputs and {network.outputs} outputs: accepted is 1 and 1")
    lower, upper = end_of_domain("lower", lower), end_of_domain("upper", upper)
    if not lower < upper:
        raise ValueError(f"lower={lower}, upper={upper}: accepted are numbers in increasing order")
    one = as_reals("weight", [[1]], exact=network.exact)
    layers = [*network.layers, Layer(one, one[0] * 0, named_activation("identity"))]
    sweep = _Sweep.start(layers[0], lower, upper)
    for layer, following in itertools.pairwise(layers):
        sweep = sweep.through(layer.activation, following)
    return sweep.finish(network)


@dataclass(frozen=True)
class _Sweep:
    """What enters the activations of a layer: values at points in increasing order, between which all is straight.

    Beyond the first and the last point there may be a ray, along which all is straight, too.
    """

    x: AnyArray  # (m,)
    values: AnyArray  # (m, neurons)
    rays: tuple[AnyArray | None, AnyArray | None]  # slopes (neurons,) to the left of all points, and to their right
    switches: npt.NDArray[np.bool_]  # (m,): whether a neuron switches there

    @classmethod
    def start(cls, first: Layer, lower: Number, upper: Number) -> _Sweep:
        finite = [end for end in (lower, upper) if math.isfinite(end)] or [0]  # a ray needs a point to begin at
        x, slopes = as_reals("lower and upper", finite, exact=first.exact), first.weight[:, 0]
        rays = (None if math.isfinite(lower) else slopes, None if math.isfinite(upper) else slopes)
        return cls(x, x[:, None] * slopes + first.bias, rays, np.zeros(len(x), bool))

    @property
    def exact(self) -> bool:
        return self.x.dtype == object

    def through(self, activation: Activation, following: Layer) -> _Sweep:
        """Split where a neuron crosses a breakpoint, and go on to what enters the activations of the next layer."""
        sweep = self._with_last_crossings(activation)
        split = sweep._split(activation)
        values = split.entering(following)
        rays = [ray if ray is None else following.weight @ ray for ray in sweep._rays_after(activation)]
        return _Sweep(split.x, values, (rays[0], rays[1]), split.switches)

    def _with_last_crossings(self, activation: Activation) -> _Sweep:
        """Add a point to each ray, where the last crossing is: so that all crossings lie between points."""
        sweep, points = self, activation.points(exact=self.exact)
        for end, sign in ((0, -1), (-1, 1)):
            ray = self.rays[end]
            last = None if ray is None else _last_crossing(self.values[end], sign * ray, points)
            if last is None or self.x[end] + sign * last[0] == self.x[end]:
                continue
            place = 0 if end == 0 else len(sweep.x)
            sweep = _Sweep(
                np.insert(sweep.x, place, self.x[end] + sign * last[0]),
                np.insert(sweep.values, place, last[1], axis=0),
                sweep.rays,
                np.insert(sweep.switches, place, False),
            )
        return sweep

    def _split(self, activation: Activation) -> _Split:
        """Add a point wherever a neuron crosses a breakpoint."""
        points = activation.points(exact=self.exact)
        crossings, touched = [np.zeros((3, 0), int)], [self.switches]  # after which old point, which neuron, breakpoint
        for number, point in enumerate(points):
            above = self.values > point
            interval, neuron = _places(above[:-1] != above[1:])
            strict = (self.values[interval, neuron] != point) & (self.values[interval + 1, neuron] != point)
            crossings.append(np.stack([interval, neuron, np.full_like(neuron, number)])[:, strict])
            touched.append(self._switching_at_old_points(point, above))
        interval, neuron, which = np.concatenate(crossings, axis=1)
        low, high = self.values[interval, neuron], self.values[interval + 1, neuron]
        start, end, level = self.x[interval], self.x[interval + 1], points[which]
        before, after = (level - low) / (high - low), (high - level) / (high - low)
        crossing = np.where(before < after, start + (end - start) * before, end - (end - start) * after)
        crossing = np.minimum(np.maximum(crossing, start), end)
        x, place = np.unique(np.concatenate([self.x, crossing]), return_inverse=True)
        old, row = place[: len(self.x)], place[len(self.x) :]
        switches = np.zeros(len(x), bool)
        switches[old], switches[row] = np.any(touched, axis=0), True
        order = np.argsort(row, kind="stable")
        return _Split(self, activation, x, switches, old, row[order], interval[order], neuron[order], which[order])

    def _switching_at_old_points(self, point: Number, above: AnyArray) -> npt.NDArray[np.bool_]:
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

    def _rays_after(self, activation: Activation) -> list[AnyArray | None]:
        """Slopes of the rays after the activation."""
        slopes, _ = activation.coefficients(exact=self.exact)
        after: list[AnyArray | None] = []
        for ray, value, sign in ((self.rays[0], self.values[0], -1), (self.rays[1], self.values[-1], 1)):
            if ray is None:
                after.append(None)
                continue
            piece = np.zeros(len(ray), int)
            for point in activation.points(exact=self.exact):
                piece += (value > point) | ((value == point) & (ray * sign > 0))
            after.append(slopes[piece] * ray)
        return after

    def finish(self, network: Network) -> PiecewiseLinear:
        """The function of the only neuron that is left."""
        x, y, switches = self._of_some_length()
        inner = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
        if not self.exact and len(inner):
            inner = _sharpened(network, x, y, inner)
        # A piece between neighbours, anchored at the end nearer to zero, and one for each ray, at its only end.
        slopes, anchors = list(inner), list(np.arange(len(inner)) + (abs(x[1:]) < abs(x[:-1])))
        first, last, lower, upper = 1, len(x) - 1, x[0], x[-1]
        if self.rays[0] is not None:
            slopes, anchors, first, lower = [self.rays[0][0], *slopes], [0, *anchors], 0, -math.inf
        if self.rays[1] is not None:
            slopes, anchors, last, upper = [*slopes, self.rays[1][0]], [*anchors, len(x) - 1], len(x), math.inf
        rates = as_reals("slopes", slopes, exact=self.exact)
        intercepts = y[anchors] - rates * x[anchors]
        knots = np.flatnonzero(switches[first:last])
        pieces = [0, *(knots + 1)]
        return PiecewiseLinear(x[first:last][knots], rates[pieces], intercepts[pieces], lower, upper)

    def _of_some_length(self) -> tuple[AnyArray, AnyArray, npt.NDArray[np.bool_]]:
        """Points, values and switches, without pieces that are no longer than rounding."""
        x, y = self.x, self.values[:, 0]
        if self.exact:
            return x, y, self.switches
        size = np.maximum(abs(x), np.median(abs(x)))  # not the largest: one knot may be far out
        kept = np.concatenate([[True], x[1:] - x[:-1] > 1e-12 * np.maximum(size[1:], size[:-1])])
        return x[kept], y[kept], np.logical_or.reduceat(self.switches, np.flatnonzero(kept))


@dataclass(frozen=True)
class _Split:
    """A sweep with new points: those between the old ones at which neurons cross a breakpoint."""

    sweep: _Sweep
    activation: Activation
    x: AnyArray  # (m,): all points
    switches: npt.NDArray[np.bool_]  # (m,)
    old: Integers  # (old points,): where they are now
    # Of each crossing, from left to right:
    row: Integers  # at which point
    interval: Integers  # after which old point
    neuron: Integers
    number: Integers  # of the breakpoint

    @cached_property
    def _shares(self) -> tuple[Integers, AnyArray, AnyArray]:
        """Of each point the old one at or left of it, and its distances from that one and the next, of sum one."""
        left = np.searchsorted(self.sweep.x, self.x, side="right") - 1
        left = np.minimum(left, max(len(self.sweep.x) - 2, 0))
        start, end = self.sweep.x[left], self.sweep.x[np.minimum(left + 1, len(self.sweep.x) - 1)]
        width = np.where(start == end, end - start + 1, end - start)  # of the only point
        return left, (self.x - start) / width, (end - self.x) / width

    def entering(self, following: Layer) -> AnyArray:
        """What enters the next layer at all points."""
        outputs, neurons = following.weight.shape
        # Nanoseconds, as measured, that running sums save for each crossing against products with all weights.
        saved = neurons * (outputs / 16 + 4) - 36 * outputs
        if self.sweep.exact or len(self.row) * saved < 1e5:
            return self._by_products(following, np.arange(len(self.x)))
        values = self._by_kinks(following)
        # On which side of its breakpoints a neuron is must not be left to rounding.
        close, doubtful = 1e-11 * np.abs(values).max(), np.zeros(len(values), bool)
        for point in following.activation.points(exact=False):
            doubtful |= (np.abs(values - point) < close).any(axis=1)
        rows = np.flatnonzero(doubtful)
        values[rows] = self._by_products(following, rows)
        return values

    def _by_products(self, following: Layer, rows: Integers) -> AnyArray:
        """What enters the next layer at some points, in order, from the values of all neurons there."""
        left, before, after = (part[rows] for part in self._shares)
        right = np.minimum(left + 1, len(self.sweep.x) - 1)
        nearer = before <= after
        here = self.sweep.values.take(np.where(nearer, left, right), 0)
        step = self.sweep.values.take(np.where(nearer, right, left), 0)
        step -= here
        step *= np.where(nearer, before, after)[:, None]  # zero for an old point, which so keeps its values
        here += step
        place = np.searchsorted(rows, self.row)
        met = np.flatnonzero(place < len(rows))
        met = met[rows[place[met]] == self.row[met]]
        # Who crosses there is exactly at the breakpoint, not up to rounding.
        here[place[met], self.neuron[met]] = self.activation.points(exact=self.sweep.exact)[self.number[met]]
        return self._through(here, following)

    def _by_kinks(self, following: Layer) -> AnyArray:
        """What enters the next layer at all points, from its values at the old points and the kinks between them.

        Between two old points each kink bends the straight line: t along the way (of 1), a kink of size k at c takes
        k c (1 - t) off if it lies before, and k (1 - c) t if it lies behind. Sums of these are running sums, so there
        is no product with all weights at each of the new points.
        """
        values = np.empty((len(self.x), len(following.bias)))
        values[self.old] = ends = self._through(self.sweep.values, following)
        slopes, _ = self.activation.coefficients(exact=False)
        entries = self.sweep.values
        rise = abs(entries[self.interval + 1, self.neuron] - entries[self.interval, self.neuron])
        size = (slopes[self.number + 1] - slopes[self.number]) * rise
        _, before, after = (part[self.row] for part in self._shares)
        counts = np.bincount(self.interval)
        first = np.cumsum(counts) - counts
        block = max(8, 2**16 // max(1, len(self.interval)))  # of outputs, so that what is computed stays in the cache
        for start in range(0, values.shape[1], block):
            chosen = slice(start, start + block)
            columns = np.ascontiguousarray(following.weight[chosen].T)
            for count in np.unique(counts[counts > 0]):  # all intervals with that many crossings at once
                intervals = np.flatnonzero(counts == count)
                crossings = first[intervals][:, None] + np.arange(count)
                c, rest = before[crossings][..., None], after[crossings][..., None]
                kinks = columns[self.neuron[crossings]] * size[crossings][..., None]  # (intervals, crossings, outputs)
                behind = np.zeros_like(kinks)
                np.cumsum((kinks * rest)[:, :0:-1], axis=1, out=behind[:, -2::-1])
                kinks *= c
                ahead = kinks.cumsum(axis=1)
                values[self.row[crossings], chosen] = rest * (ends[intervals, None, chosen] - ahead) + c * (
                    ends[intervals + 1, None, chosen] - behind
                )
        return values

    def _through(self, z: AnyArray, following: Layer) -> AnyArray:
        made: AnyArray = _activated(self.activation, z) @ following.weight.T
        made += following.bias
        return made


def _last_crossing(values: AnyArray, slopes: AnyArray, points: AnyArray) -> tuple[Number, AnyArray] | None:
    """How far along a ray the last neuron crosses a breakpoint, and all values there; None if none does."""
    gaps = points[:, None] - values
    point, neuron = _places(gaps * slopes > 0)
    if not len(point):
        return None
    distances = gaps[point, neuron] / slopes[neuron]
    last = distances.max()
    there = values + slopes * last
    met = distances == last
    there[neuron[met]] = points[point[met]]  # exactly there, not up to rounding
    return last, there


def _places(mask: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Rows and columns where a mask holds: as np.nonzero, which is ten times slower on two axes than on one."""
    rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return rows, columns


def _activated(activation: Activation, z: AnyArray) -> AnyArray:
    if activation == _RELU and z.dtype != object:
        return np.maximum(z, 0)  # the same, without a table of pieces
    made: AnyArray = np.asarray(activation(z))
    return made


def _sharpened(network: Network, x: AnyArray, y: AnyArray, slopes: AnyArray) -> AnyArray:
    """Slopes of short pieces by the chain rule: there a difference quotient loses digits."""
    width, steepest = x[1:] - x[:-1], abs(slopes).max()
    size = abs(y) + steepest * abs(x)  # rounding is a share of that
    short = np.flatnonzero(steepest * width < 1e-5 * np.maximum(size[1:], size[:-1]))
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
