"""Answers to the exercises of *A perfect fit is easy, and not the goal*."""

from __future__ import annotations

import numpy as np


def overlap(i, h, p):
    """How many of the moves from -p to p keep row i among h rows."""
    return min(h - 1 - i, p) + min(i, p) + 1


def shorter(i, h, p):
    return sum(0 <= i + p - r < h for r in range(2 * p))


def labels_at(x, inputs, labels):
    return {b for a, b in zip(inputs, labels, strict=True) if a == x}


RIGHT = {
    "train-augmentation-kept": lambda i, j, h, w, p: overlap(i, h, p) * overlap(j, w, p),
    "train-augmentation-error": np.array([[5, 1], [1, 3]], np.float32),
    "train-augmentation-direction": lambda d, m: [-((m + 3) ** (d - k)) for k in range(d)],
    "train-augmentation-best": lambda inputs, labels: sum(
        max(sum(a == x and b == y for a, b in zip(inputs, labels, strict=True)) for y in set(labels))
        for x in set(inputs)
    ),
}
WRONG = {
    "train-augmentation-kept": [
        (lambda i, j, h, w, p: (2 * p + 1) ** 2, "number of all crops"),
        (lambda i, j, h, w, p: overlap(i, h, p), "good rows alone"),
        (lambda i, j, h, w, p: overlap(i, h, p) + overlap(j, w, p), "multiply, do not add"),
        (lambda i, j, h, w, p: overlap(i, w, p) * overlap(j, h, p), "Rows belong to i and h"),
        (lambda i, j, h, w, p: shorter(i, h, p) * shorter(j, w, p), "from 0 to 2p"),
    ],
    "train-augmentation-error": [
        (((0, 0), (1, 0)), "With equal first coordinates"),
        (((1, 1), (1, 1)), "The two points are equal"),
        (((0, 2), (1, 0)), "level for (2, 1)"),
        (((0, 0), (1, 2)), "along the direction"),
        (((0, 0), (1, 1)), "these differ"),
        (((0, 0), (2**62, 3 * 2**61)), "and 18446744073709551616 at"),  # not so in 64 bits
        (((0, 0), (float("inf"), 0)), "Give two points"),
        (((0, 0.5), (1, 0)), "Give two points"),
        ((0, 1), "Give two points"),
        ("points", "Give two points"),
    ],
    "train-augmentation-direction": [
        (lambda d, m: [1] * d, "which pixel is bright is lost"),
        (lambda d, m: [m**k for k in range(d)], "that is the base"),
        (lambda d, m: [k + 1 for k in range(d)], "grow too slowly"),
        (lambda d, m: [2**k for k in range(d)], "Twice is not enough"),
        (lambda d, m: [1] + [0] * (d - 1), "weight 0 is not looked at"),
        (lambda d, m: [10**k for k in range(d)], "A base that stays the same"),
        (lambda d, m: [256**k for k in range(d)], "256 is enough for bytes"),
        (lambda d, m: [3, 3 * m] if d == 2 else [(m + 1) ** k for k in range(d)], "at both"),
        (
            lambda d, m: [0, 0] if (d, m) == (2, 10**6) else [(m + 1) ** k for k in range(d)],
            "at both (0, 0) and (1, 0)",
        ),
        (lambda d, m: [0.5] * d, "accepted is a list of 1 whole numbers"),
        (lambda d, m: None if d > 1 else [1], "returns nothing"),
        (3, "Give the function itself"),
    ],
    "train-augmentation-best": [
        (lambda inputs, labels: len(inputs), "cannot all be right"),
        (
            lambda inputs, labels: sum(labels[inputs.index(a)] == b for a, b in zip(inputs, labels, strict=True)),
            "the first label of each input",
        ),
        (lambda inputs, labels: len(set(inputs)), "counts the different inputs"),
        (lambda inputs, labels: max(labels.count(y) for y in labels), "say the same everywhere"),
        (lambda inputs, labels: RIGHT["train-augmentation-best"](inputs, labels) / len(labels), "That is a share"),
        (
            lambda inputs, labels: sum(len(labels_at(x, inputs, labels)) == 1 for x in inputs),
            "only samples whose input",
        ),
    ],
}
