"""Lines of a layer as machine code has them; see :mod:`hwlib.regions._numpy._lines`."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import Activation, Layer
from hwlib.regions._compiled._bits import ONE, lowest
from hwlib.regions._shapes import ROUNDING


class Lines(NamedTuple):
    """Lines of a layer, as in :class:`~hwlib.regions._numpy._lines.LayerLines`; its neurons, if it is the last.

    Attributes:
        weight: ``(inputs, lines)``.
        rows: the same, ``(lines, inputs)``.
        offset: ``(lines,)``.
        margin: heights up to ``margin[0] * size + margin[1] * t`` are too small to trust; below zero for lines that are
            not looked at, ``(2, lines)``.
        looked_at: bits ``(words,)``.
        same: the first line that this one is a multiple of.
        factor: 1 or -1.
        flips: for each line the bits of all its multiples, ``(lines, words)``.
        breakpoints: of one neuron.
        slopes: of the pieces of a neuron.
        intercepts: of the same.
    """

    weight: Array
    rows: Array
    offset: Array
    margin: Array
    looked_at: Array
    same: Array
    factor: Array
    flips: Array
    breakpoints: Array
    slopes: Array
    intercepts: Array


@numba.njit
def _lines(weight: Array, bias: Array, breakpoints: Array, slopes: Array, intercepts: Array) -> Lines:
    neurons, inputs = weight.shape
    each = max(len(breakpoints), 1)
    count = neurons * each
    words = (count + 63) // 64
    columns, rows = np.empty((inputs, count)), np.empty((count, inputs))
    offset, margin = np.empty(count), np.zeros((2, count))
    for line in range(count):
        neuron, point = line // each, breakpoints[line % each] if len(breakpoints) else 0.0
        for k in range(inputs):
            columns[k, line] = rows[line, k] = weight[neuron, k]
            margin[0, line] = max(margin[0, line], ROUNDING * abs(weight[neuron, k]))
        offset[line] = bias[neuron] - point
        margin[1, line] = ROUNDING * (abs(bias[neuron]) + abs(point))
    same, factor = np.arange(count), np.ones(count)
    flips, looked_at = np.zeros((count, words), np.uint64), np.zeros(words, np.uint64)
    for line in range(count):
        for first in range(line):
            if same[first] == first and abs(offset[first]) == abs(offset[line]):
                sign = _multiple(columns, offset, first, line)
                if sign != 0:
                    same[line], factor[line] = first, sign
                    break
        bit = ONE << np.uint64(line % 64)
        flips[same[line], line // 64] |= bit
        if same[line] == line and margin[0, line] > 0:
            looked_at[line // 64] |= bit
        else:
            margin[:, line] = -np.inf
    return Lines(columns, rows, offset, margin, looked_at, same, factor, flips, breakpoints, slopes, intercepts)


@numba.njit
def _multiple(columns: Array, offset: Array, first: int, line: int) -> float:
    """1 or -1 if one line is that multiple of the other, else 0."""
    for sign in (1.0, -1.0):
        equal = offset[line] == sign * offset[first]
        for k in range(len(columns)):
            equal = equal and columns[k, line] == sign * columns[k, first]
        if equal:
            return sign
    return 0.0


@numba.njit(inline="always")
def put(
    values: Array,
    t: float,
    weight: Array,
    rows: Array,
    offset: Array,
    used: Array,
    v: int,
    last: bool,
    heights: Array,
    sizes: Array,
) -> None:
    """What enters a layer at corner v becomes heights above its lines."""
    count, size = len(offset), 0.0
    if last:  # these are outputs, nothing will cross them
        for line in range(count):
            total = 0.0
            for k in range(len(weight)):
                total += rows[line, k] * values[k]
            heights[v, line] = total + t * offset[line]
        return
    for k in range(len(weight)):
        size += abs(values[k])
    sizes[v] = size
    for line in range(count):
        heights[v, line] = t * offset[line]
    some = 0
    for k in range(len(weight)):  # behind a ReLU half of all values are zero
        used[some] = k
        some += values[k] != 0
    full = some - some % 4
    for n in range(0, full, 4):  # four at a time: sums are loaded and stored less often
        a, b, c, d = used[n], used[n + 1], used[n + 2], used[n + 3]
        of_a, of_b, of_c, of_d = values[a], values[b], values[c], values[d]
        for line in range(count):
            heights[v, line] += (of_a * weight[a, line] + of_b * weight[b, line]) + (
                of_c * weight[c, line] + of_d * weight[d, line]
            )
    for n in range(full, some):
        a = used[n]
        for line in range(count):
            heights[v, line] += values[a] * weight[a, line]


@numba.njit
def read(shape: Array, numbers: Array) -> tuple[Lines, int]:
    """A layer from the numbers of all, and how many it takes."""
    neurons, inputs, each = shape
    end = neurons * inputs
    parts = end + neurons, end + neurons + each, end + neurons + 2 * each + 1, end + neurons + 3 * each + 2
    weight, bias = numbers[:end].reshape(neurons, inputs), numbers[end : parts[0]]
    pieces = numbers[parts[0] : parts[1]], numbers[parts[1] : parts[2]], numbers[parts[2] : parts[3]]
    return _lines(weight, bias, pieces[0], pieces[1], pieces[2]), parts[3]


@numba.njit(inline="always")
def settle(row: Array, line: int, flips: Array) -> None:
    """A corner lies on a line, and on all multiples of it."""
    for word in range(flips.shape[1]):
        bits = flips[line, word]
        while bits:
            row[64 * word + lowest(bits)] = 0
            bits &= bits - ONE


@numba.njit(inline="always")
def activate(row: Array, t: float, breakpoints: Array, slopes: Array, intercepts: Array, out: Array) -> None:
    """What the neurons of a layer put out, homogeneous, from heights above their lines."""
    each = len(breakpoints)
    if each == 1:
        point, low, high = breakpoints[0] * t, slopes[0], slopes[1]
        below, above = intercepts[0] * t, intercepts[1] * t
        for neuron in range(len(out)):
            height = row[neuron]
            out[neuron] = high * (height + point) + above if height > 0 else low * (height + point) + below
    else:
        for neuron in range(len(out)):
            piece = 0
            for n in range(each):
                piece += row[neuron * each + n] > 0
            z = row[neuron * each] + breakpoints[0] * t
            out[neuron] = slopes[piece] * z + intercepts[piece] * t


@functools.lru_cache
def _as_numbers(activation: Activation) -> Array:
    return np.concatenate([activation.points(exact=False), *activation.coefficients(exact=False)])


def as_numbers(layers: Sequence[Layer]) -> tuple[Array, Array]:
    """Layers for :func:`read`, all in one: their shapes, and one array of all numbers."""
    parts: list[Array] = []
    for layer in layers:
        parts += [layer.weight.ravel(), layer.bias, _as_numbers(layer.activation)]
    shapes = np.array([(*layer.weight.shape, len(layer.activation.breakpoints)) for layer in layers], np.int64)
    return shapes, np.concatenate(parts)


def by_layer(positive: Array, layers: Sequence[Layer]) -> list[Array]:
    """The words of each layer, from those of all ``(n, words)``."""
    ends = itertools.accumulate(
        (-(-len(layer.bias) * len(layer.activation.breakpoints) // 64) for layer in layers), initial=0
    )
    return [positive[:, a:b] for a, b in itertools.pairwise(ends)]
