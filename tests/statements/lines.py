"""Networks of one input taken apart in fractions, by the definition alone: what two files of statements share."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction as Q

import numpy as np

Layers = Sequence[tuple[Sequence[Sequence[int | Q]], Sequence[int | Q]]]


def inputs_of_units(layers: Layers, x: int | Q) -> list[list[Q]]:
    """What each unit gets at x, layer by layer; the last list is the output."""
    h, found = [Q(x)], []
    for weight, bias in layers:
        z = [sum((Q(w) * v for w, v in zip(row, h, strict=True)), Q(b)) for row, b in zip(weight, bias, strict=True)]
        found.append(z)
        h = [max(v, Q(0)) for v in z]
    return found


def value(layers: Layers, x: int | Q) -> Q:
    """The output of a network with one."""
    return inputs_of_units(layers, x)[-1][0]


def switches(layers: Layers) -> list[Q]:
    """All places where the input of a hidden unit changes its sign or begins to be zero, in order."""
    places: list[Q] = []
    for depth in range(1, len(layers)):
        far = 1 + max(map(abs, places), default=Q(0))
        borders = [-far - 1, *places, far + 1]
        for k, (left, right) in enumerate(itertools.pairwise(borders)):
            a, b = (inputs_of_units(layers[:depth], left + share * (right - left))[-1] for share in (Q(1, 3), Q(2, 3)))
            for low, high in zip(a, b, strict=True):
                if low != high:
                    zero = left + (right - left) * (Q(1, 3) - low / (high - low) / 3)
                    if (left < zero or k == 0) and (zero < right or k == len(borders) - 2):
                        places.append(zero)
        places = sorted(set(places))
    return places


def slopes(layers: Layers) -> tuple[list[Q], list[Q]]:
    """Kinks of a network's function, and the slopes between them."""
    places = switches(layers)
    far = 1 + max(map(abs, places), default=Q(0))
    kinks: list[Q] = []
    found: list[Q] = []
    borders = [-far - 1, *places, far + 1]
    for left, right in itertools.pairwise(borders):
        slope = (value(layers, right) - value(layers, left)) / (right - left)
        if found and slope != found[-1]:
            kinks.append(left)
        if not found or slope != found[-1]:
            found.append(slope)
    return kinks, found


def chains():
    """All networks of one unit in each of two hidden layers, weights and biases -1, 0 and 1."""
    for w1, b1, w2, b2, w3, b3 in itertools.product((0, 1, -1), repeat=6):
        yield [([[w1]], [b1]), ([[w2]], [b2]), ([[w3]], [b3])]


def drawn(widths, number, seed=0, reach=3):
    """Networks with whole weights drawn between two bounds."""
    draw = np.random.default_rng(seed)
    for _ in range(number):
        sizes = [1, *widths, 1]
        yield [
            (draw.integers(-reach, reach + 1, (m, n)).tolist(), draw.integers(-reach, reach + 1, m).tolist())
            for n, m in itertools.pairwise(sizes)
        ]
