"""What an enumeration found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import Network
from hwlib.regions._engine import current
from hwlib.regions._layers import affine_maps
from hwlib.regions._shapes import following


@dataclass(frozen=True, eq=False, repr=False)
class Region:
    """One region.

    Attributes:
        corners: ``(m, d)``, counter-clockwise in the plane; Fractions in an exact enumeration.
        directions: ``(n, d)``: in which it goes on for ever, none if it is bounded. The region consists of all averages
            of corners plus positive multiples of directions; without corners it is all of space.
        pattern: for each hidden layer, the piece that each neuron is on; 0 and 1 for ReLU.
        weight: ``(outputs, d)``.
        bias: ``(outputs,)``: on the region the network is ``weight @ x + bias``.
    """

    corners: Array
    directions: Array
    pattern: tuple[Array, ...]
    weight: Array
    bias: Array

    def __repr__(self) -> str:
        parts = [_counted(len(self.corners), "corner")]
        if len(self.directions):
            parts.append(_counted(len(self.directions), "direction"))
        pieces = " ".join("".join(map(str, layer.tolist())) for layer in self.pattern)
        return f"Region({', '.join(parts)}, pattern '{pieces if len(pieces) <= 40 else pieces[:37] + '...'}')"


@dataclass(frozen=True, eq=False, repr=False)
class Regions:
    """All activation regions of a network in a part of its input space.

    Iterating gives each :class:`Region`; the arrays here hold all of them at once.

    Attributes:
        network: the network, on the inputs that were enumerated.
        points: homogeneous corners, shared by the regions, ``(v, d + 1)``: t = 1 for points, 0 for directions.
        ring: corner numbers, one region after the other.
        start: where each region begins in ``ring``, and the end.
        patterns: for each hidden layer the pieces of its neurons, ``(regions, neurons)``.
        exact_points: the corners as whole numbers (p, t), standing for p / t; None if they were computed in floats.
        outputs: in the plane, the network at the corners, ``(v, outputs)``, for t = 0 its slope in that direction; None
            where corners were not computed all at once.
    """

    network: Network
    points: Array
    ring: Array
    start: Array
    patterns: tuple[Array, ...]
    exact_points: tuple[tuple[int, ...], ...] | None = None
    outputs: Array | None = None

    def __repr__(self) -> str:
        return f"Regions({len(self)} of {self.network}{'' if self.exact_points is None else ', exact'})"

    def __len__(self) -> int:
        return len(self.start) - 1

    def __iter__(self) -> Iterator[Region]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> Region:
        if not -len(self) <= number < len(self):
            raise IndexError(f"region {number}: accepted are 0 to {len(self) - 1}")
        number %= len(self)
        chosen = self.ring[self.start[number] : self.start[number + 1]]
        pattern = tuple(pieces[number] for pieces in self.patterns)
        if self.exact_points is None:
            rows = self.points[chosen]
            finite = rows[:, -1] > 0
            weight, bias = (array[number] for array in self.affine_maps)
            return Region(rows[finite, :-1], rows[~finite, :-1], pattern, weight, bias)
        rays = [self.exact_points[k] for k in chosen]
        width = self.points.shape[1] - 1
        corners = [[Fraction(entry, ray[-1]) for entry in ray[:-1]] for ray in rays if ray[-1]]
        directions = [[Fraction(entry) for entry in ray[:-1]] for ray in rays if not ray[-1]]
        weight, bias = affine_maps(self.network.as_fractions(), [pieces[None] for pieces in pattern])
        return Region(
            np.array(corners, dtype=object).reshape(-1, width),
            np.array(directions, dtype=object).reshape(-1, width),
            pattern,
            weight[0],
            bias[0],
        )

    @property
    def dimension(self) -> int:
        """Number d of inputs."""
        return int(self.points.shape[1]) - 1

    @cached_property
    def affine_maps(self) -> tuple[Array, Array]:
        """Weight ``(regions, outputs, d)`` and bias ``(regions, outputs)`` of the network on each region, in floats.

        In the plane they are read off three corners, in slivers off the pattern; both agree to about ten digits.
        """
        if self.outputs is None:
            return affine_maps(self.network.as_floats(), self.patterns)
        weight, bias, thin = current().maps(self.points, self.ring, self.start, self.outputs)
        if thin.any():
            weight[thin], bias[thin] = affine_maps(self.network, [pieces[thin] for pieces in self.patterns])
        return weight, bias

    @cached_property
    def _following(self) -> Array:
        return following(self.ring, self.start)

    @cached_property
    def volumes(self) -> Array:
        """Area, or volume, or length of each region; infinite for one without bound."""
        p = self.points[self.ring]
        if self.dimension == 2:
            q = p[self._following]
            twice = np.add.reduceat(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0], self.start[:-1])
            found = np.abs(twice) / 2
        else:
            found = np.array([_hull_volume(p[a:b, :-1]) for a, b in zip(self.start, self.start[1:], strict=False)])
        endless = np.minimum.reduceat(p[:, -1], self.start[:-1]) == 0
        return np.where(endless, np.inf, found)

    @cached_property
    def adjacency(self) -> Array:
        """Pairs of regions of the plane that share an edge, ``(pairs, 2)``.

        Raises:
            ValueError: if the regions are not in the plane.
        """
        return self.shared_edges[0]

    @cached_property
    def shared_edges(self) -> tuple[Array, Array]:
        """Pairs of regions of the plane that share an edge, and the edge's two ends in ``points``, ``(pairs, 2)`` each.

        Raises:
            ValueError: if the regions are not in the plane.
        """
        if self.dimension != 2:
            raise ValueError(f"regions of {self.dimension} inputs: accepted are two")
        a, b = self.ring, self.ring[self._following]
        region = np.repeat(np.arange(len(self)), np.diff(self.start))
        key = np.minimum(a, b) * len(self.points) + np.maximum(a, b)
        order = np.argsort(key, kind="stable")
        twins = np.flatnonzero(key[order][1:] == key[order][:-1])
        one, other = order[twins], order[twins + 1]
        return np.sort(np.stack([region[one], region[other]], axis=1), axis=1), np.stack([a[one], b[one]], axis=1)

    def linear_pieces(self) -> int:
        """How many pieces remain when neighbours with the same affine map are joined, in the plane.

        Maps are compared exactly in an exact enumeration, else up to rounding.

        Raises:
            ValueError: if the regions are not in the plane.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        first, second = self.adjacency.T
        if self.exact_points is None:
            flat = np.concatenate([part.reshape(len(self), -1) for part in self.affine_maps], axis=1)
            close = np.isclose(flat[first], flat[second], rtol=1e-9, atol=1e-12 * np.abs(flat).max(initial=1))
            same = close.all(axis=1)
        else:
            maps = [(region.weight.tolist(), region.bias.tolist()) for region in self]
            same = np.array([maps[a] == maps[b] for a, b in zip(first, second, strict=True)], dtype=bool)
        joined = coo_array((np.ones(same.sum()), (first[same], second[same])), shape=(len(self), len(self)))
        return int(connected_components(joined, directed=False)[0])


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _hull_volume(corners: Array) -> float:
    if corners.shape[1] == 1:
        return float(np.ptp(corners))
    from scipy.spatial import ConvexHull

    return float(ConvexHull(corners).volume)
