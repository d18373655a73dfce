"""Cells of any dimension as machine code: those of :mod:`hwlib.regions._numpy._cells`.

One layer after the other, and in each layer one cell after the other: a stack holds its parts that are still to be cut.
Facets are bits of words, numbered through: those of the beginning, then the lines of all layers.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.regions._compiled._bits import ONE, with_room
from hwlib.regions._compiled._lines import Lines, activate, put, read, settle

REGIONS = (
    "Tuple((int64[::1], float64[:, ::1], uint64[:, ::1], uint64[:, ::1], boolean))"
    "(float64[:, ::1], uint64[:, ::1], int64, int64[:, ::1], float64[::1], int64)"
)


class Cells(NamedTuple):
    """Cells one after the other.

    Attributes:
        begin: where each begins in the next three arrays, and the end.
        corners: homogeneous, ``(corners, d + 1)``.
        values: what enters the next layer there, ``(corners, inputs)``.
        facets: bits of the facets that each lies on, ``(corners, words)``.
        positive: for each cell bits of the lines that it is above, ``(cells, words of all layers)``.
    """

    begin: Array
    corners: Array
    values: Array
    facets: Array
    positive: Array


@numba.njit
def _split(
    rows: Array, marks: Array, low: int, high: int, line: int, number: int, lines: Lines, least: Array
) -> tuple[Array, Array, int, int, bool]:
    """Cut the corners ``low`` to ``high`` by a line: both sides take their place, the one above first.

    A row holds a corner and its heights above all lines. Returns the tables, where the second side begins and ends,
    and whether all signs are safe.
    """
    old_rows, old_marks = rows[low:high].copy(), marks[low:high].copy()
    above, below = _sides(old_rows[:, old_rows.shape[1] - len(lines.same) + line])
    pairs = _spanned(old_marks, above, below, old_rows.shape[1] - len(lines.same) - 2)
    first, middle = low + len(above), low + len(above) + len(pairs)
    again, end = middle + len(below), middle + len(below) + len(pairs)
    rows, marks = with_room(rows, end), with_room(marks, end)
    _copy(old_rows, above, rows, low)
    _copy(old_marks, above, marks, low)
    safe = _make_corners(pairs, old_rows, old_marks, rows, marks, first, line, number, lines, least)
    _copy(old_rows, below, rows, middle)
    _copy(old_marks, below, marks, middle)
    for n in range(len(pairs)):
        for k in range(rows.shape[1]):
            rows[again + n, k] = rows[first + n, k]
        for word in range(marks.shape[1]):
            marks[again + n, word] = marks[first + n, word]
    return rows, marks, middle, end, safe


@numba.njit
def _sides(heights: Array) -> tuple[Array, Array]:
    """Numbers of what is above zero, and of what is below."""
    above, below = np.empty(len(heights), np.int64), np.empty(len(heights), np.int64)
    some = others = 0
    for n in range(len(heights)):
        if heights[n] > 0:
            above[some] = n
            some += 1
        elif heights[n] < 0:
            below[others] = n
            others += 1
    return above[:some], below[:others]


@numba.njit
def _spanned(marks: Array, above: Array, below: Array, facets: int) -> Array:
    """Pairs of corners that share as many facets as those of an edge."""
    pairs, new = np.empty((len(above) * len(below), 2), np.int64), 0
    for p in above:
        for q in below:
            common = 0
            for word in range(marks.shape[1]):
                bits = marks[p, word] & marks[q, word]
                while bits:
                    bits &= bits - ONE
                    common += 1
            if common == facets:
                pairs[new, 0], pairs[new, 1] = p, q
                new += 1
    return pairs[:new]


@numba.njit
def _copy(source: Array, chosen: Array, target: Array, place: int) -> None:
    for n in range(len(chosen)):
        for k in range(source.shape[1]):
            target[place + n, k] = source[chosen[n], k]


@numba.njit
def _make_corners(
    pairs: Array,
    old_rows: Array,
    old_marks: Array,
    rows: Array,
    marks: Array,
    place: int,
    line: int,
    number: int,
    lines: Lines,
    least: Array,
) -> bool:
    """Where a line crosses edges; whether other lines are safely away from there, or pass through both ends as well."""
    same, flips, length = lines.same, lines.flips, rows.shape[1]
    count, width, safe = len(same), length - len(same), True
    for n in range(len(pairs)):
        p, q, free = pairs[n, 0], pairs[n, 1], place + n
        share = old_rows[p, width + line] / (old_rows[p, width + line] - old_rows[q, width + line])
        for k in range(length):
            rows[free, k] = old_rows[p, k] + share * (old_rows[q, k] - old_rows[p, k])
        t = rows[free, width - 1]
        if t != 1 and t > 0:  # between a point and a direction
            for k in range(length):
                rows[free, k] /= t
        for other in range(count):
            if old_rows[p, width + other] == 0 and old_rows[q, width + other] == 0:
                rows[free, width + other] = 0
            elif same[other] != line and abs(rows[free, width + other]) <= least[other]:
                safe = False
        settle(rows[free, width:], line, flips)
        for word in range(marks.shape[1]):
            marks[free, word] = old_marks[p, word] & old_marks[q, word]
        marks[free, number // 64] |= ONE << np.uint64(number % 64)
    return safe


@numba.njit
def _cut(old: Cells, lines: Lines, first_number: int, last: bool) -> tuple[Cells, bool]:
    """Cut all cells by the lines of a layer; after the last layer nobody asks what it puts out."""
    count, width, cells = len(lines.offset), old.corners.shape[1], len(old.begin) - 1
    made = Cells(
        np.zeros(2 * cells + 2, np.int64),
        np.empty((2 * len(old.corners), width)),
        np.empty((2 * len(old.corners), 0 if last else count // len(lines.breakpoints))),
        np.empty((2 * len(old.corners), old.facets.shape[1]), np.uint64),
        np.empty((2 * cells + 1, old.positive.shape[1] + len(lines.looked_at)), np.uint64),
    )
    rows, marks = np.empty((64, width + count)), np.empty((64, old.facets.shape[1]), np.uint64)
    begins, steps = np.empty(count + 2, np.int64), np.empty(count + 2, np.int64)  # parts that are still to be cut
    number = 0
    for c in range(cells):
        high = old.begin[c + 1] - old.begin[c]
        rows, marks = with_room(rows, high), with_room(marks, high)
        least, cutting, safe = _enter(old, c, lines, rows, marks)
        begins[0], steps[0], left = 0, 0, 1
        while left and safe:
            left -= 1
            low = begins[left]
            step = _next_cut(rows, low, high, steps[left], cutting, width)
            if step == len(cutting):
                made = _leave(made, number, old.positive[c], rows, marks, low, high, lines)
                number, high = number + 1, low
                continue
            line = cutting[step]
            rows, marks, middle, high, safe = _split(rows, marks, low, high, line, first_number + line, lines, least)
            begins[left], begins[left + 1] = low, middle
            steps[left] = steps[left + 1] = step + 1
            left += 2
        if not safe:
            return old, False
    end = made.begin[number]
    return Cells(
        made.begin[: number + 1].copy(),
        made.corners[:end],
        made.values[:end],
        made.facets[:end],
        made.positive[:number],
    ), True


@numba.njit
def _enter(old: Cells, c: int, lines: Lines, rows: Array, marks: Array) -> tuple[Array, Array, bool]:
    """Corners of a cell with their heights, as rows.

    Returns what heights are too small to trust, the lines that cut the cell, and whether all heights are safe.
    """
    start, size, width = old.begin[c], old.begin[c + 1] - old.begin[c], old.corners.shape[1]
    margin, same, factor, count = lines.margin, lines.same, lines.factor, len(lines.offset)
    weight, line_rows, offset, values, corners = lines.weight, lines.rows, lines.offset, old.values, old.corners
    heights, sizes, used = np.empty((size, count)), np.empty(size), np.empty(len(weight), np.int64)
    finite, most = True, 0.0
    for n in range(size):
        t = corners[start + n, width - 1]
        put(values[start + n], t, weight, line_rows, offset, used, n, False, heights, sizes)
        finite, most = finite and t != 0, max(most, t)
        rows[n, :width], marks[n] = corners[start + n], old.facets[start + n]
    largest = sizes.max()
    least, cutting, some, safe = np.empty(count), np.empty(count, np.int64), 0, True
    for line in range(count):
        least[line] = margin[0, line] * largest + margin[1, line] * most
        above = below = False
        for n in range(size):
            height = rows[n, width + line] = heights[n, same[line]] * factor[line]  # copies have that of the first
            above, below = above or height > 0, below or height < 0
            bound = least[line] if finite else margin[0, line] * sizes[n] + margin[1, line] * rows[n, width - 1]
            safe = safe and not abs(height) <= bound  # a bound may be NaN, for a line that is not looked at
        if above and below and same[line] == line:
            cutting[some] = line
            some += 1
    return least, cutting[:some], safe


@numba.njit
def _next_cut(rows: Array, low: int, high: int, step: int, cutting: Array, width: int) -> int:
    """The next line that has some of the corners above it and some below; the number of lines if there is none."""
    while step < len(cutting):
        above = below = False
        for n in range(low, high):
            height = rows[n, width + cutting[step]]
            above, below = above or height > 0, below or height < 0
        if above and below:
            break
        step += 1
    return step


@numba.njit
def _leave(
    made: Cells, number: int, positive: Array, rows: Array, marks: Array, low: int, high: int, lines: Lines
) -> Cells:
    """Keep the corners ``low`` to ``high`` as a cell of the next layer."""
    width, before, filled = made.corners.shape[1], len(positive), made.begin[number]
    breakpoints, slopes, intercepts = lines.breakpoints, lines.slopes, lines.intercepts
    begin, end = made.begin, filled + high - low
    if number + 2 > len(begin):
        begin = np.empty(2 * len(begin), np.int64)
        begin[: number + 1] = made.begin[: number + 1]
    corners, values, facets = with_room(made.corners, end), with_room(made.values, end), with_room(made.facets, end)
    signs, out = with_room(made.positive, number + 1), np.empty(values.shape[1])
    signs[number, :before], signs[number, before:] = positive, 0
    for n in range(low, high):
        k = filled + n - low
        corners[k], facets[k] = rows[n, :width], marks[n]
        for line in range(rows.shape[1] - width):
            if rows[n, width + line] > 0:
                signs[number, before + line // 64] |= ONE << np.uint64(line % 64)
        if len(out):
            activate(rows[n, width:], rows[n, width - 1], breakpoints, slopes, intercepts, out)
            values[k] = out
    begin[number + 1] = end
    return Cells(begin, corners, values, facets, signs)


@numba.njit
def _through(cells: Cells, lines: Lines) -> Cells:
    """Put corners through a layer that has cut the cells already."""
    weight, rows, offset = lines.weight, lines.rows, lines.offset
    neurons = len(offset) // len(lines.breakpoints)
    heights, sizes = np.empty((1, len(offset))), np.empty(1)
    values, used = np.empty((len(cells.corners), neurons)), np.empty(len(weight), np.int64)
    for n in range(len(values)):
        t = cells.corners[n, -1]
        put(cells.values[n], t, weight, rows, offset, used, 0, False, heights, sizes)
        activate(heights[0], t, lines.breakpoints, lines.slopes, lines.intercepts, values[n])
    return Cells(cells.begin, cells.corners, values, cells.facets, cells.positive)


def regions(
    corners: Array, facets: Array, first_number: int, shapes: Array, numbers: Array, depth: int
) -> tuple[Array, Array, Array, Array, bool]:
    """All regions of one cell; ``first_number`` is that of the first line as a facet."""
    begin, values = np.array([0, len(corners)]), corners[:, :-1].copy()
    cells = Cells(begin, corners, values, facets, np.empty((1, 0), np.uint64))
    used, safe = 0, True
    for layer in range(len(shapes)):
        lines, more = read(shapes[layer], numbers[used:])
        used += more
        if layer < depth:
            cells = _through(cells, lines)
        else:
            cells, safe = _cut(cells, lines, first_number, layer == len(shapes) - 1)
        first_number += len(lines.offset)
        if not safe:
            break
    return cells.begin, cells.corners, cells.facets, cells.positive, safe
