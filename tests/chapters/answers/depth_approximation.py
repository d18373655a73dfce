"""Answers to the exercises of *Depth buys digits*."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as Q


def by_threes(N):
    threes, rest = divmod(N, 3)
    return 3 ** (threes - 1) * 4 if rest == 1 and threes else 3**threes * max(rest, 1)


def least(m, eps, *, factor=16, base=4):
    return max(0, math.ceil(math.log(m / (factor * eps), base) - 1e-12))


# |x|, then three folds, and the chords lowered by half of their error: worked out on paper
DESIGN = [
    ([[1], [-1]], [0, 0]),
    ([[1, 1], [1, 1]], [0, Q(-1, 2)]),
    ([[2, -4], [2, -4], [Q(1, 2), 1]], [0, Q(-1, 2), 0]),
    ([[2, -4, 0], [2, -4, 0], [Q(-1, 8), Q(1, 4), 1]], [0, Q(-1, 2), 0]),
    ([[Q(-1, 32), Q(1, 16), 1]], [Q(-1, 512)]),
]


def last_bias(number):
    return [*DESIGN[:-1], (DESIGN[-1][0], [number])]


def single(n):
    """Chords of x^2 on [-1, 1] with n units: all look right, the first from -1."""
    places = [-1 + Q(2 * k, n) for k in range(n)]
    slopes = [2 * p + Q(2, n) for p in places]
    jumps = [slopes[0], *(b - a for a, b in itertools.pairwise(slopes))]
    return [([[1]] * n, [-p for p in places]), ([jumps], [1 - Q(1, 2 * n * n)])]


RIGHT = {
    "depth-approximation-share": by_threes,
    "depth-approximation-bend": least,
    "depth-approximation-error": ("c", 0.75, Q(3, 4)),
    "depth-approximation-design": DESIGN,
}
WRONG = {
    "depth-approximation-share": [
        (lambda N: N, "All in one layer"),
        (lambda N: 2 ** (N // 2) if N > 1 else 1, "two teeth in each layer"),
        (lambda N: 3 ** (N // 3) * max(N % 3, 1), "a last layer of one is wasted"),
    ],
    "depth-approximation-bend": [
        (lambda m, eps: least(m, eps, factor=8), "the bound of the text"),
        (lambda m, eps: least(m, eps, base=2), "4 to the power N"),
        (lambda m, eps: max(1, math.ceil(math.sqrt(m / (16 * eps)))), "That is the number of pieces"),
    ],
    "depth-approximation-error": [
        (("A", 1, 1), "multiply out"),
        (("B", 1, 1), "Line B is the theorem"),
        (("D", 1, 1), "one of these is false already"),
        (("E", 1, 1), "There is no line E"),
        (("C", 1, 2), "not both between 0 and 1"),
        (("C", 0.5, 0.5), "x + y is at most 1 there"),
        (("C", 0.5, 0.51), "Take a larger sum"),
        (("C", 1), "a letter and two numbers"),
        (("C", [1], [1]), "a letter and two numbers"),
        (3, "a letter and two numbers"),
    ],
    "depth-approximation-design": [
        (last_bias(0), "All errors are on one side"),
        (last_bias(Q(-1, 256)), "All errors are on one side"),
        (last_bias(Q(-1, 128)), "off by 1/128"),
        ([([[1]], [0]), *DESIGN[1:2], *DESIGN[2:]], "Give a list of pairs"),
        ([([[1], [0]], [0, 0]), *DESIGN[1:]], "those of |x|"),
        (single(10), "has eleven pieces"),
        (single(16), "16 hidden units, and 10 are allowed"),
        ([([[1, 1]], [0])], "2 inputs and 1 outputs"),
        (3, "Give a list of pairs"),
    ],
}
