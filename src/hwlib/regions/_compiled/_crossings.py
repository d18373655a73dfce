"""Where the lines of a layer meet the edges of faces, and each other: the first half of a cut of the plane."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.regions._compiled._bits import ONE, lowest
from hwlib.regions._compiled._lines import Lines

_FEW = 30  # what is quickly sorted by insertion


class Map(NamedTuple):
    """Faces with shared corners and shared edges.

    Attributes:
        points: homogeneous, ``(v, 3)``.
        heights: above all lines of the next layer, or the outputs of the last, ``(v, lines)``.
        sizes: sum of the absolute numbers that enter the next layer, ``(v,)``.
        edges: the corners of each edge, ``(edges, 2)``.
        ring: corners of all faces, counter-clockwise, one face after the other.
        ring_edges: the edge that leads from each to the next.
        start: where each face begins in ``ring``, and the end.
        positive: bits ``(faces, words of all layers)``.
    """

    points: Array
    heights: Array
    sizes: Array
    edges: Array
    ring: Array
    ring_edges: Array
    start: Array
    positive: Array


class Crossings(NamedTuple):
    """Crossings of lines and edges, sorted by edge and along each edge; the n-th is new corner n.

    Attributes:
        begin: where each edge begins in the following arrays, and the end.
        line: which line.
        edge: which edge.
        share: of the two corners of the edge in the new corner, ``(crossings, 2)``.
    """

    begin: Array
    line: Array
    edge: Array
    share: Array


class Nodes(NamedTuple):
    """Borders of all faces with the crossings on them.

    Attributes:
        begin: where each face begins in the following arrays, and the end.
        corner: of each node, an old corner or a crossing, the corner.
        crossing: its crossing, or -1.
        edge: the new edge that leads to the next node.
    """

    begin: Array
    corner: Array
    crossing: Array
    edge: Array


class Chords(NamedTuple):
    """Pieces of lines in faces.

    Attributes:
        begin: where each face begins in the following arrays, and the end.
        first: the node where each chord begins, growing in each face.
        second: the node where it ends.
        line: what it is a piece of.
    """

    begin: Array
    first: Array
    second: Array
    line: Array


class Meetings(NamedTuple):
    """Where chords meet.

    Attributes:
        chord: the two chords of each, first the one that begins first, ``(meetings, 2)``.
        rank: how many meetings come before on each of the two, ``(meetings, 2)``.
        place: where on the first of the two, from 0 to 1.
        on: how many meetings there are on all chords before, ``(chords + 1,)``.
    """

    chord: Array
    rank: Array
    place: Array
    on: Array


@numba.njit
def signs_of(old: Map, lines: Lines) -> tuple[Array, bool]:
    """Signs of all heights as bits, and whether they are safe; multiples of a line get their heights from it."""
    points, heights, sizes, margin = old.points, old.heights, old.sizes, lines.margin
    same, factor = lines.same, lines.factor
    count, words = len(same), len(lines.looked_at)
    copies = np.flatnonzero(same != np.arange(count))
    signs = np.empty((len(points), words), np.uint64)
    doubts, all_finite = 0, True
    for v in range(len(points)):
        all_finite = all_finite and points[v, 2] == 1
    if all_finite:  # the largest of all is the safer measure of rounding
        sizes[:] = sizes.max()
    for v in range(len(points)):
        t, size = points[v, 2], sizes[v]
        for line in range(count):
            doubts += abs(heights[v, line]) <= margin[0, line] * size + margin[1, line] * t
        for copy in copies:
            heights[v, copy] = heights[v, same[copy]] * factor[copy]
        for word in range(words):
            bits = np.uint64(0)
            for line in range(64 * word, min(64 * word + 64, count)):
                bits |= np.uint64(heights[v, line] > 0) << np.uint64(line - 64 * word)
            signs[v, word] = bits
    return signs, doubts == 0


@numba.njit
def crossings_of(old: Map, signs: Array, lines: Lines) -> tuple[Crossings, bool]:
    """Where lines cross edges, and whether their order along each edge is safe."""
    begin = _crossings_before(old.edges, signs, lines.looked_at)
    line, edge = np.empty(begin[-1], np.int64), np.empty(begin[-1], np.int64)
    found = Crossings(begin, line, edge, np.empty((begin[-1], 2)))
    _place_on_edges(found, old.edges, old.heights, signs, lines.looked_at)
    return found, _weigh(found, old, lines.margin)


@numba.njit
def _crossings_before(edges: Array, signs: Array, looked_at: Array) -> Array:
    begin = np.zeros(len(edges) + 1, np.int64)
    for e in range(len(edges)):
        total = begin[e]
        for word in range(len(looked_at)):
            changed = (signs[edges[e, 0], word] ^ signs[edges[e, 1], word]) & looked_at[word]
            while changed:
                changed &= changed - ONE
                total += 1
        begin[e + 1] = total
    return begin


@numba.njit
def _place_on_edges(found: Crossings, edges: Array, heights: Array, signs: Array, looked_at: Array) -> None:
    """Lines in the order in which they cross each edge; for now the second share says where, from 0 to 1."""
    begin, line, edge, share = found.begin, found.line, found.edge, found.share
    for e in range(len(edges)):
        low, n = begin[e], begin[e]
        if low == begin[e + 1]:
            continue
        a, b = edges[e, 0], edges[e, 1]
        for word in range(len(looked_at)):
            changed = (signs[a, word] ^ signs[b, word]) & looked_at[word]
            while changed:
                crossed = 64 * word + lowest(changed)
                changed &= changed - ONE
                far = abs(heights[a, crossed]) / (abs(heights[a, crossed]) + abs(heights[b, crossed]))
                place = n  # insert it where it belongs
                while place > low and share[place - 1, 1] > far:
                    share[place, 1], line[place] = share[place - 1, 1], line[place - 1]
                    place -= 1
                share[place, 1], line[place], edge[n] = far, crossed, e
                n += 1


@numba.njit
def _weigh(found: Crossings, old: Map, margin: Array) -> bool:
    """Places become shares; whether each line is safely away from where the next one crosses."""
    begin, line, share = found.begin, found.line, found.share
    edges, heights, sizes, points = old.edges, old.heights, old.sizes, old.points
    safe = True
    for e in range(len(edges)):
        low, high = begin[e], begin[e + 1]
        if low == high:
            continue
        a, b = edges[e, 0], edges[e, 1]
        t, u = points[a, 2], points[b, 2]
        for n in range(low, high):
            far = share[n, 1]
            scale = (1 - far) * t + far * u if t != u else 1.0  # between a point and a direction
            share[n, 0], share[n, 1] = (1 - far) / scale, far / scale
        size, most = max(sizes[a], sizes[b]), max(t, u)
        for n in range(low, high - 1):
            this, that = line[n], line[n + 1]
            before = share[n, 0] * heights[a, that] + share[n, 1] * heights[b, that]
            after = share[n + 1, 0] * heights[a, this] + share[n + 1, 1] * heights[b, this]
            safe = safe and before * heights[a, that] > 0 and after * heights[b, this] > 0
            safe = safe and abs(before) > margin[0, that] * size + margin[1, that] * most
            safe = safe and abs(after) > margin[0, this] * size + margin[1, this] * most
    return safe


@numba.njit
def nodes_of(old: Map, found: Crossings) -> Nodes:
    """Walk around all faces."""
    start, ring, ring_edges, edges, before = old.start, old.ring, old.ring_edges, old.edges, found.begin
    on_edges, total = len(old.points), len(ring) + 2 * len(found.line)  # each crossing is on one border or on two
    begin, corner = np.zeros(len(start), np.int64), np.empty(total, np.int64)
    crossing, edge = np.empty(total, np.int64), np.empty(total, np.int64)
    node = 0
    for f in range(len(start) - 1):
        for n in range(start[f], start[f + 1]):
            e = ring_edges[n]
            low, many, forwards = before[e], before[e + 1] - before[e], edges[e, 0] == ring[n]
            piece = e + low  # edges before this one have as many more pieces as they have crossings
            corner[node], crossing[node], edge[node] = ring[n], -1, piece if forwards else piece + many
            for step in range(1, many + 1):
                new = low + (step - 1 if forwards else many - step)
                corner[node + step], crossing[node + step] = on_edges + new, new
                edge[node + step] = piece + (step if forwards else many - step)
            node += 1 + many
        begin[f + 1] = node
    return Nodes(begin, corner[:node], crossing[:node], edge[:node])


@numba.njit
def chords_of(nodes: Nodes, found: Crossings, count: int) -> tuple[Chords, bool]:
    """Where each of ``count`` lines enters and leaves each face, and whether it does so once.

    Around a face signs change an even number of times, so that each line that enters also leaves.
    """
    node_begin, crossing, crossed = nodes.begin, nodes.crossing, found.line
    most = len(crossed)
    begin, line = np.zeros(len(node_begin), np.int64), np.empty(most, np.int64)
    first, second = np.empty(most, np.int64), np.empty(most, np.int64)
    chord_of = np.full(count, -1)  # a line's chord, if it belongs to the face at hand
    chords = closed = 0
    for f in range(len(node_begin) - 1):
        for node in range(node_begin[f], node_begin[f + 1]):
            if crossing[node] < 0:
                continue
            this = crossed[crossing[node]]
            if chord_of[this] < begin[f]:
                chord_of[this], first[chords], line[chords] = chords, node, this
                chords += 1
            else:
                second[chord_of[this]] = node
                closed += 1
        begin[f + 1] = chords
    return Chords(begin, first, second, line), closed == chords


@numba.njit
def pairs_of(chords: Chords) -> Array:
    """Chords of a face cross if their ends alternate on its border."""
    begin, first, second = chords.begin, chords.first, chords.second
    most = total = 0
    for f in range(len(begin) - 1):
        chords_here = begin[f + 1] - begin[f]
        most += chords_here * (chords_here - 1) // 2
    pairs = np.empty((most, 2), np.int64)
    for f in range(len(begin) - 1):
        for one in range(begin[f], begin[f + 1]):
            for other in range(one + 1, begin[f + 1]):
                if first[other] > second[one]:
                    break
                if second[other] > second[one]:
                    pairs[total, 0], pairs[total, 1] = one, other
                    total += 1
    return pairs[:total]


@numba.njit
def meetings_of(
    pairs: Array, old: Map, found: Crossings, nodes: Nodes, chords: Chords, lines: Lines
) -> tuple[Meetings, bool]:
    """Meetings in their order along each chord, and whether that order is safe."""
    on = np.zeros(chords.begin[-1] + 1, np.int64)
    for n in range(len(pairs)):
        on[pairs[n, 0] + 1] += 1
        on[pairs[n, 1] + 1] += 1
    on = np.cumsum(on)
    turn, place, above, safe = _on_chords(pairs, on, old, found, nodes, chords)
    if not safe:
        return Meetings(pairs, pairs, place, on), False
    order = _sorted_on_chords(on, place)
    safe = _neighbours_are_apart(order, turn, place, above, pairs, on, old, found, nodes, chords, lines)
    rank, on_first = np.empty((len(pairs), 2), np.int64), np.empty(len(pairs))
    for chord in range(len(on) - 1):
        for n in range(on[chord], on[chord + 1]):
            met, side = turn[order[n]] // 2, turn[order[n]] % 2
            rank[met, side] = n - on[chord]
            if side == 0:
                on_first[met] = place[order[n]]
    return Meetings(pairs, rank, on_first, on), safe


@numba.njit(inline="always")
def _height(crossing: int, line: int, heights: Array, edges: Array, edge: Array, share: Array) -> Any:
    """Height of a crossing above a line."""
    a, b = edges[edge[crossing], 0], edges[edge[crossing], 1]
    return share[crossing, 0] * heights[a, line] + share[crossing, 1] * heights[b, line]


@numba.njit
def _on_chords(
    pairs: Array, on: Array, old: Map, found: Crossings, nodes: Nodes, chords: Chords
) -> tuple[Array, Array, Array, bool]:
    """Records of the meetings on each chord, and whether all chords have an end on each side.

    A record has twice the meeting plus which of its chords this is, where on it that is, from 0 to 1, and the heights
    of its ends above the other.
    """
    heights, edges, edge, share = old.heights, old.edges, found.edge, found.share
    first, second, line, crossing = chords.first, chords.second, chords.line, nodes.crossing
    free, turn, place, above = on.copy(), np.empty(on[-1], np.int64), np.empty(on[-1]), np.empty((on[-1], 2))
    safe = True
    for n in range(2 * len(pairs)):
        chord, met = pairs[n // 2, n % 2], line[pairs[n // 2, 1 - n % 2]]
        from_begin = _height(crossing[first[chord]], met, heights, edges, edge, share)
        from_end = _height(crossing[second[chord]], met, heights, edges, edge, share)
        safe = safe and from_begin * from_end < 0
        k = free[chord]
        free[chord] += 1
        turn[k], place[k] = n, abs(from_begin) / (abs(from_begin) + abs(from_end))
        above[k, 0], above[k, 1] = from_begin, from_end
    return turn, place, above, safe


@numba.njit
def _sorted_on_chords(on: Array, place: Array) -> Array:
    """Numbers of the records of each chord, by their places."""
    order = np.arange(len(place))
    for chord in range(len(on) - 1):
        low, high = on[chord], on[chord + 1]
        if high - low > _FEW:
            order[low:high] = low + np.argsort(place[low:high])
            continue
        for n in range(low + 1, high):
            k = n
            while k > low and place[order[k - 1]] > place[n]:
                order[k] = order[k - 1]
                k -= 1
            order[k] = n
    return order


@numba.njit
def _neighbours_are_apart(
    order: Array,
    turn: Array,
    place: Array,
    above: Array,
    pairs: Array,
    on: Array,
    old: Map,
    found: Crossings,
    nodes: Nodes,
    chords: Chords,
    lines: Lines,
) -> bool:
    """Whether the lines met just before and after each meeting on a chord are safely away from there."""
    sizes, points, edges, edge = old.sizes, old.points, old.edges, found.edge
    first, second, line, crossing, margin = chords.first, chords.second, chords.line, nodes.crossing, lines.margin
    safe = True
    for chord in range(len(on) - 1):
        low, high = on[chord], on[chord + 1]
        if high - low < 2:
            continue
        e, f = edge[crossing[first[chord]]], edge[crossing[second[chord]]]
        a, b, c, d = edges[e, 0], edges[e, 1], edges[f, 0], edges[f, 1]
        size = max(max(sizes[a], sizes[b]), max(sizes[c], sizes[d]))
        t, u = max(points[a, 2], points[b, 2]), max(points[c, 2], points[d, 2])
        for n in range(low, high - 1):
            for here, there, end in ((order[n], order[n + 1], 0), (order[n + 1], order[n], 1)):
                far = place[here]
                scale = (1 - far) * t + far * u if t != u else 1.0
                height = ((1 - far) * above[there, 0] + far * above[there, 1]) / scale
                met = line[pairs[turn[there] // 2, 1 - turn[there] % 2]]
                safe = safe and height * above[there, end] > 0
                safe = safe and abs(height) > margin[0, met] * size + margin[1, met] * max(t, u)
    return safe
