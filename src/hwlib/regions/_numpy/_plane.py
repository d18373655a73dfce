"""All regions in the plane at once: each layer's lines are laid over all faces in a few array operations.

A network is continuous, so its values at shared corners say everything: a neuron changes sign on an edge where its
values at the two ends do, and inside a face it is affine, so that two such edges are joined by a chord. Which chords of
a face cross follows from the order of their ends on its border, and the new faces follow from turning left at every
meeting point. Positions are computed, but never compared: all decisions are signs, and a sign that floats can not be
trusted with raises :class:`~hwlib.regions._shapes.InDoubtError`; then exact arithmetic takes over.

Points are homogeneous, (p, q, t): the point (p, q) for t = 1, the direction (p, q) for t = 0. So the whole plane is
three faces with corners at infinity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import Layer
from hwlib.regions._numpy._lines import LayerLines
from hwlib.regions._shapes import Faces, InDoubtError, following, pack, unpack


def subdivide(faces: Faces, layers: Sequence[Layer]) -> tuple[Faces, Array]:
    """Cut faces by the lines of all layers but the last, which has none.

    Returns the faces, and what the last layer puts out at all corners, ``(v, outputs)``, times t.
    """
    values = faces.points[:, :2]  # what enters the next layer, at every corner, times t
    for lines in map(LayerLines, layers[:-1]):
        faces, heights = _cut(faces, _crossings_of(faces, values, lines))
        values = lines.outputs(heights, faces.points[:, 2])
    return faces, values @ layers[-1].weight.T + faces.points[:, 2:] * layers[-1].bias


def count(faces: Faces, layers: Sequence[Layer]) -> int:
    """How many faces :func:`subdivide` would make, without making those of the last cut."""
    values = faces.points[:, :2]
    *before, last = map(LayerLines, layers[:-1])
    for lines in before:
        faces, heights = _cut(faces, _crossings_of(faces, values, lines))
        values = lines.outputs(heights, faces.points[:, 2])
    found = _crossings_of(faces, values, last)
    return len(faces) + len(found.first) + len(found.pairs)


def _crossings_of(faces: Faces, values: Array, lines: LayerLines) -> _Crossings:
    t = faces.points[:, 2]
    return _Crossings(faces, lines.heights(values, t), lines, lines.margins(values, t))


class _Crossings:
    """Where the lines of a layer meet the borders of faces and each other."""

    def __init__(self, faces: Faces, heights: Array, layer: LayerLines, margins: Array):
        self.old_heights, self.layer = heights, layer
        self._trust(heights, margins)
        ring, start = faces.ring, faces.start
        self.following = following(ring, start)
        self.face_of = np.repeat(np.arange(len(faces)), np.diff(start))
        signs = pack(heights > 0)
        head, tail = ring, ring[self.following]
        changed = (signs[head] ^ signs[tail]) & layer.line_words
        edges = np.flatnonzero(changed.any(axis=1))
        row, line = np.nonzero(unpack(changed[edges], heights.shape[1]))
        edge = edges[row]
        a, b = head[edge], tail[edge]
        from_a, from_b = np.abs(heights[a, line]), np.abs(heights[b, line])
        order = _sorted_within(edge, from_a / (from_a + from_b))
        # One entry for each crossing of a border, in the order of the borders.
        self.edge, self.line = edge[order], line[order]
        self._corners(faces.points, margins, a[order], b[order])
        self._chords(heights.shape[1])
        self._meetings()

    def _corners(self, points: Array, margins: Array, a: Array, b: Array) -> None:
        """New corners on edges; the two faces of an edge share them."""
        heights = self.old_heights
        low, high = np.minimum(a, b), np.maximum(a, b)
        key = (low * len(points) + high) * heights.shape[1] + self.line
        _, first, self.corner = np.unique(key, return_index=True, return_inverse=True)
        low, high, line = low[first], high[first], self.line[first]
        weights = np.abs(heights[high, line]), np.abs(heights[low, line])
        self.points, self.heights = _between((points, heights), low, high, *weights)
        self.layer.settle(self.heights, line)
        self.margins = margins if len(margins) == 1 else np.maximum(margins[low], margins[high])
        self._trust(self.heights, self.margins, line)

    def _trust(self, heights: Array, margins: Array, *own: Array) -> None:
        """Raise unless all signs but those of the lines that meet there are safe."""
        small = np.abs(heights) <= margins
        for lines in own:
            small[np.arange(len(heights)), lines] = False
        if small.any() and small[:, self.layer.lines].any():
            raise InDoubtError

    def _chords(self, lines: int) -> None:
        """Each line enters and leaves a face once: pairs of entries, the first in the order of the border first."""
        face = self.face_of[self.edge]
        order = np.argsort(face * lines + self.line, kind="stable")
        first, second = order[::2], order[1::2]  # around a face signs change an even number of times
        if ((face[first][1:] == face[first][:-1]) & (self.line[first][1:] == self.line[first][:-1])).any():
            raise InDoubtError  # four times at least
        by_place = np.argsort(first)
        self.first, self.second = first[by_place], second[by_place]  # entries grow with the face, so this sorts faces
        self.chord_face = face[self.first]

    def _meetings(self) -> None:
        """Chords of a face cross if their ends alternate on its border."""
        ends = np.searchsorted(self.chord_face, self.chord_face, side="right")
        number = np.arange(len(self.first))
        later = ends - number - 1  # chords of the same face that begin after this one
        one = np.repeat(number, later)
        other = np.arange(later.sum()) - np.repeat(np.cumsum(later) - later, later) + one + 1
        cross = (self.first[other] < self.second[one]) & (self.second[one] < self.second[other])
        one, other = one[cross], other[cross]
        self.pairs = np.stack([one, other], axis=1)  # (meetings, 2)

        def along(chord: Array, crossed: Array) -> tuple[Array, Array, Array, Array]:
            begin, end = self.corner[self.first[chord]], self.corner[self.second[chord]]
            line = self.line[self.first[crossed]]
            from_begin, from_end = self.heights[begin, line], self.heights[end, line]
            if (from_begin * from_end >= 0).any():
                raise InDoubtError
            return begin, end, np.abs(from_begin), np.abs(from_end)

        begin, end, from_begin, from_end = along(one, other)
        self.place_on_one = from_begin / (from_begin + from_end)
        _, _, near, far = along(other, one)
        self.place_on_other = near / (near + far)
        self.met_points, self.met_heights = _between((self.points, self.heights), begin, end, from_end, from_begin)
        lines = self.line[self.first[one]], self.line[self.first[other]]
        self.layer.settle(self.met_heights, *lines)
        margins = self.margins if len(self.margins) == 1 else np.maximum(self.margins[begin], self.margins[end])
        self._trust(self.met_heights, margins, *lines)


def _between(tables: tuple[Array, Array], a: Array, b: Array, weight_a: Array, weight_b: Array) -> tuple[Array, Array]:
    """Homogeneous averages of rows, points at t = 1 or t = 0; heights go along."""
    total = weight_a + weight_b
    share_a, share_b = (weight_a / total)[:, None], (weight_b / total)[:, None]
    mixed = []
    for table in tables:
        rows, others = table[a], table[b]
        rows *= share_a
        others *= share_b
        rows += others
        mixed.append(rows)
    points, heights = mixed
    t = points[:, 2:]
    if (far := (t != 0) & (np.abs(t - 1) > 1e-15)).any():  # a point between one at t = 1 and one at infinity
        scale = np.where(far, t, 1)
        points /= scale
        heights /= scale
    points[:, 2] = t[:, 0] != 0
    return points, heights


def _sorted_within(group: Array, place: Array) -> Array:
    """Order by place within each group, for groups that stand together; most have one member."""
    order = np.arange(len(group))
    same = group[1:] == group[:-1]
    crowded = np.flatnonzero(np.append(same, False) | np.append(False, same))
    order[crowded] = crowded[np.lexsort((place[crowded], group[crowded]))]
    return order


def _cut(faces: Faces, found: _Crossings) -> tuple[Faces, Array]:
    """Cut all faces by the lines of one layer; returns them with the heights at all corners, old and new."""
    on_edges, inside = len(faces.points), len(faces.points) + len(found.points)
    points = np.concatenate([faces.points, found.points, found.met_points])
    heights = np.concatenate([found.old_heights, found.heights, found.met_heights])

    whole = np.ones(len(faces), bool)
    whole[found.chord_face] = False
    ring, start, parent = _left_turns(faces, found, ~whole, on_edges, inside)
    kept = np.repeat(whole, np.diff(faces.start))
    ring = np.concatenate([ring, faces.ring[kept]])
    lengths = np.concatenate([np.diff(start), np.diff(faces.start)[whole]])
    if len(lengths) != len(faces) + len(found.first) + len(found.pairs):  # an impossible order of meetings
        raise InDoubtError
    start = np.concatenate([[0], np.cumsum(lengths)])
    parent = np.concatenate([parent, np.flatnonzero(whole)])

    signs = pack(heights > 0)[ring]
    positive = np.bitwise_or.reduceat(signs, start[:-1], axis=0)  # lines through a corner count as not positive there
    return Faces(points, ring, start, [*(words[parent] for words in faces.positive), positive]), heights


class _Pieces:
    """The pieces of chords as half-edges, numbered after those of borders: first forwards, then the same backwards.

    Attributes:
        count: how many there are in each direction.
        met: meetings on each chord; it has one piece more.
        one: of each meeting the chord that begins first, and how many meetings come before on it.
        other: the same of the other chord.
    """

    def __init__(self, found: _Crossings, nodes: int):
        chord = found.pairs.T.ravel()  # of each meeting the first chord, then of each the second
        order = np.lexsort((np.concatenate([found.place_on_one, found.place_on_other]), chord))
        self.met = np.bincount(chord, minlength=len(found.first))
        rank = np.empty(len(chord), np.int64)
        rank[order] = np.arange(len(chord)) - np.repeat(np.cumsum(self.met) - self.met, self.met)
        self.one, self.other = zip(found.pairs.T, rank.reshape(2, -1), strict=True)
        self.count = len(found.first) + len(chord)
        self._base = nodes + np.cumsum(self.met + 1) - (self.met + 1)

    def forwards(self, chord: Array | slice, number: Array | int) -> Array:
        """Half-edges of pieces of chords."""
        found: Array = self._base[chord] + number
        return found

    def backwards(self, chord: Array | slice, number: Array | int) -> Array:
        """The same the other way; each ends where it began."""
        return self.forwards(chord, number) + self.count


def _left_turns(faces: Faces, found: _Crossings, cut: Array, on_edges: int, inside: int) -> tuple[Array, Array, Array]:
    """Ring, starts and parents of the faces that the cut ones fall into.

    Half-edges are the pieces of borders, one from each corner and each crossing, and those of chords. A chord's left
    side is the part of the border after its second end and before its first.
    """
    corners = np.flatnonzero(cut[found.face_of])  # half-edges of faces that are cut
    corner_node = np.arange(len(corners)) + np.searchsorted(found.edge, corners)  # after entries on earlier half-edges
    entry_node = np.arange(len(found.edge)) + np.searchsorted(corners, found.edge, side="right")
    nodes = len(corners) + len(found.edge)
    pieces = _Pieces(found, nodes)
    vertex, face, following = (np.empty(nodes + 2 * pieces.count, np.int64) for _ in range(3))
    vertex[corner_node], vertex[entry_node] = faces.ring[corners], on_edges + found.corner
    face[corner_node], face[entry_node] = found.face_of[corners], found.face_of[found.edge]
    face[nodes : nodes + pieces.count] = face[nodes + pieces.count :] = np.repeat(found.chord_face, pieces.met + 1)
    _link_borders(pieces, face[:nodes], entry_node[found.first], entry_node[found.second], vertex, following)
    _link_meetings(pieces, inside, vertex, following)
    return _cycles(following, vertex, face)


def _link_borders(pieces: _Pieces, face: Array, begin: Array, end: Array, vertex: Array, following: Array) -> None:
    """A border goes on at a corner, and turns into a chord where one begins or ends; there the chord turns back."""
    every = slice(None)
    first, last = pieces.forwards(every, 0), pieces.forwards(every, pieces.met)
    first_back, last_back = pieces.backwards(every, pieces.met), pieces.backwards(every, 0)
    leave = np.arange(len(face))
    leave[begin], leave[end] = first, first_back
    faces = np.flatnonzero(np.append(True, face[1:] != face[:-1])) if len(face) else face
    successor = np.arange(1, len(face) + 1)
    successor[np.append(faces[1:], len(face))[: len(faces)] - 1] = faces
    following[: len(face)] = leave[successor]
    following[last], following[last_back] = end, begin
    vertex[first], vertex[first_back] = vertex[begin], vertex[end]


def _link_meetings(pieces: _Pieces, inside: int, vertex: Array, following: Array) -> None:
    """Where two chords meet, four pieces end, and each turns left into one that begins."""
    (one, r), (other, s) = pieces.one, pieces.other
    following[pieces.forwards(one, r)] = pieces.forwards(other, s + 1)
    following[pieces.forwards(other, s)] = pieces.backwards(one, r)
    following[pieces.backwards(one, r + 1)] = pieces.backwards(other, s)
    following[pieces.backwards(other, s + 1)] = pieces.forwards(one, r + 1)
    for chord, rank in (pieces.one, pieces.other):
        vertex[pieces.forwards(chord, rank + 1)] = vertex[pieces.backwards(chord, rank)] = inside + np.arange(len(one))


def _cycles(following: Array, vertex: Array, face: Array) -> tuple[Array, Array, Array]:
    """Cycles of a permutation, each begun at its least member."""
    least, jump = np.minimum(np.arange(len(following)), following), following
    while True:
        jump = jump[jump]
        lower = np.minimum(least, least[jump])
        if np.array_equal(lower, least):
            break
        least = lower
    leaders = np.flatnonzero(least == np.arange(len(following)))
    lengths = np.bincount(least, minlength=len(following))[leaders]
    start = np.concatenate([[0], np.cumsum(lengths)])
    ring = np.empty(len(following), np.int64)
    at, place, left = leaders, start[:-1], lengths
    while len(at):
        ring[place] = vertex[at]
        alive = left > 1
        at, place, left = following[at[alive]], place[alive] + 1, left[alive] - 1
    return ring, start, face[leaders]


def maps_by_corners(points: Array, ring: Array, start: Array, outputs: Array) -> tuple[Array, Array, Array]:
    """Weight and bias from the largest triangle at the first corner of each face, and where it is too thin."""
    lengths = np.diff(start)
    first, after = np.repeat(ring[start[:-1]], lengths), following(ring, start)
    u, v = points[ring] - points[first], points[ring[after]] - points[first]
    twice = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    face = np.repeat(np.arange(len(lengths)), lengths)
    best = np.empty(len(lengths), np.int64)
    widest = np.flatnonzero(twice == np.maximum.reduceat(twice, start[:-1])[face])
    best[face[widest]] = widest
    u, v, twice = u[best], v[best], twice[best]
    longest = np.sqrt(np.maximum((u**2).sum(axis=1), (v**2).sum(axis=1)))
    thin = (twice <= 1e-5 * longest * np.abs(points[:, :2]).max()) | (
        np.minimum.reduceat(points[ring, 2], start[:-1]) == 0
    )
    origin = outputs[first[best]]
    a, b = outputs[ring[best]] - origin, outputs[ring[after[best]]] - origin  # (faces, outputs)
    safe = np.where(thin, 1, twice)[:, None]
    weight = np.stack([(a * v[:, 1:2] - b * u[:, 1:2]) / safe, (b * u[:, :1] - a * v[:, :1]) / safe], axis=2)
    bias = origin - (weight @ points[first[best], :2, None])[..., 0]
    return weight, bias, thin
