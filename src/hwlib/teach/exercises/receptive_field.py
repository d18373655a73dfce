"""Exercises of the chapter *What an output sees is a product of patterns*."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from hwlib._core.types import AnyArray
from hwlib.conv import conv_matrix
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise

Layers = Sequence[tuple[int, int, int]]  # kernel size, stride, and dilation or padding


def _pattern(layers: Layers, n: int) -> AnyArray:
    """Boolean matrix of a chain of layers (k, s, p) on n pixels, by the matrices of its convolutions."""
    reads = np.eye(n, dtype=bool)
    for k, s, p in layers:
        reads = (conv_matrix(np.ones(k, int), (len(reads),), stride=s, padding=p) @ reads.astype(int)) > 0
    return reads


def _places(layers: Layers) -> AnyArray:
    """Pixels that the first output reads, off the product of the matrices."""
    pixels = 1
    for k, s, d in reversed(layers):  # the least input that has one output
        pixels = (pixels - 1) * s + d * (k - 1) + 1
    reads = np.eye(pixels, dtype=int)
    for k, s, d in layers:
        reads = conv_matrix(np.ones(k, int), (len(reads),), stride=s, dilation=d) @ reads
    return np.flatnonzero(reads[0])


def _first_field(layers: Layers) -> int:
    """From the first to the last pixel of the first output."""
    places = _places(layers)
    return int(places[-1] - places[0] + 1)


def _pixels_read(layers: Layers) -> int:
    return len(_places(layers))


def _summed(layers: Layers, *, own: bool = False, dilated: bool = True, start: int = 1, jumps: bool = True) -> int:
    """The formula, with a mistake."""
    size, jump = start, 1
    for k, s, d in layers:
        size += (d if dilated else 1) * (k - 1) * ((jump * s if own else jump) if jumps else 1)
        jump *= s
    return size


@exercise("receptive-field-size")
def _size(answer: Any) -> Verdict:
    """Size of a chain of layers (k, s, d), read off the product of their matrices."""
    cases: list[Layers] = [
        [(3, 1, 1)],
        [(3, 1, 1), (3, 1, 1)],
        [(2, 2, 1), (3, 1, 1)],
        [(3, 1, 2), (3, 1, 1)],
        [(2, 1, 3)],
        [(1, 2, 1), (2, 1, 1)],
        [(3, 2, 1), (2, 2, 1), (3, 1, 1)],
        [(5, 2, 1), (3, 1, 4), (4, 3, 1), (3, 1, 1)],
    ]
    return compare_function(
        answer,
        _first_field,
        [{"layers": layers} for layers in cases],
        mistakes={
            "A layer's own stride moves its outputs, not its taps: multiply the strides of the layers before it.": (
                functools.partial(_summed, own=True)
            ),
            "The strides are missing: a step in a later layer is several pixels.": (
                functools.partial(_summed, jumps=False)
            ),
            "Dilation is missing: the taps of a kernel are d apart.": functools.partial(_summed, dilated=False),
            "Those are the pixels that are read. Count from the first to the last, with the holes between them.": (
                _pixels_read
            ),
            "The output itself is one pixel: start with 1.": functools.partial(_summed, start=0),
            "Sizes do not multiply: each layer adds its part.": lambda layers: math.prod(k for k, _, _ in layers),
        },
    )


@exercise("receptive-field-depth")
def _depth(answer: Any) -> Verdict:
    """How many k-wide layers with stride 1 see n pixels."""

    def reference(n: int, k: int) -> int:
        depth = 1
        while _pattern([(k, 1, 0)] * depth, n + k)[0].sum() < n:
            depth += 1
        return depth

    return compare_function(
        answer,
        reference,
        [{"n": n, "k": k} for n, k in [(3, 3), (5, 3), (4, 3), (9, 3), (9, 5), (10, 5), (7, 2), (24, 7), (1, 3)]],
        mistakes={
            "A single pixel takes a layer too: there is at least one.": lambda n, k: -(-(n - 1) // (k - 1)),
            "Rounded down: that network sees too little.": lambda n, k: max((n - 1) // (k - 1), 1),
            "A layer adds k - 1 pixels, not k.": lambda n, k: -(-n // k),
            "The first pixel comes for free: n - 1 pixels have to be added.": lambda n, k: -(-n // (k - 1)),
            "For a kernel of 3 this is right, but a kernel of k adds k - 1.": lambda n, k: -(-(n - 1) // 2),
        },
    )


def _box_of(layers: Layers, i: int) -> tuple[int, int]:
    """First and last pixel of unit i, as if padding were pixels."""
    low, high = i, i
    for k, s, p in reversed(layers):
        low, high = low * s - p, high * s - p + k - 1
    return low, high


def _unpadded(layers: Layers, i: int) -> tuple[int, int]:
    return _box_of([(k, s, 0) for k, s, _ in layers], i)


def _flat(layers: Layers, i: int) -> tuple[int, int]:
    """Padding of later layers not multiplied by the strides before."""
    low, high = _unpadded(layers, i)
    padding = sum(p for _, _, p in layers)
    return low - padding, high - padding


@exercise("receptive-field-box")
def _box(answer: Any) -> Verdict:
    """First and last pixel of unit i of a chain of layers (k, s, p), as if padding were pixels."""
    cases: list[tuple[Layers, int]] = [
        ([(3, 1, 1)], 0),
        ([(3, 1, 1)], 4),
        ([(3, 2, 1)], 2),
        ([(2, 2, 0), (3, 1, 1)], 3),
        ([(3, 2, 1), (3, 1, 1)], 5),
        ([(7, 2, 3), (3, 2, 1), (3, 1, 1)], 6),
    ]
    return compare_function(
        answer,
        _box_of,
        [{"layers": layers, "i": i} for layers, i in cases],
        mistakes={
            "Begin with the last layer: it reads units of the layer before, and so on down to pixels.": (
                lambda layers, i: _box_of(layers[::-1], i)
            ),
            "The padding is missing: it shifts the box to the left.": _unpadded,
            "The last pixel is part of the box: give its number, not the one after it.": (
                lambda layers, i: (_box_of(layers, i)[0], _box_of(layers, i)[1] + 1)
            ),
            "The padding of a later layer is that many units, each as wide as the strides before it.": _flat,
        },
    )


@exercise("receptive-field-pattern")
def _matrix(answer: Any) -> Verdict:
    """Pattern of a residual block: layers (k, 1, p) around which the input takes a short way."""

    def reference(layers: Layers, n: int) -> AnyArray:
        return _pattern(layers, n) | np.eye(n, dtype=bool)

    def counted(layers: Layers, n: int) -> AnyArray:
        reads = np.eye(n, dtype=int)
        for k, s, p in layers:
            reads = conv_matrix(np.ones(k, int), (n,), stride=s, padding=p) @ reads
        return reads

    cases: list[tuple[Layers, int]] = [
        ([(1, 1, 0)], 2),
        ([(3, 1, 1)], 4),
        ([(3, 1, 1), (3, 1, 1)], 6),
        ([(5, 1, 2), (3, 1, 1)], 7),
        ([(3, 2, 4), (1, 1, 0)], 6),
        ([(3, 2, 4), (3, 1, 1)], 6),
    ]
    return compare_function(
        answer,
        reference,
        [{"layers": layers, "n": n} for layers, n in cases],
        mistakes={
            "The short way is missing: a unit reads its own pixel too.": _pattern,
            "That counts the paths from pixel to output: the pattern only says whether there is one.": counted,
            "Branches are united, not intersected.": lambda layers, n: _pattern(layers, n) & np.eye(n, dtype=bool),
            "Later layers stand on the left of the product.": lambda layers, n: (
                _pattern(layers[::-1], n) | np.eye(n, dtype=bool)
            ),
        },
    )


QUIZ = Quiz(
    Question(
        "Two 3x3 convolutions of stride 1, without dilation, follow each other. How large is the receptive field?",
        [
            Choice("5 by 5.", "The second layer reads three units, and the outer two add a pixel each.", right=True),
            Choice("6 by 6.", "The windows of neighbouring units overlap, so sizes do not add."),
            Choice(
                "9 by 9.",
                "Along a side nine paths lead through two layers, but they start at five different pixels only.",
            ),
        ],
    ),
    Question(
        "A stride of 2 is put into the first of three layers of 3x3. What grows?",
        [
            Choice("What the first layer reads.", "Its kernel is as wide as before; only its outputs are fewer."),
            Choice(
                "What the two later layers add.", "A step of one unit there is now two pixels of the input.", right=True
            ),
            Choice(
                "Nothing: stride only saves work.", "It also moves neighbouring units apart, so later layers see more."
            ),
        ],
    ),
    Question(
        "From its first to its last pixel, a unit's receptive field is 100 pixels wide. What follows?",
        [
            Choice(
                "It uses all of them about equally.",
                "It need not: in a deep chain without dilation far more paths lead from the middle than from the rim.",
            ),
            Choice("Pixels outside of these cannot change it.", "No path leads from them to the unit.", right=True),
            Choice("Every pixel inside changes it.", "There may be holes, and weights may cancel."),
        ],
    ),
)
