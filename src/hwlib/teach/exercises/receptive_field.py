"""Exercises of the chapter *What an output sees is a product of patterns*."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.types import AnyArray
from hwlib.conv import conv_matrix
from hwlib.teach import Choice, Question, Quiz, Verdict, compare_function, exercise
from hwlib.teach._verdict import UNANSWERED, is_open

Layers = Sequence[tuple[int, int, int]]  # kernel size, stride, and dilation or padding


def _places(layers: Layers) -> AnyArray:
    """Pixels that the first output reads, off the product of the matrices."""
    pixels = 1
    for k, s, d in reversed(layers):  # the least input that has one output
        pixels = (pixels - 1) * s + d * (k - 1) + 1
    reads = np.eye(pixels, dtype=int)
    for k, s, d in layers:
        reads = conv_matrix(np.ones(k, int), (len(reads),), stride=s, dilation=d) @ reads
    return np.flatnonzero(reads[0])


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


@exercise("receptive-field-holes")
def _holes(answer: Any) -> Verdict:
    """The largest dilation of a further layer of three taps that leaves no hole, by trying all."""

    def reference(dilations: list[int]) -> int:
        def whole_field(last: int) -> bool:
            read = {0}
            for d in [*dilations, last]:
                read = {place + tap * d for place in read for tap in (-1, 0, 1)}
            return len(read) == max(read) - min(read) + 1

        return max(last for last in range(1, 100) if whole_field(last))

    def field(dilations: list[int]) -> int:
        return 1 + 2 * sum(dilations)

    return compare_function(
        answer,
        reference,
        [{"dilations": dilations} for dilations in ([1], [], [1, 1], [1, 2], [3, 1], [1, 3, 9], [2, 1, 7])],
        mistakes={
            "Twice the largest so far is safe, but not the largest that is.": lambda dilations: (
                2 * max(dilations, default=0.5)
            ),
            "Copies may follow each other without a gap: one more than that.": lambda dilations: 2 * sum(dilations),
            "Each dilation counts twice: there is a tap on either side of the middle.": lambda dilations: (
                1 + sum(dilations)
            ),
            "That is the field with the new layer, not its dilation.": lambda dilations: 3 * field(dilations),
        },
    )


@exercise("receptive-field-error")
def _error(answer: Any) -> Verdict:
    """The first false line, and the size that the chain has, off its matrices."""
    if is_open(answer):
        return UNANSWERED
    try:
        letter, number = answer
        line, size = letter.strip().upper(), whole("size", number)
    except (AttributeError, TypeError, ValueError):
        return Verdict("wrong", f'Give a letter and a whole number, such as ("A", 11), not {reprlib.repr(answer)}.')
    reasons = {
        "A": "Line A is true: three taps, one pixel apart.",
        "B": "Line B is true: that is what its stride says.",
        "C": "Line C is true: two more units, two pixels further each.",
        "E": "Line E is false, but it took the fault from a line before it.",
    }
    if line != "D":
        if line not in reasons:
            return Verdict("wrong", f"There is no line {line}: they go from A to E.")
        return Verdict("wrong", f"Line {line} is not the first false one.", reasons[line])
    places = _places([(3, 2, 1), (3, 1, 1), (3, 1, 2)])
    right = int(places[-1] - places[0] + 1)
    if size != right:
        return Verdict("wrong", f"Line D is the one. But from its first to its last pixel it is not {size}.")
    return Verdict("right", f"Line D counts units as pixels; the unit sees {right} pixels.")


@exercise("receptive-field-design")
def _design(answer: Any) -> Verdict:
    """A chain with a given size, stride and no holes, off the product of its matrices."""
    if is_open(answer):
        return UNANSWERED
    try:
        rows = [[whole("a number", number, least=1) for number in layer] for layer in answer]
        layers = [(k, s, d) for k, s, d in rows]
        taps = {k for k, _, _ in layers}
    except (TypeError, ValueError):
        return Verdict(
            "wrong", f"Give a list of (3, s, d), such as [(3, 2, 1), (3, 1, 1)], not {reprlib.repr(answer)}."
        )
    if not layers or taps != {3} or len(layers) > 6:
        return Verdict("wrong", "Give one to six layers, each with three taps.")
    stride = math.prod(s for _, s, _ in layers)
    if stride != 8:
        return Verdict("wrong", f"The stride in all is {stride}, expected 8.", "Strides multiply.")
    if max(d for _, _, d in layers) > 100:
        return Verdict("wrong", "A dilation above 100 sees more than 63 pixels.")
    places = _places(layers)
    size = int(places[-1] - places[0] + 1)
    if size != 63:
        slip = "A stride counts for the layers after its own: put strides first to see more." if size < 63 else ""
        return Verdict("wrong", f"It sees {size} pixels, expected 63.", slip)
    if len(places) != size:
        missing = next(place for place in range(size) if place not in places)
        return Verdict(
            "wrong",
            f"It sees 63 pixels, but reads {len(places)} of them: not pixel {missing}, for example.",
            "Dilation leaves holes where the layers before see too little.",
        )
    return Verdict("right", f"{len(layers)} layers see 63 pixels, all of them read, with a stride of 8.")


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
