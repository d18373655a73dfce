"""The corners, edges and faces that a cut of the plane makes: its second half."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.regions._compiled._crossings import Chords, Crossings, Map, Meetings, Nodes
from hwlib.regions._compiled._lines import Lines, activate, put, settle


class HalfEdges(NamedTuple):
    """Pieces of borders, one from each node, then pieces of chords forwards, then the same backwards.

    A chord's left side is the part of the border after its second end and before its first.

    Attributes:
        origin: the corner where each begins.
        edge: its edge.
        following: what comes after it around its face.
        chord: of each piece of a chord, once, the chord.
        edges: corners of all new edges, ``(edges, 2)``.
    """

    origin: Array
    edge: Array
    following: Array
    chord: Array
    edges: Array


@numba.njit
def _mixes(
    old: Map, found: Crossings, nodes: Nodes, chords: Chords, met: Meetings
) -> tuple[Array, Array, Array, Array]:
    """New corners as sums of old ones: which four, their shares, t, and the lines through the corner, or -1."""
    points, edges, edge, share = old.points, old.edges, found.edge, found.share
    first, second, crossing, line = chords.first, chords.second, nodes.crossing, chords.line
    crossings = len(edge)
    total = crossings + len(met.place)
    of, shares = np.zeros((total, 4), np.int64), np.zeros((total, 4))
    finite, through = np.empty(total), np.full((total, 2), -1)
    for n in range(crossings):  # between the corners of an edge
        a, b = edges[edge[n], 0], edges[edge[n], 1]
        of[n, 0], of[n, 1], shares[n, 0], shares[n, 1] = a, b, share[n, 0], share[n, 1]
        finite[n], through[n, 0] = max(points[a, 2], points[b, 2]), found.line[n]
    for m in range(len(met.place)):  # between the ends of a chord
        n, one, other = crossings + m, met.chord[m, 0], met.chord[m, 1]
        begin, end = crossing[first[one]], crossing[second[one]]
        t, u, far = finite[begin], finite[end], met.place[m]
        scale = (1 - far) * t + far * u if t != u else 1.0
        for k in range(2):
            of[n, k], of[n, 2 + k] = of[begin, k], of[end, k]
            shares[n, k], shares[n, 2 + k] = (1 - far) / scale * share[begin, k], far / scale * share[end, k]
        finite[n], through[n, 0], through[n, 1] = max(t, u), line[one], line[other]
    return of, shares, finite, through


@numba.njit(fastmath={"contract", "reassoc"})
def corners_of(
    old: Map, found: Crossings, nodes: Nodes, chords: Chords, met: Meetings, lines: Lines, next_lines: Lines
) -> tuple[Array, Array, Array]:
    """All corners, old and new, with heights above the next lines and sizes of what enters them."""
    of, shares, finite, through = _mixes(old, found, nodes, chords, met)
    old_points, old_heights, flips = old.points, old.heights, lines.flips
    breakpoints, slopes, intercepts = lines.breakpoints, lines.slopes, lines.intercepts
    weight, rows, offset = next_lines.weight, next_lines.rows, next_lines.offset
    before, count, last = len(old_points), old_heights.shape[1], len(next_lines.breakpoints) == 0
    points = np.empty((before + len(of), 3))
    heights, sizes = np.empty((len(points), len(offset))), np.empty(len(points))
    row, out = np.empty(count), np.empty(count // len(breakpoints))
    used = np.empty(len(out), np.int64)
    for v in range(len(points)):
        if v < before:
            for k in range(3):
                points[v, k] = old_points[v, k]
            for line in range(count):
                row[line] = old_heights[v, line]
        else:
            n = v - before
            a, b, c, d = of[n, 0], of[n, 1], of[n, 2], of[n, 3]
            p, q, r, s = shares[n, 0], shares[n, 1], shares[n, 2], shares[n, 3]
            for k in range(2):
                points[v, k] = (p * old_points[a, k] + q * old_points[b, k]) + (
                    r * old_points[c, k] + s * old_points[d, k]
                )
            points[v, 2] = finite[n]
            for line in range(count):
                row[line] = p * old_heights[a, line] + q * old_heights[b, line]
            if through[n, 1] >= 0:
                for line in range(count):
                    row[line] += r * old_heights[c, line] + s * old_heights[d, line]
                settle(row, through[n, 1], flips)
            settle(row, through[n, 0], flips)
        activate(row, points[v, 2], breakpoints, slopes, intercepts, out)
        put(out, points[v, 2], weight, rows, offset, used, v, last, heights, sizes)
    return points, heights, sizes


@numba.njit
def half_edges_of(old: Map, found: Crossings, nodes: Nodes, chords: Chords, met: Meetings) -> HalfEdges:
    """Link half-edges by turning left at every meeting."""
    begin, first, second, pair, rank, on = found.begin, chords.first, chords.second, met.chord, met.rank, met.on
    corner, node_begin, border, count = nodes.corner, nodes.begin, len(nodes.corner), len(on) - 1
    pieces, borders = count + on[-1], len(old.edges) + begin[-1]
    inside, total = len(old.points) + begin[-1], border + 2 * pieces
    origin, edge, following = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    chord_of = np.empty(pieces, np.int64)
    for node in range(border):
        origin[node], edge[node], following[node] = corner[node], nodes.edge[node], node + 1
    for f in range(len(node_begin) - 1):
        following[node_begin[f + 1] - 1] = node_begin[f]
    for chord in range(count):
        low, high = border + on[chord] + chord, border + on[chord + 1] + chord  # its first and its last piece
        for half in range(low, high + 1):
            chord_of[half - border] = chord
            edge[half] = edge[half + pieces] = borders + half - border
        following[first[chord] - 1], following[second[chord] - 1] = low, high + pieces
        following[high], following[low + pieces] = second[chord], first[chord]
        origin[low], origin[high + pieces] = corner[first[chord]], corner[second[chord]]
    for n in range(len(pair)):
        one = border + on[pair[n, 0]] + pair[n, 0] + rank[n, 0]  # the pieces that end here
        other = border + on[pair[n, 1]] + pair[n, 1] + rank[n, 1]
        following[one], following[other] = other + 1, one + pieces
        following[one + 1 + pieces], following[other + 1 + pieces] = other + pieces, one + 1
        origin[one + 1] = origin[other + 1] = origin[one + pieces] = origin[other + pieces] = inside + n
    edges = np.empty((borders + pieces, 2), np.int64)
    _cut_edges(old.edges, begin, len(old.points), edges)
    for half in range(border, border + pieces):
        edges[edge[half], 0], edges[edge[half], 1] = origin[half], origin[half + pieces]
    return HalfEdges(origin, edge, following, chord_of, edges)


@numba.njit
def _cut_edges(old_edges: Array, begin: Array, on_edges: int, edges: Array) -> None:
    """Pieces of the old edges, one after the other."""
    for e in range(len(old_edges)):
        end = old_edges[e, 0]
        for n in range(begin[e], begin[e + 1]):
            edges[e + n, 0], edges[e + n, 1] = end, on_edges + n
            end = on_edges + n
        edges[e + begin[e + 1], 0], edges[e + begin[e + 1], 1] = end, old_edges[e, 1]


@numba.njit
def faces_of(
    old: Map, nodes: Nodes, chords: Chords, halves: HalfEdges, signs: Array, lines: Lines, total: int
) -> tuple[Array, Array, Array, Array, bool]:
    """Ring, edges, starts and signs of the new faces: those of one old face follow each other, from chord to chord.

    The last result says whether they are as many as there must be; otherwise meetings are in an impossible order.
    """
    origin, edge, following, node_begin = halves.origin, halves.edge, halves.following, nodes.begin
    border, pieces = len(nodes.corner), len(halves.chord)
    ring, ring_edges = np.empty(len(following), np.int64), np.empty(len(following), np.int64)
    start, begun = np.zeros(total + 1, np.int64), np.empty((total, 3), np.int64)
    seen = np.zeros(len(following), np.bool_)
    waiting, neighbour = np.empty(2 * pieces + 1, np.int64), np.empty(2 * pieces + 1, np.int64)
    made = filled = 0
    for f in range(len(node_begin) - 1):
        waiting[0], neighbour[0], left = node_begin[f], -1, 1
        while left:
            left -= 1
            half = waiting[left]
            if seen[half]:
                continue
            if made == total:
                return ring, ring_edges, start, old.positive, False
            begun[made, 0], begun[made, 1], begun[made, 2] = f, half, neighbour[left]
            while not seen[half]:
                seen[half] = True
                ring[filled], ring_edges[filled] = origin[half], edge[half]
                filled += 1
                if half >= border:  # on the other side of a chord there is another face
                    twin = half + pieces if half < border + pieces else half - pieces
                    if not seen[twin]:
                        waiting[left], neighbour[left] = twin, made
                        left += 1
                half = following[half]
            made += 1
            start[made] = filled
    sound = made == total and filled == len(ring)
    return ring, ring_edges, start, _signs_of(begun[:made], old, nodes, chords, halves, signs, lines), sound


@numba.njit
def _signs_of(
    begun: Array, old: Map, nodes: Nodes, chords: Chords, halves: HalfEdges, signs: Array, lines: Lines
) -> Array:
    """Signs of new faces, of which are known the old face, the half-edge that was met first, and a neighbour across it.

    A face that begins at an old corner has its signs, the others have those of the neighbour but for the line between.
    """
    origin, chord_of, chord_line = halves.origin, halves.chord, chords.line
    old_positive, flips, border = old.positive, lines.flips, len(nodes.corner)
    before, words = old_positive.shape[1], signs.shape[1]
    positive = np.empty((len(begun), before + words), np.uint64)
    for n in range(len(begun)):
        face, half, neighbour = begun[n, 0], begun[n, 1], begun[n, 2]
        for word in range(before):
            positive[n, word] = old_positive[face, word]
        if neighbour < 0:
            for word in range(words):
                positive[n, before + word] = signs[origin[half], word]
        else:
            line = chord_line[chord_of[(half - border) % len(chord_of)]]
            for word in range(words):
                positive[n, before + word] = positive[neighbour, before + word] ^ flips[line, word]
    return positive
