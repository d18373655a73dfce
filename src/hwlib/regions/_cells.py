"""Regions one cell at a time, in any dimension: by corners in float64, or in whole numbers of any size.

A cell is the list of its corners, each with the set of facets that it lies on. A line of the network cuts a cell if it
is positive at one corner and negative at another; the new corners lie on the edges between such corners. In general
position two corners span an edge if they share d - 1 facets; in the exact version, which takes any position, if in
addition no other corner lies on all of these.

Corners are homogeneous, (p, t): the point p for t = 1 in floats and p / t in whole numbers, the direction p for t = 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from hwlib.network import Layer
from hwlib.regions._lines import LayerLines
from hwlib.regions._overlay import InDoubtError, margins

Array = npt.NDArray[Any]
Ray = tuple[int, ...]


@dataclass
class Cell:
    """A cell and the pieces that its neurons are on.

    Attributes:
        corners: homogeneous, ``(m, d + 1)`` floats or a list of tuples of whole numbers.
        facets: for each corner the facets that it lies on, Booleans ``(m, facets)`` or bits of a whole number.
        pattern: for each layer so far, the piece of each neuron.
    """

    corners: Any
    facets: Any
    pattern: tuple[Array, ...] = ()


# --- where to begin ---------------------------------------------------------------------------------


def box_corners(box: Sequence[tuple[Any, Any]]) -> tuple[list[tuple[Any, ...]], list[int]]:
    """Corners (p, 1) of a box, and the facets of each as bits."""
    corners: list[tuple[Any, ...]] = [()]
    facets = [0]
    for axis, (low, high) in enumerate(box):
        corners = [(*corner, value) for value in (low, high) for corner in corners]
        facets = [bits | 1 << (2 * axis + side) for side in (0, 1) for bits in facets]
    return [(*corner, 1) for corner in corners], facets


def fan(dimension: int) -> list[tuple[list[Ray], list[int]]]:
    """All of space as d + 1 cones around the origin, with one facet at infinity each."""
    steps = [tuple(int(i == j) for j in range(dimension)) for i in range(dimension)] + [(-1,) * dimension]
    cones = []
    for left_out in range(dimension + 1):
        rays = [(*step, 0) for k, step in enumerate(steps) if k != left_out]
        corners = [(0,) * dimension + (1,), *rays]
        # Facet k is the one opposite to corner k; the one opposite to the origin lies at infinity.
        everything = 2 ** (dimension + 1) - 1
        cones.append((corners, [everything ^ 1 << k for k in range(dimension + 1)]))
    return cones


# --- in float64 -------------------------------------------------------------------------------------


def float_cells(cell: Cell, layers: Sequence[Layer], *, depth: int = 0) -> Iterator[Cell]:
    """The regions within a cell, depth first, in general position; raises :class:`InDoubtError` where signs are.

    The first ``depth`` layers have cut the cell already.
    """
    values, t = cell.corners[:, :-1], cell.corners[:, -1]
    lines = [LayerLines(layer) for layer in layers]
    for layer in lines[:depth]:
        values = layer.outputs(layer.heights(values, t), t)
    yield from _float_layer(cell, values, lines[depth:])


def _float_layer(cell: Cell, values: Array, layers: Sequence[LayerLines]) -> Iterator[Cell]:
    if not layers:
        yield cell
        return
    layer, *rest = layers
    t = cell.corners[:, -1]
    heights = layer.heights(values, t)
    least = margins(layer, values, t)
    pieces = [(cell.corners, cell.facets, heights)]
    lines = np.flatnonzero(layer.lines)
    if (np.abs(heights) <= least)[:, lines].any():
        raise InDoubtError
    for line in lines[(heights[:, lines] > 0).any(axis=0) & (heights[:, lines] < 0).any(axis=0)]:
        pieces = [half for piece in pieces for half in _float_split(*piece, line, layer, least.max(axis=0))]
    for corners, facets, above in pieces:
        positive = (above > 0).any(axis=0)
        pattern = positive.reshape(-1, layer.per_neuron).sum(axis=1, dtype=np.int8)
        part = Cell(corners, facets, (*cell.pattern, pattern))
        yield from _float_layer(part, layer.outputs(above, corners[:, -1]), rest)


def _float_split(
    corners: Array, facets: Array, heights: Array, line: int, layer: LayerLines, least: Array
) -> list[tuple[Array, Array, Array]]:
    signed = heights[:, line]
    above, below = np.flatnonzero(signed > 0), np.flatnonzero(signed < 0)
    if not len(above) or not len(below):
        return [(corners, facets, heights)]
    shared = facets[above].astype(np.float32) @ facets[below].T.astype(np.float32)
    p, q = np.nonzero(shared == corners.shape[1] - 2)
    p, q = above[p], below[q]
    share = signed[p] / (signed[p] - signed[q])  # of q
    new_corners = corners[p] + share[:, None] * (corners[q] - corners[p])
    new_heights = heights[p] + share[:, None] * (heights[q] - heights[p])
    scale = np.where(new_corners[:, -1:] > 0, new_corners[:, -1:], 1)
    if (scale != 1).any():
        new_corners, new_heights = new_corners / scale, new_heights / scale
    layer.settle(new_heights, np.full(len(p), line))
    # Lines of this layer that both ends lie on pass through the new corner as well.
    own = (heights[p] == 0) & (heights[q] == 0)
    new_heights[own] = 0
    own[:, line] = True
    if ((np.abs(new_heights) <= least) & ~own)[:, layer.lines].any():
        raise InDoubtError
    column = np.zeros((len(corners), 1), bool)
    old = np.hstack([facets, column])
    new = np.hstack([facets[p] & facets[q], np.ones((len(p), 1), bool)])
    halves = []
    for side in (above, below):
        kept = np.concatenate([old[side], new])
        used = kept.any(axis=0)
        halves.append(
            (
                np.concatenate([corners[side], new_corners]),
                kept[:, used],
                np.concatenate([heights[side], new_heights]),
            )
        )
    return halves


# --- in whole numbers -------------------------------------------------------------------------------


@dataclass(frozen=True)
class ExactLayer:
    """A layer in whole numbers.

    Attributes:
        weight: whole numbers; the layer's weight times ``scale``.
        bias: whole numbers; the layer's bias times ``scale``.
        scale: the common denominator.
        breakpoints: numerator and denominator of each.
        pieces: slope and intercept of each piece, times ``piece_scale``.
        piece_scale: their common denominator.
    """

    weight: Array
    bias: Array
    scale: int
    breakpoints: tuple[tuple[int, int], ...]
    pieces: tuple[tuple[int, int], ...]
    piece_scale: int

    @classmethod
    def of(cls, layer: Layer) -> ExactLayer:
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


def exact_cells(corners: list[Ray], facets: list[int], layers: Sequence[ExactLayer]) -> Iterator[Cell]:
    """The regions of positive volume within a cell, depth first, with no rounding at all."""
    width = len(corners[0])
    identity = np.array([[int(i == j) for j in range(width)] for i in range(width - 1)], dtype=object)
    yield from _exact_layer(Cell(corners, facets), identity, 1, layers)


def _exact_layer(cell: Cell, rows: Array, scale: int, layers: Sequence[ExactLayer]) -> Iterator[Cell]:
    """``rows @ corner / scale`` is what enters the layer."""
    if not layers:
        yield cell
        return
    layer, *rest = layers
    sums = layer.weight @ rows
    sums[:, -1] = sums[:, -1] + layer.bias * scale
    scale *= layer.scale
    divisor = math.gcd(scale, *(int(entry) for entry in sums.ravel()))
    sums, scale = sums // divisor, scale // divisor
    lines = []  # one line after the other: of the first neuron, of the second, ...
    for row in sums:
        for numerator, denominator in layer.breakpoints:
            shifted = row * denominator
            shifted[-1] -= numerator * scale
            lines.append(shifted)
    pieces = [cell]
    for line in lines:
        pieces = [half for piece in pieces for half in exact_split(piece, line)]
    per_neuron = len(layer.breakpoints)
    for piece in pieces:
        inside = np.array([sum(column) for column in zip(*piece.corners, strict=True)], dtype=object)
        positive = np.array([int(line @ inside > 0) for line in lines], np.int8)
        pattern = positive.reshape(-1, per_neuron).sum(axis=1, dtype=np.int8)
        chosen = [layer.pieces[number] for number in pattern]
        mapped = sums * np.array([slope for slope, _ in chosen], dtype=object)[:, None]
        mapped[:, -1] = mapped[:, -1] + np.array([intercept for _, intercept in chosen], dtype=object) * scale
        part = Cell(piece.corners, piece.facets, (*cell.pattern, pattern))
        yield from _exact_layer(part, mapped, scale * layer.piece_scale, rest)


def exact_split(cell: Cell, line: Array) -> list[Cell]:
    """Both sides of a cell, or the cell itself if the line misses its inside."""
    values = [sum(a * b for a, b in zip(line, corner, strict=True)) for corner in cell.corners]
    if min(values) >= 0 or max(values) <= 0:
        return [cell]
    fresh = 1 << max(bits.bit_length() for bits in cell.facets)
    sides: list[Cell] = []
    dimension = len(cell.corners[0]) - 1
    above = [k for k, value in enumerate(values) if value > 0]
    below = [k for k, value in enumerate(values) if value < 0]
    on = [k for k, value in enumerate(values) if value == 0]
    corners, facets = [cell.corners[k] for k in on], [cell.facets[k] | fresh for k in on]
    for p in above:
        for q in below:
            common = cell.facets[p] & cell.facets[q]
            if common.bit_count() < dimension - 1 or not _spans(cell.facets, common, p, q):
                continue
            crossing = [values[p] * b - values[q] * a for a, b in zip(cell.corners[p], cell.corners[q], strict=True)]
            divisor = math.gcd(*crossing)
            corners.append(tuple(entry // divisor for entry in crossing))
            facets.append(common | fresh)
    for side in (above, below):
        sides.append(
            Cell([cell.corners[k] for k in side] + corners, [cell.facets[k] for k in side] + facets, cell.pattern)
        )
    return sides


def _spans(facets: list[int], common: int, p: int, q: int) -> bool:
    """Whether no third corner lies on all facets that two corners share."""
    return all(bits & common != common or k in (p, q) for k, bits in enumerate(facets))


def primitive(corner: Sequence[Fraction]) -> Ray:
    """A homogeneous corner (p, 1) in whole numbers without a common divisor."""
    scale = math.lcm(*(Fraction(entry).denominator for entry in corner))
    return tuple(int(Fraction(entry) * scale) for entry in corner)
