"""All regions in the plane as machine code: the overlay of :mod:`hwlib.regions._numpy._plane`, face by face.

Edges are numbered, and the two faces of an edge find the crossings on it under its number. A face looks only at the
lines that cross it, so heights at new corners are never stored. Which side of all lines a new face is on follows by
walking from face to face: across a piece of a line exactly its own sign changes.
"""

from __future__ import annotations

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.regions._compiled._crossings import (
    Map,
    chords_of,
    crossings_of,
    meetings_of,
    nodes_of,
    pairs_of,
    signs_of,
)
from hwlib.regions._compiled._faces import corners_of, faces_of, half_edges_of
from hwlib.regions._compiled._lines import Lines, put, read

_FLOATS, _TABLE, _NUMBERS, _PAIRS = "float64[::1]", "float64[:, ::1]", "int64[::1]", "int64[:, ::1]"
SUBDIVIDE = (
    f"Tuple(({_TABLE}, {_TABLE}, {_NUMBERS}, {_NUMBERS}, uint64[:, ::1], int64))"
    f"({_TABLE}, {_NUMBERS}, {_NUMBERS}, {_PAIRS}, {_FLOATS}, boolean)"
)
MAPS = f"Tuple((float64[:, :, ::1], {_TABLE}, boolean[::1]))({_TABLE}, {_NUMBERS}, {_NUMBERS}, {_TABLE})"


@numba.njit(fastmath={"contract", "reassoc"})
def _first_heights(points: Array, lines: Lines) -> tuple[Array, Array]:
    weight, rows, offset = lines.weight, lines.rows, lines.offset
    heights, sizes, used = np.empty((len(points), len(offset))), np.empty(len(points)), np.empty(2, np.int64)
    values = np.empty(2)
    for v in range(len(points)):
        values[0], values[1] = points[v, 0], points[v, 1]
        put(values, points[v, 2], weight, rows, offset, used, v, False, heights, sizes)
    return heights, sizes


@numba.njit
def _cut(old: Map, lines: Lines, next_lines: Lines, counting: bool) -> tuple[Map, int, bool]:
    """Cut all faces by the lines of one layer: the new faces, their number, and whether all signs were safe.

    Work that only counts stops before it draws anything, and returns the old faces.
    """
    signs, safe = signs_of(old, lines)
    if not safe:
        return old, 0, False
    found, safe = crossings_of(old, signs, lines)
    if not safe:
        return old, 0, False
    nodes = nodes_of(old, found)
    chords, safe = chords_of(nodes, found, len(lines.offset))
    if not safe:
        return old, 0, False
    pairs = pairs_of(chords)
    total = len(old.start) - 1 + chords.begin[-1] + len(pairs)
    met, safe = meetings_of(pairs, old, found, nodes, chords, lines)
    if not safe or counting:
        return old, total, safe
    points, heights, sizes = corners_of(old, found, nodes, chords, met, lines, next_lines)
    halves = half_edges_of(old, found, nodes, chords, met)
    ring, ring_edges, start, positive, safe = faces_of(old, nodes, chords, halves, signs, lines, total)
    return Map(points, heights, sizes, halves.edges, ring, ring_edges, start, positive), total, safe


@numba.njit
def _edges(ring: Array, start: Array) -> tuple[Array, Array]:
    """Numbers for the edges of few faces."""
    edges, ring_edges = np.empty((len(ring), 2), np.int64), np.empty(len(ring), np.int64)
    count = 0
    for f in range(len(start) - 1):
        for n in range(start[f], start[f + 1]):
            a, b = ring[n], ring[n + 1 if n + 1 < start[f + 1] else start[f]]
            number = count
            for e in range(count):
                if edges[e, 0] == b and edges[e, 1] == a:
                    number = e
            if number == count:
                edges[count, 0], edges[count, 1] = a, b
                count += 1
            ring_edges[n] = number
    return edges[:count].copy(), ring_edges


def subdivide(
    points: Array, ring: Array, start: Array, shapes: Array, numbers: Array, counting: bool
) -> tuple[Array, Array, Array, Array, Array, int]:
    """All layers; a number of faces below zero says that a sign was in doubt.

    ``shapes`` has neurons, inputs and breakpoints of each layer; ``numbers`` its weights, biases, breakpoints, slopes
    and intercepts, one after the other.
    """
    faces = len(start) - 1
    lines, used = read(shapes[0], numbers)
    heights, sizes = _first_heights(points, lines)
    edges, ring_edges = _edges(ring, start)
    now = Map(points, heights, sizes, edges, ring, ring_edges, start, np.empty((faces, 0), np.uint64))
    for layer in range(1, len(shapes)):
        next_lines, more = read(shapes[layer], numbers[used:])
        used += more
        now, faces, safe = _cut(now, lines, next_lines, counting and layer == len(shapes) - 1)
        lines = next_lines
        if not safe:
            faces = -1
            break
    return now.points, now.heights, now.ring, now.start, now.positive, faces


def maps(points: Array, ring: Array, start: Array, outputs: Array) -> tuple[Array, Array, Array]:
    """Weights and biases from the largest triangle at the first corner of each face, and where it is too thin."""
    faces, width = len(start) - 1, outputs.shape[1]
    weight, bias, thin = np.empty((faces, width, 2)), np.empty((faces, width)), np.zeros(faces, np.bool_)
    extent = np.abs(points[:, :2]).max()
    for f in range(faces):
        p = ring[start[f]]
        x, y = points[p, 0], points[p, 1]
        twice, best, finite = 0.0, start[f], points[p, 2] != 0
        for n in range(start[f] + 1, start[f + 1] - 1):
            q, r = ring[n], ring[n + 1]
            area = (points[q, 0] - x) * (points[r, 1] - y) - (points[q, 1] - y) * (points[r, 0] - x)
            finite = finite and points[q, 2] != 0 and points[r, 2] != 0
            if area > twice:
                twice, best = area, n
        q, r = ring[best], ring[best + 1]
        u, v = points[q, 0] - x, points[q, 1] - y
        s, t = points[r, 0] - x, points[r, 1] - y
        longest = np.sqrt(max(u * u + v * v, s * s + t * t))
        thin[f] = not finite or twice <= 1e-5 * longest * extent
        for o in range(width):
            a, b = outputs[q, o] - outputs[p, o], outputs[r, o] - outputs[p, o]
            weight[f, o, 0] = 0.0 if thin[f] else (a * t - b * v) / twice
            weight[f, o, 1] = 0.0 if thin[f] else (b * u - a * s) / twice
            bias[f, o] = outputs[p, o] - weight[f, o, 0] * x - weight[f, o, 1] * y
    return weight, bias, thin
