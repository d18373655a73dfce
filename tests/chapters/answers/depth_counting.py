"""Answers to the exercises of *Regions can be counted*."""

from __future__ import annotations

import math


def with_parallels(n, p):
    return 1 + p + sum(k + 1 for k in range(p, n))


PARALLEL = [(2, 1, k) for k in range(4)]
POINT = [(1, 0, 1), (0, 1, 1), (1, 1, 2), (1, -1, 0)]
GRID = [(1, 1, 0), (1, 1, 1), (1, -1, 0), (2, -2, 5)]
ONE_PAIR = [(1, 0, 0), (2, 0, 3), (1, 2, 7), (-1, 3, 8)]
GENERAL = [(1, 0, 0), (0, 1, 0), (1, 1, 1), (2, -1, 7)]
DRAWN = {5: PARALLEL, 8: POINT, 9: GRID, 10: ONE_PAIR, 11: GENERAL}

RIGHT = {
    "depth-counting-parallel": with_parallels,
    "depth-counting-bounded": lambda n: math.comb(n - 1, 2) if n else 0,
    "depth-counting-error": ("d", 2, 1),
    "depth-counting-design": lambda regions: DRAWN[regions],
}
WRONG = {
    "depth-counting-parallel": [
        (lambda n, p: 1 + n + n * (n - 1) // 2, "without parallel lines"),
        (lambda n, p: n + 1, "as if all lines were parallel"),
        (lambda n, p: with_parallels(n, p) - (n - p), "has k + 1 parts"),
        (lambda n, p: (p + 1) * (n - p + 1), "cross each other, too"),
    ],
    "depth-counting-bounded": [
        (lambda n: 1 + n * (n + 1) // 2, "also the ones that go on for ever"),
        (lambda n: math.comb(n, 2), "its two ends are rays"),
        (lambda n: max(n - 2, 0), "the last term alone"),
        (lambda n: math.comb(n, 3), "most are cut by other lines"),
    ],
    "depth-counting-error": [
        (("A", 1, 2), "Zaslavsky's theorem"),
        (("B", 1, 2), "Line B is true"),
        (("C", 1, 2), "Line C is true"),
        (("E", 1, 2), "There is no line E"),
        (("D", 2, 2), "a product above ten"),
        (("D", 10**30, 1), "a product above ten"),
        (("D", 0, 2), "two positive widths"),
        (3, "two positive widths"),
    ],
    "depth-counting-design": [
        (lambda regions: PARALLEL, "All four are parallel"),
        (lambda regions: {**DRAWN, 9: POINT}[regions], "or three are parallel"),
        (lambda regions: {**DRAWN, 10: GRID}[regions], "a grid of two and two"),
        (lambda regions: {**DRAWN, 10: GENERAL}[regions], "in general position"),
        (lambda regions: PARALLEL[:3], "give four (a, b, c)"),
        (lambda regions: [(1, 0, 0), (2, 0, 0), (1, 0, 1), (1, 0, 2)], "two of the lines are the same"),
        (lambda regions: 1 / 0, "raises ZeroDivisionError"),
    ],
}
