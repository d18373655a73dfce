"""Answers to the exercises of *A perfect fit is easy, and not the goal*."""

from __future__ import annotations

import numpy as np


def overlap(i, h, p):
    """How many of the moves from -p to p keep row i among h rows."""
    return min(h - 1 - i, p) + min(i, p) + 1


def shorter(i, h, p):
    return sum(0 <= i + p - r < h for r in range(2 * p))


def stacked(X, y, s):
    """Least squares with a further sample for each weight, which asks it to be zero."""
    n, d = X.shape
    return np.linalg.pinv(np.vstack([X, s * n**0.5 * np.eye(d)])) @ np.append(y, np.zeros(d))


RIGHT = {
    "train-augmentation-kept": lambda i, j, h, w, p: overlap(i, h, p) * overlap(j, w, p),
    "train-augmentation-error": np.array([[5, 1], [1, 3]], np.float32),
    "train-augmentation-direction": lambda d, m: [-((m + 3) ** (d - k)) for k in range(d)],
    "train-augmentation-noise": stacked,
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
    "train-augmentation-noise": [
        (lambda X, y, s: stacked(X, y, s / len(X) ** 0.5), "the penalty is n s^2"),
        (lambda X, y, s: stacked(X, y, s**0.5), "not s"),
        (lambda X, y, s: np.linalg.pinv(X) @ y, "without noise"),
        (lambda X, y, s: stacked(X, y, s * X.shape[1] ** 0.5), "d is in"),
    ],
}
