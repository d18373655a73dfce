"""What engines cut in float64: faces of the plane, cells of any dimension, and the bits that mark both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from hwlib._core.types import AnyArray, Array, Integers
from hwlib.network import Layer
from hwlib.regions.exact import Cell, Ray

Words = npt.NDArray[np.uint64]

# Rounding, relative to the sizes that enter a sum. Signs of sums below are not trusted: about ten thousand times
# what float64 loses in a layer, so that positions of corners that are a little off are covered as well.
ROUNDING = 1e-11


class InDoubtError(ArithmeticError):
    """A sign that float64 can not decide."""


@dataclass
class Faces:
    """Faces of the plane with shared corners.

    Attributes:
        points: homogeneous corners ``(v, 3)``: the point (p, q) for t = 1, the direction (p, q) for t = 0.
        ring: corner numbers of all faces, one face after the other, each counter-clockwise.
        start: where each face begins in ``ring``, and the end.
        positive: for each layer so far, packed bits ``(faces, words)``: the lines that the face is on the positive
            side of.
    """

    points: Array
    ring: Integers
    start: Integers
    positive: list[Words]

    def __len__(self) -> int:
        return len(self.start) - 1


@dataclass
class FloatCell:
    """A cell in float64 and the pieces that its neurons are on.

    Attributes:
        corners: homogeneous, ``(m, d + 1)``.
        facets: for each corner the facets that it lies on, Booleans ``(m, facets)``.
        pattern: for each layer so far, the piece of each neuron.
    """

    corners: Array
    facets: npt.NDArray[np.bool_]
    pattern: tuple[AnyArray, ...] = ()

    @classmethod
    def of(cls, cell: Cell) -> FloatCell:
        """A cell of whole numbers in float64."""
        widest = max(bits.bit_length() for bits in cell.facets)
        facets = np.array([[bool(bits >> k & 1) for k in range(widest)] for bits in cell.facets])
        return cls(np.array([float_corner(corner) for corner in cell.corners]), facets, cell.pattern)


def float_corner(corner: Ray) -> list[float]:
    """Homogeneous whole numbers in floats, with t = 1 or t = 0."""
    *point, t = corner
    scale = t or max(map(abs, point))  # a direction may have any length
    return [*(float(Fraction(entry, scale)) for entry in point), float(t != 0)]


def following(ring: Integers, start: Integers) -> Integers:
    """Of each place in the ring, the next one around the same face."""
    after = np.arange(1, len(ring) + 1)
    after[start[1:] - 1] = start[:-1]
    return after


def pack(signs: npt.NDArray[np.bool_]) -> Words:
    """Booleans ``(n, lines)`` as words of 64 bits ``(n, words)``."""
    packed = np.packbits(signs, axis=1, bitorder="little")
    words = -(-packed.shape[1] // 8)
    padded = np.zeros((len(packed), 8 * words), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def unpack(words: Words, lines: int) -> npt.NDArray[np.bool_]:
    """The inverse of packing, ``(n, lines)``."""
    return np.unpackbits(words.view(np.uint8), axis=1, count=lines, bitorder="little").astype(bool)


def pieces(positive: Words, layer: Layer) -> npt.NDArray[np.int8]:
    """Pieces of all neurons, ``(n, neurons)``, from words of the lines that are exceeded."""
    each = len(layer.activation.breakpoints)
    exceeded = unpack(positive, len(layer.bias) * each).view(np.int8)
    if each == 1:
        return exceeded
    return np.asarray(exceeded.reshape(len(exceeded), -1, each).sum(axis=2, dtype=np.int8))


def patterns(positive: Sequence[Words], layers: Sequence[Layer]) -> tuple[AnyArray, ...]:
    """For each layer the pieces of its neurons on all faces, ``(n, neurons)``."""
    return tuple(pieces(words, layer) for words, layer in zip(positive, layers, strict=True))
