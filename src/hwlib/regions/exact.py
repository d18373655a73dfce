"""Regions in whole numbers of any size: nothing is rounded, and every position of lines is a general one.

A cell is a list of corners, each with the set of facets that it lies on. A line of the network cuts a cell if it is
positive at one corner and negative at another; the new corners lie on the edges between such corners. Two corners span
an edge if they share d - 1 facets and no other corner lies on all of these.

Corners are homogeneous whole numbers (p, t): the point p / t, or for t = 0 the direction p.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.network import Layer
from hwlib.regions._layers import affine_maps, merged_layers

__all__ = ["Cell", "Ray", "affine_maps", "box_cell", "exact_cells", "merged_layers", "primitive", "whole_space"]

Ray = tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """A convex cell and the pieces that the neurons are on there.

    Attributes:
        corners: homogeneous whole numbers, ``m`` of ``d + 1`` each.
        facets: for each corner the facets that it lies on, as bits.
        pattern: for each layer that has cut the cell, the piece of each neuron.
    """

    corners: list[Ray]
    facets: list[int]
    pattern: tuple[AnyArray, ...] = ()


def box_cell(box: Iterable[tuple[Any, Any]]) -> Cell:
    """A box as a cell.

    Args:
        box: ``(low, high)`` for each axis, of any numbers that a Fraction is made from.

    Returns:
        Its ``2**d`` corners, on two facets an axis.

    Example:
        >>> box_cell([(0, Fraction(1, 2))]).corners
        [(0, 1), (1, 2)]
    """
    corners: list[tuple[Fraction, ...]] = [()]
    facets = [0]
    for axis, pair in enumerate(box):
        ends = [Fraction(end) for end in pair]
        corners = [(*corner, end) for end in ends for corner in corners]
        facets = [bits | 1 << (2 * axis + side) for side in (0, 1) for bits in facets]
    return Cell([primitive(corner) for corner in corners], facets)


def whole_space(dimension: int) -> list[Cell]:
    """All of space as d + 1 cones around the origin, with one facet at infinity each.

    Example:
        >>> [cell.corners for cell in whole_space(1)]
        [[(0, 1), (-1, 0)], [(0, 1), (1, 0)]]
    """
    steps = [tuple(int(i == j) for j in range(dimension)) for i in range(dimension)] + [(-1,) * dimension]
    # Facet k is the one opposite to corner k; the one opposite to the origin lies at infinity.
    everything = 2 ** (dimension + 1) - 1
    facets = [everything ^ 1 << k for k in range(dimension + 1)]
    return [
        Cell([(0,) * dimension + (1,), *((*step, 0) for k, step in enumerate(steps) if k != left_out)], facets)
        for left_out in range(dimension + 1)
    ]


def primitive(point: Sequence[Fraction]) -> Ray:
    """A point as homogeneous whole numbers without a common divisor.

    Example:
        >>> primitive([Fraction(1, 2), Fraction(2, 3)])
        (3, 4, 6)
    """
    scale = math.lcm(*(entry.denominator for entry in point))
    return (*(int(entry * scale) for entry in point), scale)


@dataclass(frozen=True)
class _ExactLayer:
    """A layer in whole numbers.

    Attributes:
        weight: whole numbers; the layer's weight times ``scale``.
        bias: whole numbers; the layer's bias times ``scale``.
        scale: the common denominator.
        breakpoints: numerator and denominator of each.
        pieces: slope and intercept of each piece, times ``piece_scale``.
        piece_scale: their common denominator.
    """

    weight: AnyArray
    bias: AnyArray
    scale: int
    breakpoints: tuple[tuple[int, int], ...]
    pieces: tuple[tuple[int, int], ...]
    piece_scale: int

    @classmethod
    def of(cls, layer: Layer) -> _ExactLayer:
        """From a layer with Fractions."""
        scale = math.lcm(*(f.denominator for f in (*layer.weight.ravel(), *layer.bias)))
        slopes, intercepts = layer.activation.coefficients(exact=True)
        piece_scale = math.lcm(*(f.denominator for f in (*slopes, *intercepts)))
        return cls(
            np.array([[int(f * scale) for f in row] for row in layer.weight], dtype=object),
            np.array([int(f * scale) for f in layer.bias], dtype=object),
            scale,
            tuple((f.numerator, f.denominator) for f in layer.activation.points(exact=True)),
            tuple((int(s * piece_scale), int(c * piece_scale)) for s, c in zip(slopes, intercepts, strict=True)),
            piece_scale,
        )

    def lines(self, sums: AnyArray, scale: int) -> list[AnyArray]:
        """One line for each breakpoint of the first neuron, then of the second, and so on; ``sums / scale`` enter."""
        found = []
        for row in sums:
            for numerator, denominator in self.breakpoints:
                shifted = row * denominator
                shifted[-1] -= numerator * scale
                found.append(shifted)
        return found


def exact_cells(starts: Iterable[Cell], layers: Sequence[Layer]) -> Iterator[Cell]:
    """The regions of positive volume within cells, depth first.

    Args:
        starts: where to look, one after the other. Their patterns are begun anew.
        layers: in Fractions, with breakpoints: all layers of :func:`merged_layers` but the last.

    Yields:
        The regions. There is no limit but time.

    Example:
        >>> from hwlib.network import Network
        >>> fold = Network.from_arrays([([[2]], [-1]), ([[1]], [0])], activation="abs").as_fractions()
        >>> [cell.corners for cell in exact_cells([box_cell([(0, 1)])], merged_layers(fold)[:-1])]
        [[(1, 1), (1, 2)], [(0, 1), (1, 2)]]
    """
    made = [_ExactLayer.of(layer) for layer in layers]
    for start in starts:
        width = len(start.corners[0])
        identity = np.array([[int(i == j) for j in range(width)] for i in range(width - 1)], dtype=object)
        yield from _through(Cell(start.corners, start.facets), identity, 1, made)


def _through(cell: Cell, rows: AnyArray, scale: int, layers: Sequence[_ExactLayer]) -> Iterator[Cell]:
    """``rows @ corner / scale`` is what enters the first of the layers."""
    if not layers:
        yield cell
        return
    layer, *rest = layers
    sums = layer.weight @ rows
    sums[:, -1] = sums[:, -1] + layer.bias * scale
    scale *= layer.scale
    divisor = math.gcd(scale, *(int(entry) for entry in sums.ravel()))
    sums, scale = sums // divisor, scale // divisor
    lines = layer.lines(sums, scale)
    parts = [cell]
    for line in lines:
        parts = [half for part in parts for half in _split(part, line)]
    for part in parts:
        inside = np.array([sum(column) for column in zip(*part.corners, strict=True)], dtype=object)
        positive = np.array([int(line @ inside > 0) for line in lines], np.int8)
        pattern = positive.reshape(-1, len(layer.breakpoints)).sum(axis=1, dtype=np.int8)
        slopes, intercepts = np.array([layer.pieces[number] for number in pattern], dtype=object).T
        mapped = sums * slopes[:, None]
        mapped[:, -1] = mapped[:, -1] + intercepts * scale
        made = Cell(part.corners, part.facets, (*cell.pattern, pattern))
        yield from _through(made, mapped, scale * layer.piece_scale, rest)


def _split(cell: Cell, line: AnyArray) -> list[Cell]:
    """Both sides of a cell, or the cell itself if the line misses its inside."""
    heights = [sum(a * b for a, b in zip(line, corner, strict=True)) for corner in cell.corners]
    if min(heights) >= 0 or max(heights) <= 0:
        return [cell]
    fresh = 1 << max(bits.bit_length() for bits in cell.facets)
    above, below, on = ([k for k, h in enumerate(heights) if (h > 0) - (h < 0) == sign] for sign in (1, -1, 0))
    corners, facets = [cell.corners[k] for k in on], [cell.facets[k] | fresh for k in on]
    for p in above:
        for q in below:
            if _span_an_edge(cell, p, q):
                pairs = zip(cell.corners[p], cell.corners[q], strict=True)
                crossing = [heights[p] * b - heights[q] * a for a, b in pairs]
                divisor = math.gcd(*crossing)
                corners.append(tuple(entry // divisor for entry in crossing))
                facets.append(cell.facets[p] & cell.facets[q] | fresh)
    return [
        Cell([cell.corners[k] for k in side] + corners, [cell.facets[k] for k in side] + facets, cell.pattern)
        for side in (above, below)
    ]


def _span_an_edge(cell: Cell, p: int, q: int) -> bool:
    common = cell.facets[p] & cell.facets[q]
    if common.bit_count() < len(cell.corners[p]) - 2:
        return False
    return all(bits & common != common or k in (p, q) for k, bits in enumerate(cell.facets))
