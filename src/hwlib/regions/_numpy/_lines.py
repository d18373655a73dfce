"""The lines of a layer: each neuron and each of its breakpoints is one."""

from __future__ import annotations

import numpy as np

from hwlib._core.types import AnyArray as Array
from hwlib.network import Layer
from hwlib.regions._shapes import ROUNDING


class LayerLines:
    """The lines of one layer in float64, ready for whole arrays of points.

    Attributes:
        neuron: of each line, the neuron that it belongs to.
        breakpoint: of each line, where the neuron bends.
        lines: Booleans, the lines that are looked at: those that are not constant, and not multiples of another.
    """

    def __init__(self, layer: Layer):
        self.activation = layer.activation
        points = np.array([float(point) for point in layer.activation.breakpoints])
        neurons = layer.weight.shape[0]
        self.neuron, self.breakpoint = np.repeat(np.arange(neurons), len(points)), np.tile(points, neurons)
        self.per_neuron = len(points)
        weight, bias = layer.weight.astype(float), layer.bias.astype(float)
        self._weight, self._offset = weight[self.neuron], bias[self.neuron] - self.breakpoint
        self.weight_sizes = np.abs(self._weight).sum(axis=1)
        self.bias_sizes = np.abs(bias[self.neuron]) + np.abs(self.breakpoint)
        self._same, self._factor = _multiples(np.column_stack([self._weight, self._offset]))
        own = self._same == np.arange(len(self.neuron))
        self.lines = own & (self.weight_sizes > 0)
        self.copies = np.flatnonzero(~own)
        packed = np.packbits(self.lines, bitorder="little")
        self.line_words = np.zeros(-(-len(packed) // 8) * 8, np.uint8)
        self.line_words[: len(packed)] = packed
        self.line_words = self.line_words.view(np.uint64)

    def heights(self, values: Array, t: Array) -> Array:
        """How far each point is above each line, ``(v, lines)``, from homogeneous inputs ``(v, inputs)`` and t."""
        above: Array = values @ self._weight.T
        above += self._offset if t.all() else t[:, None] * self._offset
        if len(self.copies):
            above[:, self.copies] = above[:, self._same[self.copies]] * self._factor[self.copies]
        return above

    def margins(self, values: Array, t: Array) -> Array:
        """Heights that are too small to trust, ``(1, lines)`` or ``(v, lines)``."""
        if t.all():
            sizes, scale = np.abs(values).max(keepdims=True), np.ones((1, 1))
        else:
            sizes, scale = np.abs(values).max(axis=1, keepdims=True), t[:, None]
        least: Array = ROUNDING * (sizes * self.weight_sizes + scale * self.bias_sizes)
        return least

    def settle(self, heights: Array, *lines: Array) -> None:
        """Set to zero the heights of points above the lines that they were computed to lie on, copies included."""
        for line in lines:
            heights[np.arange(len(heights)), line] = 0
        if len(self.copies):
            heights[:, self.copies] = heights[:, self._same[self.copies]] * self._factor[self.copies]

    def outputs(self, heights: Array, t: Array) -> Array:
        """What the layer puts out, homogeneous, ``(v, neurons)``; for t = 0 the slope in that direction."""
        slopes, intercepts = self.activation.coefficients(exact=False)
        if self.per_neuron == 1 and slopes[0] == 0 and slopes[1] == 1 and not (intercepts.any() or self.breakpoint[0]):
            rectified: Array = np.maximum(heights, 0)
            return rectified
        first = slice(None, None, self.per_neuron)
        z = heights[:, first] + self.breakpoint[first] * t[:, None]
        piece = np.zeros(z.shape, np.int8)
        for number in range(self.per_neuron):
            piece += heights[:, number :: self.per_neuron] > 0
        out: Array = slopes[piece] * z + intercepts[piece] * t[:, None]
        return out


def _multiples(rows: Array) -> tuple[Array, Array]:
    """For each row the first one that it is a multiple of, up to the sign exactly, and the factor."""
    same, factor = np.arange(len(rows)), np.ones(len(rows))
    seen: dict[bytes, int] = {}
    for number, row in enumerate(rows + 0.0):  # no negative zeros
        for sign in (1.0, -1.0):
            if (first := seen.get((sign * row + 0.0).tobytes())) is not None:
                same[number], factor[number] = first, sign
                break
        else:
            seen[row.tobytes()] = number
    return same, factor
