"""All regions in the plane as machine code: the overlay of :mod:`hwlib.regions._numpy._plane`, face by face.

Edges are numbered, and the two faces of an edge find the crossings on it under its number. A face looks only at the
lines that cross it, so heights at new corners are never stored. Which side of all lines a new face is on follows by
walking from face to face: across a piece of a line exactly its own sign changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.regions._compiled._lines import ONE, Lines, activate, lowest, put, read, settle

_FLOATS, _TABLE, _NUMBERS, _PAIRS = "float64[::1]", "float64[:, ::1]", "int64[::1]", "int64[:, ::1]"
SUBDIVIDE = (
    f"Tuple(({_TABLE}, {_TABLE}, {_NUMBERS}, {_NUMBERS}, uint64[:, ::1], int64))"
    f"({_TABLE}, {_NUMBERS}, {_NUMBERS}, {_PAIRS}, {_FLOATS}, boolean)"
)
MAPS = f"Tuple((float64[:, :, ::1], {_TABLE}, boolean[::1]))({_TABLE}, {_NUMBERS}, {_NUMBERS}, {_TABLE})"


class _Map(NamedTuple):
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


class _Crossings(NamedTuple):
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


class _Chords(NamedTuple):
    """Borders of all faces with the crossings on them, and the chords between these.

    Attributes:
        begin: where each face begins in the following three arrays, and the end.
        corner: of each node, an old corner or a crossing, the corner.
        crossing: its crossing, or -1.
        edge: the new edge that leads to the next node.
        face: where each face begins in the following arrays, and the end.
        first: the node where each chord begins, growing in each face.
        second: the node where it ends.
        line: what it is a part of.
    """

    begin: Array
    corner: Array
    crossing: Array
    edge: Array
    face: Array
    first: Array
    second: Array
    line: Array


class _Meetings(NamedTuple):
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
def _signs(old: _Map, lines: Lines) -> tuple[Array, bool]:
    """Signs of all heights as bits, and whether they are safe; multiples of a line get their heights from it."""
    points, heights, sizes, margin, same, factor = (
        old.points,
        old.heights,
        old.sizes,
        lines.margin,
        lines.same,
        lines.factor,
    )
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
def _crossings(old: _Map, signs: Array, lines: Lines) -> tuple[_Crossings, bool]:
    """Where lines cross edges, and whether their order along each edge is safe."""
    points, edges, heights, sizes = old.points, old.edges, old.heights, old.sizes
    looked_at, margin = lines.looked_at, lines.margin
    begin = np.zeros(len(edges) + 1, np.int64)
    for e in range(len(edges)):
        begin[e + 1] = begin[e]
        for word in range(len(looked_at)):
            changed = (signs[edges[e, 0], word] ^ signs[edges[e, 1], word]) & looked_at[word]
            while changed:
                changed &= changed - ONE
                begin[e + 1] += 1
    total = begin[-1]
    line, edge, share = np.empty(total, np.int64), np.empty(total, np.int64), np.empty((total, 2))
    safe = True
    for e in range(len(edges)):
        low, high = begin[e], begin[e + 1]
        if low == high:
            continue
        a, b = edges[e, 0], edges[e, 1]
        n = low
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
                share[place, 1], line[place] = far, crossed
                n += 1
        t, u = points[a, 2], points[b, 2]
        for n in range(low, high):
            far = share[n, 1]
            scale = (1 - far) * t + far * u if t != u else 1.0  # between a point and a direction
            edge[n], share[n, 0], share[n, 1] = e, (1 - far) / scale, far / scale
        size, most = max(sizes[a], sizes[b]), max(t, u)
        for n in range(low, high - 1):
            this, that = line[n], line[n + 1]
            before = share[n, 0] * heights[a, that] + share[n, 1] * heights[b, that]
            after = share[n + 1, 0] * heights[a, this] + share[n + 1, 1] * heights[b, this]
            safe = safe and before * heights[a, that] > 0 and after * heights[b, this] > 0
            safe = safe and abs(before) > margin[0, that] * size + margin[1, that] * most
            safe = safe and abs(after) > margin[0, this] * size + margin[1, this] * most
    return _Crossings(begin, line, edge, share), safe


@numba.njit
def _chords(old: _Map, found: _Crossings, count: int) -> tuple[_Chords, bool]:
    """Walk around all faces; each line must enter and leave a face once."""
    start, ring, ring_edges, edges, begin = old.start, old.ring, old.ring_edges, old.edges, found.begin
    crossed, on_edges = found.line, len(old.points)
    faces, nodes = len(start) - 1, len(ring)
    for n in range(len(ring)):
        nodes += begin[ring_edges[n] + 1] - begin[ring_edges[n]]
    node_begin, corner = np.empty(faces + 1, np.int64), np.empty(nodes, np.int64)
    crossing, edge = np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    most = (nodes - len(ring) + 1) // 2
    face, line = np.empty(faces + 1, np.int64), np.empty(most, np.int64)
    first, second = np.empty(most, np.int64), np.empty(most, np.int64)
    chord_of = np.full(count, -1)  # a line's chord, if it belongs to the face at hand
    node = chords = closed = 0
    sound = True
    node_begin[0] = face[0] = 0
    for f in range(faces):
        for n in range(start[f], start[f + 1]):
            e = ring_edges[n]
            low, on_edge, forwards = begin[e], begin[e + 1] - begin[e], edges[e, 0] == ring[n]
            piece = e + low  # edges before this one have as many more pieces as they have crossings
            corner[node], crossing[node], edge[node] = ring[n], -1, piece if forwards else piece + on_edge
            node += 1
            for step in range(on_edge):
                new = low + (step if forwards else on_edge - 1 - step)
                corner[node], crossing[node] = on_edges + new, new
                edge[node] = piece + step + 1 if forwards else piece + on_edge - 1 - step
                chord = chord_of[crossed[new]]
                if chord < face[f]:
                    if chords == most:
                        return _Chords(node_begin, corner, crossing, edge, face, first, second, line), False
                    chord_of[crossed[new]] = chords
                    first[chords], second[chords], line[chords] = node, -1, crossed[new]
                    chords += 1
                else:
                    sound = sound and second[chord] < 0
                    second[chord] = node
                    closed += 1
                node += 1
        sound = sound and closed == chords
        node_begin[f + 1], face[f + 1] = node, chords
    return _Chords(node_begin, corner, crossing, edge, face, first, second, line), sound


@numba.njit
def _pairs(chords: _Chords) -> Array:
    """Chords of a face cross if their ends alternate on its border."""
    face, first, second = chords.face, chords.first, chords.second
    pairs = np.empty((0, 2), np.int64)
    for filling in (False, True):
        total = 0
        for f in range(len(face) - 1):
            for one in range(face[f], face[f + 1]):
                for other in range(one + 1, face[f + 1]):
                    if first[other] > second[one]:
                        break
                    if second[other] > second[one]:
                        if filling:
                            pairs[total, 0], pairs[total, 1] = one, other
                        total += 1
        if not filling:
            pairs = np.empty((total, 2), np.int64)
    return pairs


@numba.njit
def _meetings(pairs: Array, old: _Map, found: _Crossings, chords: _Chords, lines: Lines) -> tuple[_Meetings, bool]:
    """Meetings in their order along each chord, and whether that order is safe."""
    # long: one loop over arrays that it fills; its parts would have to take and return all of them.
    heights, sizes = old.heights, old.sizes
    points, edges, edge, share = old.points, old.edges, found.edge, found.share
    first, second, line, crossing, margin = chords.first, chords.second, chords.line, chords.crossing, lines.margin
    on = np.zeros(chords.face[-1] + 1, np.int64)
    for n in range(len(pairs)):
        on[pairs[n, 0] + 1] += 1
        on[pairs[n, 1] + 1] += 1
    on = np.cumsum(on)
    # Records of the meetings on each chord: where it is, twice the meeting plus which of its chords this is, and the
    # heights of this chord's ends above the other.
    free, place, turn = on.copy(), np.empty(on[-1]), np.empty(on[-1], np.int64)
    above = np.empty((on[-1], 2))
    safe = True
    for n in range(2 * len(pairs)):
        chord, met = pairs[n // 2, n % 2], line[pairs[n // 2, 1 - n % 2]]
        begin, end = crossing[first[chord]], crossing[second[chord]]
        a, b, c, d = edges[edge[begin], 0], edges[edge[begin], 1], edges[edge[end], 0], edges[edge[end], 1]
        from_begin = share[begin, 0] * heights[a, met] + share[begin, 1] * heights[b, met]
        from_end = share[end, 0] * heights[c, met] + share[end, 1] * heights[d, met]
        safe = safe and from_begin * from_end < 0
        k = free[chord]
        free[chord] += 1
        turn[k], place[k] = n, abs(from_begin) / (abs(from_begin) + abs(from_end))
        above[k, 0], above[k, 1] = from_begin, from_end
    rank, on_first = np.empty((len(pairs), 2), np.int64), np.empty(len(pairs))
    for chord in range(len(on) - 1):
        low, high = on[chord], on[chord + 1]
        if low == high:
            continue
        if high - low > 30:
            order = low + np.argsort(place[low:high])
            turn[low:high], place[low:high], above[low:high] = turn[order], place[order], above[order]
        else:
            for n in range(low + 1, high):
                this, where, from_begin, from_end = turn[n], place[n], above[n, 0], above[n, 1]
                k = n
                while k > low and place[k - 1] > where:
                    turn[k], place[k], above[k, 0], above[k, 1] = (
                        turn[k - 1],
                        place[k - 1],
                        above[k - 1, 0],
                        above[k - 1, 1],
                    )
                    k -= 1
                turn[k], place[k], above[k, 0], above[k, 1] = this, where, from_begin, from_end
        begin, end = crossing[first[chord]], crossing[second[chord]]
        a, b, c, d = edges[edge[begin], 0], edges[edge[begin], 1], edges[edge[end], 0], edges[edge[end], 1]
        size = max(max(sizes[a], sizes[b]), max(sizes[c], sizes[d]))
        t, u = max(points[a, 2], points[b, 2]), max(points[c, 2], points[d, 2])
        for n in range(low, high):
            rank[turn[n] // 2, turn[n] % 2] = n - low
            if turn[n] % 2 == 0:
                on_first[turn[n] // 2] = place[n]
            for other in (n - 1, n + 1):  # the lines met just before and after are safely away from here
                if low <= other < high:
                    scale = (1 - place[n]) * t + place[n] * u if t != u else 1.0
                    height = ((1 - place[n]) * above[other, 0] + place[n] * above[other, 1]) / scale
                    met = line[pairs[turn[other] // 2, 1 - turn[other] % 2]]
                    safe = safe and height * above[other, 1 if other < n else 0] > 0
                    safe = safe and abs(height) > margin[0, met] * size + margin[1, met] * max(t, u)
    return _Meetings(pairs, rank, on_first, on), safe


@numba.njit(fastmath={"contract", "reassoc"})
def _corners(
    old: _Map, found: _Crossings, chords: _Chords, met: _Meetings, lines: Lines, next_lines: Lines
) -> tuple[Array, Array, Array]:
    """All corners, old and new, with heights above the next lines and sizes of what enters them."""
    heights, weight, rows, offset = old.heights, next_lines.weight, next_lines.rows, next_lines.offset
    old_points, edges, edge, share, crossed = old.points, old.edges, found.edge, found.share, found.line
    first, second, crossing, chord_line, pair = chords.first, chords.second, chords.crossing, chords.line, met.chord
    flips, slopes, intercepts, breakpoints = lines.flips, lines.slopes, lines.intercepts, lines.breakpoints
    place = met.place
    on_edges, inside = len(old_points), len(old_points) + len(edge)
    count = heights.shape[1]
    neurons, last = count // len(breakpoints), len(next_lines.breakpoints) == 0
    points = np.empty((inside + len(place), 3))
    next_heights, next_sizes = np.empty((len(points), len(offset))), np.empty(len(points))
    row, out, used = np.empty(count), np.empty(neurons), np.empty(neurons, np.int64)
    a = b = c = d = 0
    of_a = of_b = of_c = of_d = 0.0
    for v in range(len(points)):
        this = that = -1  # lines through it
        if v < on_edges:
            t = old_points[v, 2]
            points[v, 0], points[v, 1] = old_points[v, 0], old_points[v, 1]
            for line in range(count):
                row[line] = heights[v, line]
        else:
            if v < inside:
                n = v - on_edges
                this, a, b, of_a, of_b = crossed[n], edges[edge[n], 0], edges[edge[n], 1], share[n, 0], share[n, 1]
                t = max(old_points[a, 2], old_points[b, 2])
                for k in range(2):
                    points[v, k] = of_a * old_points[a, k] + of_b * old_points[b, k]
                for line in range(count):
                    row[line] = of_a * heights[a, line] + of_b * heights[b, line]
            else:  # between the ends of a chord, which are between old corners
                n = v - inside
                this, that = chord_line[pair[n, 0]], chord_line[pair[n, 1]]
                begin, end = crossing[first[pair[n, 0]]], crossing[second[pair[n, 0]]]
                a, b, c, d = edges[edge[begin], 0], edges[edge[begin], 1], edges[edge[end], 0], edges[edge[end], 1]
                begin_t, end_t = points[on_edges + begin, 2], points[on_edges + end, 2]
                t = max(begin_t, end_t)
                near, far = 1 - place[n], place[n]
                scale = near * begin_t + far * end_t if begin_t != end_t else 1.0
                near, far = near / scale, far / scale
                of_a, of_b, of_c, of_d = (
                    near * share[begin, 0],
                    near * share[begin, 1],
                    far * share[end, 0],
                    far * share[end, 1],
                )
                for k in range(2):
                    points[v, k] = near * points[on_edges + begin, k] + far * points[on_edges + end, k]
                for line in range(count):
                    row[line] = (of_a * heights[a, line] + of_b * heights[b, line]) + (
                        of_c * heights[c, line] + of_d * heights[d, line]
                    )
            for own in (this, that):
                if own >= 0:
                    settle(row, own, flips)
        points[v, 2] = t
        activate(row, t, breakpoints, slopes, intercepts, out)
        put(out, t, weight, rows, offset, used, v, last, next_heights, next_sizes)
    return points, next_heights, next_sizes


@numba.njit
def _half_edges(
    old: _Map, found: _Crossings, chords: _Chords, met: _Meetings
) -> tuple[Array, Array, Array, Array, Array]:
    """Where each half-edge begins, its edge, what follows it around its face, the chord of a piece, and new edges.

    Half-edges are the pieces of borders, one from each node, then the pieces of chords forwards, then the same
    backwards. A chord's left side is the part of the border after its second end and before its first.
    """
    old_edges, begin, first, second = old.edges, found.begin, chords.first, chords.second
    corner, node_edge, node_begin, pair, rank, on = (
        chords.corner,
        chords.edge,
        chords.begin,
        met.chord,
        met.rank,
        met.on,
    )
    on_edges, nodes, count = len(old.points), len(corner), len(on) - 1
    inside = on_edges + begin[-1]
    border_pieces = len(old_edges) + begin[-1]
    pieces = count + on[-1]
    origin, edge_of = np.empty(nodes + 2 * pieces, np.int64), np.empty(nodes + 2 * pieces, np.int64)
    following, chord_of = np.empty(nodes + 2 * pieces, np.int64), np.empty(pieces, np.int64)
    edges = np.empty((border_pieces + pieces, 2), np.int64)
    for node in range(nodes):
        origin[node], edge_of[node], following[node] = corner[node], node_edge[node], node + 1
    for f in range(len(node_begin) - 1):
        following[node_begin[f + 1] - 1] = node_begin[f]
    for chord in range(count):
        low, high = nodes + on[chord] + chord, nodes + on[chord + 1] + chord  # its first and its last piece
        for half in range(low, high + 1):
            chord_of[half - nodes] = chord
            edge_of[half] = edge_of[half + pieces] = border_pieces + half - nodes
        following[first[chord] - 1], following[second[chord] - 1] = low, high + pieces
        following[high], following[low + pieces] = second[chord], first[chord]
        origin[low], origin[high + pieces] = corner[first[chord]], corner[second[chord]]
    for n in range(len(pair)):
        one = nodes + on[pair[n, 0]] + pair[n, 0] + rank[n, 0]  # the pieces that end here
        other = nodes + on[pair[n, 1]] + pair[n, 1] + rank[n, 1]
        following[one], following[other] = other + 1, one + pieces
        following[one + 1 + pieces], following[other + 1 + pieces] = other + pieces, one + 1
        origin[one + 1] = origin[other + 1] = origin[one + pieces] = origin[other + pieces] = inside + n
    for e in range(len(old_edges)):
        end = old_edges[e, 0]
        for n in range(begin[e], begin[e + 1]):
            edges[e + n, 0], edges[e + n, 1] = end, on_edges + n
            end = on_edges + n
        edges[e + begin[e + 1], 0], edges[e + begin[e + 1], 1] = end, old_edges[e, 1]
    for half in range(nodes, nodes + pieces):
        edges[edge_of[half], 0], edges[edge_of[half], 1] = origin[half], origin[half + pieces]
    return origin, edge_of, following, chord_of, edges


@numba.njit
def _faces(
    old: _Map, chords: _Chords, halves: tuple[Array, Array, Array, Array], signs: Array, lines: Lines, total: int
) -> tuple[Array, Array, Array, Array, bool]:
    """Ring, edges, starts and signs of the new faces: those of one old face follow each other, from chord to chord.

    The last result says whether they are as many as there must be; otherwise meetings are in an impossible order.
    """
    origin, edge_of, following, chord_of = halves
    node_begin, chord_line, old_positive, flips = chords.begin, chords.line, old.positive, lines.flips
    nodes, pieces = len(chords.corner), len(chord_of)
    before, words = old_positive.shape[1], signs.shape[1]
    ring, ring_edges = np.empty(len(following), np.int64), np.empty(len(following), np.int64)
    start, positive = np.zeros(total + 1, np.int64), np.empty((total, before + words), np.uint64)
    seen = np.zeros(len(following), np.bool_)
    waiting, waiting_from = np.empty(2 * pieces + 1, np.int64), np.empty(2 * pieces + 1, np.int64)
    made = filled = 0
    for f in range(len(node_begin) - 1):
        waiting[0], left = node_begin[f], 1
        while left:
            left -= 1
            half = waiting[left]
            if seen[half]:
                continue
            if made == total:
                return ring, ring_edges, start, positive, False
            for word in range(before):
                positive[made, word] = old_positive[f, word]
            if half < nodes:  # the face at an old corner has its signs
                for word in range(words):
                    positive[made, before + word] = signs[origin[half], word]
            else:
                line = chord_line[chord_of[(half - nodes) % pieces]]
                for word in range(words):
                    positive[made, before + word] = positive[waiting_from[left], before + word] ^ flips[line, word]
            while not seen[half]:
                seen[half] = True
                ring[filled], ring_edges[filled] = origin[half], edge_of[half]
                filled += 1
                if half >= nodes:
                    twin = half + pieces if half < nodes + pieces else half - pieces
                    if not seen[twin]:
                        waiting[left], waiting_from[left] = twin, made
                        left += 1
                half = following[half]
            made += 1
            start[made] = filled
    return ring, ring_edges, start, positive, made == total and filled == len(ring)


@numba.njit
def _cut(old: _Map, lines: Lines, next_lines: Lines, counting: bool) -> tuple[_Map, int, bool]:
    """Cut all faces by the lines of one layer: the new faces, their number, and whether all signs were safe.

    Work that only counts stops before it draws anything, and returns the old faces.
    """
    signs, safe = _signs(old, lines)
    if not safe:
        return old, 0, False
    found, safe = _crossings(old, signs, lines)
    if not safe:
        return old, 0, False
    chords, safe = _chords(old, found, len(lines.offset))
    if not safe:
        return old, 0, False
    pairs = _pairs(chords)
    total = len(old.start) - 1 + chords.face[-1] + len(pairs)
    met, safe = _meetings(pairs, old, found, chords, lines)
    if not safe or counting:
        return old, total, safe
    points, heights, sizes = _corners(old, found, chords, met, lines, next_lines)
    origin, edge_of, following, chord_of, edges = _half_edges(old, found, chords, met)
    halves = (origin, edge_of, following, chord_of)
    ring, ring_edges, start, positive, safe = _faces(old, chords, halves, signs, lines, total)
    return _Map(points, heights, sizes, edges, ring, ring_edges, start, positive), total, safe


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
    now = _Map(points, heights, sizes, edges, ring, ring_edges, start, np.empty((faces, 0), np.uint64))
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
