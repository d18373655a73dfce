"""Faces and cells as regions: corners are shared, and parts that only the beginning had cut are joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import Layer, Network
from hwlib.regions._result import Regions
from hwlib.regions._shapes import Faces, FloatCell, float_corner, patterns
from hwlib.regions.exact import Cell


def regions_of_faces(
    network: Network, layers: Sequence[Layer], faces: Faces, outputs: Array, *, whole: bool
) -> Regions:
    """Faces of the plane as regions; ``whole`` if they are all of it, cut by a fan."""
    pieces = patterns(faces.positive, layers[:-1])
    made = Regions(network, faces.points, faces.ring, faces.start, pieces, outputs=outputs)
    return _joined(made) if whole else made


def regions_of_cells(network: Network, cells: Sequence[Cell | FloatCell], *, whole: bool = False) -> Regions:
    """Cells as regions; ``whole`` if they are all of space, cut by a fan."""
    exact = isinstance(cells[0].corners, list)
    start = np.concatenate([[0], np.cumsum([len(cell.corners) for cell in cells])])
    ring = np.arange(start[-1])
    if network.inputs == 2:
        ring = np.concatenate([np.array(_round_about(cell)) + first for cell, first in zip(cells, start, strict=False)])
    if exact:
        number: dict[Any, int] = {}
        which = np.array([number.setdefault(tuple(corner), len(number)) for cell in cells for corner in cell.corners])
        points = np.array([float_corner(corner) for corner in number])
    else:
        points, which = _distinct(np.concatenate([cell.corners for cell in cells]))
    depth = len(cells[0].pattern)
    patterns = tuple(np.array([cell.pattern[layer] for cell in cells]) for layer in range(depth))
    found = Regions(network, points, which[ring], start, patterns, tuple(number) if exact else None)
    if not whole:
        return found
    return _joined(found) if network.inputs == 2 else _of_distinct_patterns(found)


def _distinct(rows: Array) -> tuple[Array, Array]:
    """Rows that differ, and which of them each row is; by one number for each row, for rows are slow to sort."""
    odd = 2 * np.random.default_rng(0).integers(2**62, size=rows.shape[1], dtype=np.uint64) + 1
    bits = (rows + 0.0).view(np.uint64)  # no negative zeros
    keys = ((bits ^ bits >> np.uint64(31)) * odd).sum(axis=1)  # a product hands nothing down to lower bits
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    if np.array_equal(rows[first[which]], rows):
        return rows[first], which
    distinct, which = np.unique(rows, axis=0, return_inverse=True)  # different rows had the same number
    return distinct, which.ravel()


def _by_pattern(parts: Regions) -> tuple[Array, list[int]]:
    """The first part of each pattern, and for each part which of these it belongs to."""
    flat = np.concatenate([np.zeros((len(parts), 1), np.int8), *parts.patterns], axis=1)
    _, first, label = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    return first, label.ravel().tolist()


def _of_distinct_patterns(parts: Regions) -> Regions:
    """Regions of all of space: parts of one pattern are one region, and have each other's corners."""
    first, label = _by_pattern(parts)
    rings: list[set[int]] = [set() for _ in first]
    for number, group in enumerate(label):
        rings[group] |= set(parts.ring[parts.start[number] : parts.start[number + 1]].tolist())
    start = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    ring = np.array([corner for ring in rings for corner in sorted(ring)])
    patterns = tuple(pieces[first] for pieces in parts.patterns)
    return Regions(parts.network, parts.points, ring, start, patterns, parts.exact_points)


def _round_about(cell: Cell | FloatCell) -> list[int]:
    """Corners of a cell of the plane, counter-clockwise: neighbours share a facet."""
    facets = cell.facets
    bits: list[int] = (
        facets if isinstance(facets, list) else [sum(1 << int(k) for k in np.flatnonzero(row)) for row in facets]
    )
    order: list[int] = [0]
    left = set(range(1, len(bits)))
    while left:
        step = next(k for k in left if bits[k] & bits[order[-1]])
        order.append(step)
        left.remove(step)
    return order if _determinant(*(cell.corners[k] for k in order[:3])) > 0 else order[::-1]


def _determinant(a: Sequence[Any], b: Sequence[Any], c: Sequence[Any]) -> Any:
    """Above zero if three homogeneous corners go round counter-clockwise, zero if they are on one line."""
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])


def _joined(parts: Regions) -> Regions:
    """Regions that only the fan of the beginning had cut: those of one pattern are one region."""
    first, label = _by_pattern(parts)
    members: list[list[int]] = [[] for _ in first]
    for number, which in enumerate(label):
        members[which].append(number)
    rings = []
    for group in members:
        pieces = [parts.ring[parts.start[k] : parts.start[k + 1]].tolist() for k in group]
        rings.append(pieces[0] if len(pieces) == 1 else _outline(pieces, parts))
    start = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    return Regions(
        parts.network,
        parts.points,
        np.array([corner for ring in rings for corner in ring]),
        start,
        tuple(pieces[first] for pieces in parts.patterns),
        parts.exact_points,
        parts.outputs,
    )


def _outline(pieces: list[list[int]], parts: Regions) -> list[int]:
    """Border of the union of convex pieces that share edges, without corners where it goes straight on.

    A border line without any other corner, that of a half-plane or a strip, keeps one: it says where the line is.
    """
    edges = {(ring[k - 1], ring[k]) for ring in pieces for k in range(len(ring))}
    following = {a: b for a, b in edges if (b, a) not in edges}
    ring = [next(iter(following))]
    while following[ring[-1]] != ring[0]:
        ring.append(following[ring[-1]])
    points, exact = parts.points, parts.exact_points
    begin = next((k for k, corner in enumerate(ring) if not points[corner, 2]), 0)
    ring = ring[begin:] + ring[:begin]
    around = list(zip([ring[-1], *ring], ring, [*ring[1:], ring[0]], strict=False))
    bent = {
        b
        for a, b, c in around
        if points[b, 2]
        and (_turns(*points[[a, b, c]]) if exact is None else _determinant(exact[a], exact[b], exact[c]))
    }
    if not bent:
        bent = {b for a, b, _ in around if points[b, 2] and not points[a, 2]}
    return [corner for corner in ring if corner in bent or not points[corner, 2]]


def _turns(a: Array, b: Array, c: Array) -> bool:
    """Whether a border turns at b, by more than rounding."""
    into = b[:2] - a[:2] if a[2] else -a[:2]
    out = c[:2] - b[:2] if c[2] else c[:2]
    turn = into[0] * out[1] - into[1] * out[0]
    return bool(abs(turn) > 1e-9 * np.linalg.norm(into) * np.linalg.norm(out))
