"""Answers to the exercises of *A checkerboard is a difference of phases*."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def factor(w, s):
    return [sum(w[b] - (w[b - 1] if b else 0) for b in range(a % s, a + 1, s)) for a in range(len(w) - s + 1)]


def cut(w, s):
    size = -(-len(w) // s)
    return [sum(w[u * size : (u + 1) * size]) for u in range(s)]


RIGHT = {
    "conv-checkerboard-period": lambda w, s: [sum(w[u::s]) for u in range(s)],
    "conv-checkerboard-factor": factor,
    "conv-checkerboard-design": [1, 3, 4, 3, 1],
    "conv-checkerboard-error": (1, 1, 0, 0),
    "conv-checkerboard-blur": lambda s: np.full(2 * s, 0.5),
}
WRONG = {
    "conv-checkerboard-period": [
        (cut, "a phase has every s-th weight"),
        (lambda w, s: [len(w[u::s]) for u in range(s)], "numbers of weights"),
        (lambda w, s: [sum(w[u::s]) for u in range(s)][::-1], "in the opposite order"),
        (lambda w, s: [sum(w[::-1][u::s]) for u in range(s)], "turned the kernel around"),
        (lambda w, s: [sum(w[u::s]) for u in range(s) if w[u::s]], "its sum is 0"),
    ],
    "conv-checkerboard-factor": [
        (lambda w, s: [sum(w[u::s]) for u in range(s)], "Those are the phase sums"),
        (lambda w, s: w[::s], "stamps of ones overlap"),
        (lambda w, s: np.diff(w, prepend=0)[: len(w) - s + 1].tolist(), "only s of them are added"),
        (lambda w, s: w[: len(w) - s + 1], "have neighbours in them"),
        (lambda w, s: [Fraction(a, s) for a in w[: len(w) - s + 1]], "undoes nothing"),
    ],
    "conv-checkerboard-design": [
        ([1, 2, 1], "has 3 weights"),
        ([1, 3, 4, 3, 0], "w(4) = 0"),
        ([1, 1, 1, 1, 1], "Equal weights are even"),
        ([1, 2, 2, 2, 1], "Stride 2 is settled"),
        ([2, 2, 3, 2, 1], "the phase sums are 6, 4"),
        ([1, 2, 3, 2, 1], "Stride 3 is settled"),
        ([0.5, 1, 1, 1, 0.5], "Accepted is a list of five whole numbers"),
        ("kernel", "Accepted is a list"),
        ([[1, 3, 4, 3, 1]], "Accepted is a list"),
    ],
    "conv-checkerboard-error": [
        ([1, 2, 3], "has to be one"),
        ([0, 0], "A kernel of zeros"),
        ([1, 1, 1, 1], "divisible by four are even for both"),
        ([], "Accepted is a list"),
        (7, "Accepted is a list"),
    ],
    "conv-checkerboard-blur": [
        (lambda s: [1, 1], "has to depend on s"),
        (lambda s: [1] * (s + 1), "Equal weights are even if s divides"),
        (lambda s: [1, 2], "the phase sums are 1, 2"),
        (lambda s: [0] * s, "blurs everything away"),
        (lambda s: None if s > 2 else [1] * s, "returns nothing"),
        (lambda s: s, "accepted is a list of numbers"),
        ([1, 1], "Give the function itself"),
    ],
}
