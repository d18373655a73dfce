"""Cells of any dimension as machine code: those of :mod:`hwlib.regions._numpy._cells`.

One layer after the other, and in each layer one cell after the other: a stack holds its parts that are still to be cut.
Facets are bits of words, numbered through: those of the beginning, then the lines of all layers.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.regions._compiled._lines import ONE, Lines, activate, put, read, settle

REGIONS = (
    "Tuple((int64[::1], float64[:, ::1], uint64[:, ::1], uint64[:, ::1], boolean))"
    "(float64[:, ::1], uint64[:, ::1], int64, int64[:, ::1], float64[::1], int64)"
)


class _Cells(NamedTuple):
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
def _with_room(table: Array, rows: int) -> Array:
    """The table, or a copy with at least that many rows."""
    if rows <= len(table):
        return table
    larger = np.empty((max(rows, 2 * len(table)), table.shape[1]), table.dtype)
    larger[: len(table)] = table
    return larger


@numba.njit
def _split(
    rows: Array, facets: Array, low: int, high: int, line: int, number: int, lines: Lines, least: Array
) -> tuple[Array, Array, int, int, bool]:
    """Cut the corners ``low`` to ``high`` by a line: both sides take their place, the one above first.

    A row holds a corner and its heights above all lines. Returns the tables, where the second side begins and ends,
    and whether all signs are safe.
    """
    # long: one loop over arrays that it fills; its parts would have to take and return all of them.
    same, flips = lines.same, lines.flips
    count, length, words = len(same), rows.shape[1], facets.shape[1]
    width = length - count
    column, safe = width + line, True
    above, below = np.empty(high - low, np.int64), np.empty(high - low, np.int64)
    some = others = 0
    for n in range(low, high):
        if rows[n, column] > 0:
            above[some] = n
            some += 1
        elif rows[n, column] < 0:
            below[others] = n
            others += 1
    pairs, new = np.empty((some * others, 2), np.int64), 0
    for i in range(some):
        for j in range(others):
            p, q, common = above[i], below[j], 0
            for word in range(words):
                bits = facets[p, word] & facets[q, word]
                while bits:
                    bits &= bits - ONE
                    common += 1
            if common == width - 2:  # they span an edge
                pairs[new, 0], pairs[new, 1] = p, q
                new += 1
    rows, facets = (
        _with_room(rows, high + new + some + others + 2 * new),
        _with_room(facets, high + 3 * new + some + others),
    )
    for n in range(new):
        p, q, free = pairs[n, 0], pairs[n, 1], high + n
        share = rows[p, column] / (rows[p, column] - rows[q, column])
        for k in range(length):
            rows[free, k] = rows[p, k] + share * (rows[q, k] - rows[p, k])
        t = rows[free, width - 1]
        if t != 1 and t > 0:  # between a point and a direction
            for k in range(length):
                rows[free, k] /= t
        for other in range(count):
            if rows[p, width + other] == 0 and rows[q, width + other] == 0:  # then it passes through here as well
                rows[free, width + other] = 0
            elif same[other] != line and abs(rows[free, width + other]) <= least[other]:
                safe = False
        settle(rows[free, width:], line, flips)
        for word in range(words):
            facets[free, word] = facets[p, word] & facets[q, word]
        facets[free, number // 64] |= ONE << np.uint64(number % 64)
    # Both sides behind all that, then down to where the cell was.
    made = end = high + new
    for side in range(2):
        for n in range((some if side == 0 else others) + new):
            fresh = n - (some if side == 0 else others)
            source = high + fresh if fresh >= 0 else (above[n] if side == 0 else below[n])
            for k in range(length):
                rows[end, k] = rows[source, k]
            for word in range(words):
                facets[end, word] = facets[source, word]
            end += 1
    for n in range(made, end):
        for k in range(length):
            rows[low + n - made, k] = rows[n, k]
        for word in range(words):
            facets[low + n - made, word] = facets[n, word]
    return rows, facets, low + some + new, low + end - made, safe


@numba.njit
def _cut(old: _Cells, lines: Lines, first_number: int, last: bool) -> tuple[_Cells, bool]:
    """Cut all cells by the lines of a layer; after the last layer nobody asks what it puts out."""
    # long: one loop over arrays that it fills; its parts would have to take and return all of them.
    count, words, before = len(lines.offset), len(lines.looked_at), old.positive.shape[1]
    width, neurons = old.corners.shape[1], count // len(lines.breakpoints)
    margin, weight, line_rows, offset = lines.margin, lines.weight, lines.rows, lines.offset
    slopes, intercepts, breakpoints = lines.slopes, lines.intercepts, lines.breakpoints
    same, factor, cells = lines.same, lines.factor, len(old.begin) - 1
    begin, positive = np.zeros((2 * cells + 1, 1), np.int64), np.empty((2 * cells, before + words), np.uint64)
    corners, facets = (
        np.empty((2 * len(old.corners), width)),
        np.empty((2 * len(old.corners), old.facets.shape[1]), np.uint64),
    )
    values = np.empty((2 * len(old.corners), 0 if last else neurons))
    rows, marks = np.empty((64, width + count)), np.empty((64, old.facets.shape[1]), np.uint64)
    used, out, least = np.empty(len(weight), np.int64), np.empty(neurons), np.empty(count)
    cutting, waiting = np.empty(count, np.int64), np.empty((count + 2, 2), np.int64)
    made = 0
    for c in range(cells):
        start, end = old.begin[c], old.begin[c + 1]
        rows, marks = _with_room(rows, end - start), _with_room(marks, end - start)
        heights, sizes = np.empty((end - start, count)), np.empty(end - start)
        finite, most = True, 0.0
        for n in range(start, end):
            t = old.corners[n, width - 1]
            put(old.values[n], t, weight, line_rows, offset, used, n - start, False, heights, sizes)
            finite, most = finite and t != 0, max(most, t)
            rows[n - start, :width], marks[n - start] = old.corners[n], old.facets[n]
        largest = sizes.max()
        for line in range(count):
            least[line] = margin[0, line] * largest + margin[1, line] * most
        some = 0
        for line in range(count):
            above = below = False
            for n in range(end - start):
                height = rows[n, width + line] = heights[n, same[line]] * factor[line]  # copies have that of the first
                above, below = above or height > 0, below or height < 0
                bound = least[line] if finite else margin[0, line] * sizes[n] + margin[1, line] * rows[n, width - 1]
                if abs(height) <= bound:
                    return old, False
            if above and below and same[line] == line:
                cutting[some] = line
                some += 1
        waiting[0, 0], waiting[0, 1], left, high = 0, 0, 1, end - start
        while left:
            left -= 1
            low, step = waiting[left, 0], waiting[left, 1]
            split = False
            while step < some and not split:
                above = below = False
                for n in range(low, high):
                    above, below = (
                        above or rows[n, width + cutting[step]] > 0,
                        below or rows[n, width + cutting[step]] < 0,
                    )
                split = above and below
                step += 1
            if split:
                line = cutting[step - 1]
                rows, marks, middle, high, safe = _split(
                    rows, marks, low, high, line, first_number + line, lines, least
                )
                if not safe:
                    return old, False
                waiting[left, 0], waiting[left + 1, 0], waiting[left, 1], waiting[left + 1, 1] = low, middle, step, step
                left += 2
                continue
            filled = begin[made, 0]
            begin, positive = _with_room(begin, made + 2), _with_room(positive, made + 1)
            corners, facets = _with_room(corners, filled + high - low), _with_room(facets, filled + high - low)
            values = _with_room(values, filled + high - low)
            positive[made, :before], positive[made, before:] = old.positive[c], 0
            for n in range(low, high):
                k = filled + n - low
                corners[k], facets[k] = rows[n, :width], marks[n]
                for line in range(count):
                    if rows[n, width + line] > 0:
                        positive[made, before + line // 64] |= ONE << np.uint64(line % 64)
                if not last:
                    activate(rows[n, width:], rows[n, width - 1], breakpoints, slopes, intercepts, out)
                    values[k] = out
            made += 1
            begin[made, 0] = filled + high - low
            high = low
    filled = begin[made, 0]
    return _Cells(
        begin[: made + 1, 0].copy(), corners[:filled], values[:filled], facets[:filled], positive[:made]
    ), True


@numba.njit
def _through(cells: _Cells, lines: Lines) -> _Cells:
    """Put corners through a layer that has cut the cells already."""
    weight, rows, offset = lines.weight, lines.rows, lines.offset
    neurons = len(offset) // len(lines.breakpoints)
    heights, sizes = np.empty((1, len(offset))), np.empty(1)
    values, used = np.empty((len(cells.corners), neurons)), np.empty(len(weight), np.int64)
    for n in range(len(values)):
        t = cells.corners[n, -1]
        put(cells.values[n], t, weight, rows, offset, used, 0, False, heights, sizes)
        activate(heights[0], t, lines.breakpoints, lines.slopes, lines.intercepts, values[n])
    return _Cells(cells.begin, cells.corners, values, cells.facets, cells.positive)


def regions(
    corners: Array, facets: Array, first_number: int, shapes: Array, numbers: Array, depth: int
) -> tuple[Array, Array, Array, Array, bool]:
    """All regions of one cell; ``first_number`` is that of the first line as a facet."""
    begin, values = np.array([0, len(corners)]), corners[:, :-1].copy()
    cells = _Cells(begin, corners, values, facets, np.empty((1, 0), np.uint64))
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
